"""Taking mails in, in the caller's transaction."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from services.support.copies import commands as copies
from services.support.letters import commands as letters
from services.support.letters.domain.letter import Correspondence, Draft
from services.support.mail import store
from services.support.mail.domain.incoming import Incoming, Kind
from services.support.mail.domain.request import SOURCE, announce_request, written_by
from services.support.mail.schemas import AttachmentView, MailLine
from services.support.mail.store import Content
from services.support.settings import Context
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.errors import Invalid, NotFound, Refused
from shared.events.requests import SupportRequested
from shared.events.values import Channel

LETTERED: frozenset[Channel] = frozenset({"email", "web"})
"""Channels whose replies go by e-mail."""
_WINDOW = timedelta(hours=1)
_KEPT_UNCLAIMED = timedelta(days=30)


class PassedOnError(Refused):
    """A mail becomes a request once."""

    status = 409
    reason = "passed_on"


async def take(tx: Transaction, mail: Incoming) -> Kind | Literal["known"]:
    """Keep the mail, and pass it on where a person asks for something. The same mail again changes nothing.

    What is not passed on is kept with its text for people to look at.
    """
    context: Context = tx.context
    kind = mail.kind
    if kind == "bounce":
        await letters.lock_returned(tx, mail.returned)
    if kind == "request" and await _is_too_much(tx, mail.sender, context.mails_an_hour):
        kind = "held"
    known = await letters.find_own(tx, mail.references)
    in_reply_to = next((each for each in mail.references if each in known), next(iter(mail.references), None))
    at = written_by(mail.written_at, tx.now)
    if not await store.add_mail(tx, mail, kind, in_reply_to, at, tx.now):
        return "known"
    await store.add_attachments(tx, mail.id, mail.attachments)
    if kind == "bounce":
        await letters.note_bounce(tx, mail.returned)
    if kind == "request" and mail.sender is not None:
        tx.emit(
            [announce_request(mail.id, mail.sender, mail.name, mail.subject, mail.body, mail.thread, in_reply_to, at)]
        )
    return kind


async def _is_too_much(tx: Transaction, sender: str | None, most: int) -> bool:
    return sender is None or await store.count_recent(tx, sender, tx.now - _WINDOW) >= most


async def accept(tx: Transaction, mail_id: UUID) -> None:
    """Pass a mail on that was not. Raises NotFound, PassedOnError, and Invalid where it names no sender."""
    held = await store.lock_mail(tx, mail_id)
    if held is None:
        raise NotFound("no mail has this id")
    if held.kind == "request":
        raise PassedOnError("The mail became a request already.")
    if held.sender is None:
        raise Invalid("the mail does not say who wrote it", field="path.mail_id")
    await store.pass_on(tx, mail_id)
    at = written_by(held.written_at, tx.now)
    tx.emit([announce_request(held.id, held.sender, None, held.subject, held.body, held.thread, held.in_reply_to, at)])


def sends_replies(tx: Transaction) -> bool:
    context: Context = tx.context
    return bool(context.mail_domain)


async def send_reply(tx: Transaction, draft: Draft, thread: Correspondence) -> str | None:
    """Where the customer asked in writing and replies are sent: to the address that the newest message came from, else
    to the party's. What an answer will refer to; None where nothing is sent.
    """
    name = letters.reference_of(tx, draft.reply_id)
    if name is None or thread.channel not in LETTERED:
        return None
    address = await find_address(tx, draft.party_id, thread)
    await letters.post(tx, replace(draft, address=address, subject=thread.subject, follows=thread.follows))
    return name


async def find_address(tx: Transaction, party_id: UUID, thread: Correspondence) -> str | None:
    """Where a reply in this thread goes; None where it does not go by e-mail, or to nobody."""
    if thread.channel not in LETTERED:
        return None
    party = await copies.find_party(tx, party_id)
    # A ticket merged into this one may be of somebody who was taken for the same customer, and is not any more.
    parties = await copies.find_merged_parties(tx, party_id)
    return await store.find_sender(tx, thread.requests, parties) or (party.email if party else None)


async def claim(
    tx: Transaction, events: Sequence[Event[SupportRequested]], erased: Collection[UUID]
) -> dict[str, Sequence[str]]:
    """Of requests that were mails: whose they are. Those of erased parties are forgotten at once. What each of the
    others refers to, by its event.
    """
    claims = [
        (UUID(event.correlation_id), event.data.party_id, event.id)
        for event in events
        if event.data.origin == SOURCE and _is_id(event.correlation_id)
    ]
    references = await store.claim_mails(tx, claims)
    if gone := sorted({party for _, party, _ in claims if party in erased}):
        await store.forget(tx, gone)
    return references


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


async def find_attachments(tx: Transaction, requests: Collection[str]) -> dict[str, list[AttachmentView]]:
    return await store.find_attachments(tx, requests)


async def find_content(tx: Transaction, mail_id: UUID, place: int) -> Content:
    found = await store.find_content(tx, mail_id, place)
    if found is None:
        raise NotFound("no attachment is kept here")
    return found


async def list_mails(
    tx: Transaction, kind: str | None, before: tuple[datetime, UUID] | None, limit: int
) -> list[MailLine]:
    return await store.list_mails(tx, kind, before, limit)


async def forget(tx: Transaction, parties: Collection[UUID]) -> None:
    if parties:
        await store.forget(tx, parties)


async def forget_unclaimed(tx: Transaction) -> tuple[int, bool]:
    """What became no request of anybody goes after a month, as what is in quarantine does, some of it at a time: how
    many mails went, and whether any wait.
    """
    return await store.forget_unclaimed(tx, tx.now - _KEPT_UNCLAIMED)
