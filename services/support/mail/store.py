"""The tables of mails that came in, a typed function per statement."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import asyncpg

from services.support.mail.domain.attachment import Attachment
from services.support.mail.domain.incoming import Incoming, Kind
from services.support.mail.schemas import AttachmentView, MailLine
from shared.engine.transaction import Transaction
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))
_MOST_REFERENCES = 50
"""Of one mail, the nearest; more are of no thread that anybody wrote."""


@dataclass(frozen=True, slots=True)
class Held:
    """A mail that nobody was told of yet."""

    id: UUID
    kind: Kind
    sender: str | None
    subject: str | None
    body: str | None
    thread: str | None
    in_reply_to: str | None
    written_at: datetime


@dataclass(frozen=True, slots=True)
class Content:
    name: str
    media_type: str
    content: bytes


async def hold_mailbox(connection: asyncpg.Connection, name: str) -> bool:
    held: bool = await connection.fetchval(SQL["hold_mailbox"], name)
    return held


async def find_position(tx: Transaction, name: str) -> tuple[int, int] | None:
    """The validity of the numbers, and the last one that was read."""
    row = await tx.fetchrow(SQL["find_position"], name)
    return None if row is None else (row["validity"], row["last_uid"])


async def save_position(tx: Transaction, name: str, validity: int, uid: int) -> None:
    await tx.execute(SQL["save_position"], name, validity, uid)


async def count_recent(tx: Transaction, sender: str, since: datetime) -> int:
    """Until the end of the transaction nobody else counts those of this sender."""
    await tx.execute(SQL["lock_sender"], sender)
    count: int = await tx.fetchval(SQL["count_recent"], sender, since)
    return count


async def add_mail(
    tx: Transaction, mail: Incoming, kind: Kind, in_reply_to: str | None, written_at: datetime, now: datetime
) -> bool:
    """False where it is known."""
    passed = kind == "request"
    subject, body = (None, None) if passed else (mail.subject, mail.body)
    references = list(mail.references[:_MOST_REFERENCES])
    row = (mail.id, kind, mail.sender, subject, body, mail.thread, in_reply_to, written_at, now, references)
    return await tx.fetchval(SQL["add_mail"], *row) is not None


async def add_attachments(tx: Transaction, mail_id: UUID, attachments: Sequence[Attachment]) -> None:
    kept = [(each.sha256, each.content) for each in attachments if each.content is not None]
    if kept:
        await tx.execute(SQL["add_contents"], *columns(kept))
    rows = [
        (place, each.name, each.media_type, each.size, each.sha256 if each.content is not None else None, each.refused)
        for place, each in enumerate(attachments)
    ]
    if rows:
        await tx.execute(SQL["add_attachments"], mail_id, *columns(rows))


async def claim_mails(tx: Transaction, claims: Collection[tuple[UUID, UUID, str]]) -> dict[str, Sequence[str]]:
    """Each is a mail, its party and the request that came of it; what those that were not claimed refer to."""
    if not claims:
        return {}
    rows = await tx.fetch(SQL["claim_mails"], *columns(sorted(claims)))
    return {row["request_event_id"]: row["refers_to"] for row in rows}


async def find_sender(tx: Transaction, requests: Collection[str], parties: Collection[UUID]) -> str | None:
    sender: str | None = await tx.fetchval(SQL["find_sender"], list(requests), list(parties))
    return sender


async def forget(tx: Transaction, parties: Collection[UUID]) -> None:
    await tx.execute(SQL["forget_attachments"], list(parties))
    await tx.execute(SQL["forget_mails"], list(parties))


async def forget_unclaimed(tx: Transaction, before: datetime) -> tuple[int, bool]:
    """How many mails went, and whether any wait to be claimed or to go."""
    forgotten = await tx.fetch(SQL["forget_unclaimed"], before)
    await tx.execute(SQL["forget_contents"])
    left: bool = await tx.fetchval(SQL["has_unclaimed"])
    return len(forgotten), left


async def list_mails(
    tx: Transaction, kind: str | None, before: tuple[datetime, UUID] | None, limit: int
) -> list[MailLine]:
    rows = await tx.fetch(SQL["list_mails"], kind, *(before or (None, None)), limit)
    return [MailLine.model_validate(dict(row)) for row in rows]


async def lock_mail(tx: Transaction, mail_id: UUID) -> Held | None:
    row = await tx.fetchrow(SQL["lock_mail"], mail_id)
    return None if row is None else Held(**row)


async def pass_on(tx: Transaction, mail_id: UUID) -> None:
    await tx.execute(SQL["pass_on"], mail_id)


async def find_attachments(tx: Transaction, requests: Collection[str]) -> dict[str, list[AttachmentView]]:
    """By the request that they came with."""
    found: dict[str, list[AttachmentView]] = {}
    for row in await tx.fetch(SQL["find_attachments"], list(requests)):
        values = dict(row)
        found.setdefault(values.pop("request_event_id"), []).append(AttachmentView(**values))
    return found


async def find_content(tx: Transaction, mail_id: UUID, place: int) -> Content | None:
    row = await tx.fetchrow(SQL["find_content"], mail_id, place)
    return None if row is None else Content(**row)
