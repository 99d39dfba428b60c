"""Agents' replies are sent by e-mail, in the caller's transaction up to the hand-over and after it."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from services.support.copies import commands as copies
from services.support.letters import store
from services.support.letters.domain.letter import (
    Draft,
    announce_settled,
    message_id_of,
    outcome_of,
    reply_of,
    wait_before,
)
from services.support.settings import Context
from shared.engine.transaction import Transaction
from shared.events.tickets import LetterOutcome, TicketReplySettled
from shared.mail.smtp import Answer


def reference_of(tx: Transaction, reply_id: UUID) -> str | None:
    """What an answer to this reply refers to; None where replies are not sent by e-mail."""
    context: Context = tx.context
    return message_id_of(reply_id, context.mail_domain) if context.mail_domain else None


async def post(tx: Transaction, draft: Draft) -> None:
    """Sent after the commit, by whichever instance takes it."""
    context: Context = tx.context
    outcome: LetterOutcome | None = None if draft.address else "no_address"
    await store.add_letter(tx, draft, outcome)
    if outcome is not None:
        tx.emit([announce_settled(draft, outcome, tx.now)])
    tx.after_commit(context.letters.ring)


async def begin(tx: Transaction, owner: UUID, limit: int) -> list[Draft]:
    """Up to `limit` letters, now this owner's. Commit before sending."""
    return await store.begin_letters(tx, owner, limit)


async def settle(tx: Transaction, owner: UUID, drafts: Sequence[Draft], answers: Mapping[UUID, Answer]) -> None:
    """Write down what came of this owner's letters and tell it; what somebody else took over is left alone."""
    await copies.lock_parties(tx, sorted({draft.party_id for draft in drafts}))
    for draft in sorted(drafts, key=lambda each: each.reply_id):
        answer = answers[draft.reply_id]
        wait = wait_before(draft.number) if answer.kind == "later" else None
        if wait is not None:
            await store.postpone_letter(tx, draft.reply_id, owner, wait)
            continue
        outcome = "no_address" if draft.address is None and answer.kind == "refused" else outcome_of(answer)
        if await store.settle_letter(tx, draft.reply_id, owner, outcome, tx.now):
            tx.emit([announce_settled(draft, outcome, tx.now)])


async def take_over(tx: Transaction, gone: UUID, owner: UUID) -> list[Draft]:
    return await store.take_over(tx, gone, owner)


async def find_own(tx: Transaction, references: Collection[str]) -> set[str]:
    """Those of these references that are names of our letters."""
    context: Context = tx.context
    return {each for each in references if reply_of(each, context.mail_domain)}


async def lock_returned(tx: Transaction, returned: Collection[str]) -> None:
    """Lock the parties of letters that came back."""
    if replies := _replies_of(tx, returned):
        await copies.lock_parties(tx, await store.find_parties(tx, replies))


async def note_bounce(tx: Transaction, returned: Collection[str]) -> None:
    """Letters that came back did not arrive; whoever answers for the ticket sees it there. Their parties are locked."""
    replies = _replies_of(tx, returned)
    for draft in await store.bounce_letters(tx, replies, tx.now) if replies else ():
        tx.emit([announce_settled(draft, "bounced", tx.now)])


async def call_off(tx: Transaction, letters: Collection[UUID]) -> None:
    """Those of these that nobody has begun to send are not sent. Their parties are locked."""
    for draft in await store.call_off(tx, letters, tx.now) if letters else ():
        tx.emit([announce_settled(draft, "called_off", tx.now)])


async def forget(tx: Transaction, parties: Collection[UUID]) -> None:
    if parties:
        await store.forget(tx, parties, tx.now)


async def take_back(tx: Transaction, told: TicketReplySettled) -> None:
    await store.take_back(tx, told)


async def doubt_all(tx: Transaction) -> None:
    """After a restore: what the backup was about to send may have been sent, and is never sent again by itself."""
    await store.doubt_all(tx)


def _replies_of(tx: Transaction, names: Collection[str]) -> set[UUID]:
    context: Context = tx.context
    return {id_ for each in names if (id_ := reply_of(each, context.mail_domain)) is not None}
