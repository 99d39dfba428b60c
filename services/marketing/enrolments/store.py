"""Sales, enrolments and messages, a typed function per statement."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from services.marketing.enrolments import schemas
from services.marketing.enrolments.domain.due import Restored
from services.marketing.enrolments.domain.message import Ending, Enrolment, Message
from services.marketing.enrolments.domain.sale import Revision, Sale
from shared.engine.subscription import Due
from shared.engine.transaction import Transaction
from shared.events.campaigns import SkipReason
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))
_SALE_COLUMNS = (
    "trigger_event_id",
    "party_id",
    "party_version",
    "partition",
    "origin",
    "sale_id",
    "channel",
    "minor",
    "currency",
    "skus",
    "occurred_at",
    "recorded_at",
    "correlation_id",
    "traceparent",
    "email_id",
    "cancelled_by",
    "cancelled_at",
)
_OF_SALES_ALONE = frozenset({"sale_id", "minor", "currency", "cancelled_by", "cancelled_at"})
_ENROLMENT_COLUMNS = ("trigger_event_id", "campaign", "id", "version", "party_id", "follow_up", "started_at")
_MESSAGE_COLUMNS = (
    "id",
    "triggered_at",
    "trigger_event_id",
    "party_id",
    "planned_at",
    "enrolment_id",
    "campaign",
    "campaign_version",
    "follow_up",
    "step",
    "channel",
    "due_at",
    "outcome",
    "reason",
    "ended_at",
    "deciding_event_ids",
)


@dataclass(frozen=True, slots=True)
class DueMessage:
    """`repeat`: the party bought before this sale. `failed`: why an earlier step was skipped after it was cleared."""

    message: Message
    sale: Sale
    repeat: bool
    failed: SkipReason | None


async def add_sales(tx: Transaction, sales: Sequence[Sale]) -> set[str]:
    """The triggers of those that were not read before, by whatever event."""
    if not sales:
        return set()
    rows = [
        (
            each.trigger_event_id,
            each.party_id,
            each.party_version,
            each.partition,
            each.origin,
            each.sale_id,
            each.channel,
            each.minor,
            each.currency,
            _joined(each.skus),
            each.occurred_at,
            each.recorded_at,
            each.correlation_id,
            each.traceparent,
            each.email_id,
        )
        for each in sales
    ]
    return {row["id"] for row in await tx.fetch(SQL["add_sales"], *columns(rows))}


async def add_entries(tx: Transaction, entries: Sequence[Sale]) -> None:
    """Triggers of messages that are no sales."""
    names = [*(name for name in _SALE_COLUMNS if name not in _OF_SALES_ALONE), "tier"]
    rows = [[_joined(e.skus) if name == "skus" else getattr(e, name) for name in names] for e in entries]
    if rows:
        await tx.execute(SQL["add_entries"], *columns(rows))


def _joined(skus: Sequence[str]) -> str:
    """SKUs go in as one text each, since an array of arrays must be a rectangle."""
    return "\x1f".join(sku.replace("\x1f", " ") for sku in skus)


async def load_newest_sales(tx: Transaction, most: int) -> list[Sale]:
    return [_sale(row) for row in await tx.fetch(SQL["load_newest_sales"], most)]


async def load_cleared(
    tx: Transaction, parties: Collection[UUID], since: date, today: date
) -> list[tuple[UUID, date, int]]:
    """How many messages were cleared for each party on each day; what is cleared today waits for this transaction."""
    await tx.execute(SQL["open_day"], sorted(parties), today)
    rows = await tx.fetch(SQL["load_cleared"], sorted(parties), since)
    return [(row["party_id"], row["day"], row["messages"]) for row in rows]


async def count_cleared(tx: Transaction, new: Mapping[tuple[UUID, date], int]) -> None:
    if new:
        await tx.execute(SQL["count_cleared"], *columns([(*key, messages) for key, messages in sorted(new.items())]))


async def load_bought(tx: Transaction, parties: Collection[UUID]) -> dict[UUID, list[tuple[datetime, int, str]]]:
    found: defaultdict[UUID, list[tuple[datetime, int, str]]] = defaultdict(list)
    for row in await tx.fetch(SQL["load_bought"], sorted(parties)):
        found[row["party_id"]].append((row["occurred_at"], row["minor"], row["currency"]))
    return found


async def find_sales(
    tx: Transaction, asked: Collection[tuple[UUID, str]]
) -> dict[tuple[UUID, str], tuple[str, list[str]]]:
    rows = await tx.fetch(SQL["find_sales"], *columns(sorted(asked)))
    return {(row["party_id"], row["sale_id"]): (row["channel"], row["skus"]) for row in rows}


async def revise_sales(tx: Transaction, revisions: Sequence[Revision]) -> None:
    """What sales are by now; of one sale the highest revision holds."""
    newest: dict[tuple[str, str], Revision] = {}
    for each in revisions:
        name = each.origin, each.sale_id
        if name not in newest or newest[name].revision < each.revision:
            newest[name] = each
    rows = [
        (
            *name,
            each.revision,
            each.channel,
            each.minor,
            each.currency,
            None if each.skus is None else _joined(each.skus),
            each.cancelled_by,
            each.cancelled_at,
        )
        for name, each in sorted(newest.items())
    ]
    if rows:
        await tx.execute(SQL["revise_sales"], *columns(rows))


async def add_repeated_sales(tx: Transaction, sales: Sequence[Sale]) -> None:
    """Events that told a sale which stands under another one; those that were only read again are passed over."""
    rows = [(each.trigger_event_id, each.origin, each.sale_id, each.party_id, each.recorded_at) for each in sales]
    if rows:
        await tx.execute(SQL["add_repeated_sales"], *columns(rows))


async def add_enrolments(tx: Transaction, enrolments: Sequence[Enrolment]) -> None:
    rows = [
        (each.trigger_event_id, each.campaign, each.id, each.version, each.party_id, each.follow_up, each.started_at)
        for each in enrolments
    ]
    if rows:
        await tx.copy("enrolment", _ENROLMENT_COLUMNS, rows)


async def add_messages(tx: Transaction, messages: Sequence[Message]) -> None:
    if messages:
        await tx.copy("message", _MESSAGE_COLUMNS, [_message_row(message) for message in messages])


def _message_row(message: Message) -> tuple[object, ...]:
    ending = message.ending
    return (
        message.id,
        message.triggered_at,
        message.trigger_event_id,
        message.party_id,
        message.planned_at,
        message.enrolment_id,
        message.campaign,
        message.campaign_version,
        message.follow_up,
        message.step,
        message.channel,
        message.due_at,
        ending.outcome if ending else None,
        ending.reason if ending else None,
        ending.at if ending else None,
        list(ending.deciding_event_ids) if ending else [],
    )


async def load_due_messages(tx: Transaction, due: Sequence[Due], longest_wait: timedelta) -> list[DueMessage]:
    times = [timer.due_at for timer in due]
    ids = [timer.id for timer in due]
    bounds = min(times), max(times), longest_wait
    rows = [*await tx.fetch(SQL["load_due_messages"], ids, *bounds)]
    if others := set(ids) - {row["id"] for row in rows}:
        rows += await tx.fetch(SQL["load_due_of_entries"], sorted(others), *bounds)
    return [DueMessage(_message(row), _sale(row), row["repeat"], row["failed"]) for row in rows]


async def load_messages(tx: Transaction, messages: Mapping[UUID, datetime]) -> dict[UUID, tuple[Message, Sale]]:
    """With their sales; `messages` gives the trigger's time of each."""
    times = messages.values()
    rows = [*await tx.fetch(SQL["load_messages"], sorted(messages), min(times), max(times))]
    if others := messages.keys() - {row["id"] for row in rows}:
        rows += await tx.fetch(SQL["load_messages_of_entries"], sorted(others), min(times), max(times))
    return {row["id"]: (_message(row), _sale(row)) for row in rows}


def _message(row: Mapping[str, Any]) -> Message:
    return Message(**{name: row[name] for name in _MESSAGE_COLUMNS[:12]})


def _sale(row: Mapping[str, Any]) -> Sale:
    given = {"channel": "sale_channel"}
    return Sale(**{name: row[given.get(name, name)] for name in _SALE_COLUMNS}, tier=row.get("tier"))


async def find_message_time(tx: Transaction, id_: UUID) -> datetime | None:
    """When its trigger occurred."""
    at: datetime | None = await tx.fetchval(SQL["find_message_time"], id_)
    return at


async def end_messages(tx: Transaction, endings: Sequence[tuple[UUID, datetime, Ending]]) -> set[UUID]:
    """Write how messages ended, each (id, the trigger's time, ending); the ids of those that had not ended before."""
    if not endings:
        return set()
    rows = sorted(
        (id_, at, e.outcome, e.reason, e.at, e.consent_event_id, ",".join(e.deciding_event_ids), e.content)
        for id_, at, e in endings
    )
    times = [at for _, at, _ in endings]
    ended = await tx.fetch(SQL["end_messages"], *columns(rows), min(times), max(times))
    return {row["id"] for row in ended}


async def add_former_endings(tx: Transaction, endings: Mapping[UUID, Ending]) -> None:
    rows = [
        (id_, e.outcome, e.reason, e.at, e.consent_event_id, ",".join(e.deciding_event_ids))
        for id_, e in sorted(endings.items())
    ]
    if rows:
        await tx.execute(SQL["add_former_endings"], *columns(rows))


async def mark_restored(tx: Transaction, at: datetime) -> None:
    await tx.execute(SQL["mark_restored"], at)


async def find_restored(tx: Transaction, messages: Collection[UUID]) -> Restored | None:
    """When the database was restored, and how those of the messages had ended of which that is known."""
    at = await tx.fetchval(SQL["find_restored"]) if tx.was_recovered else None
    if at is None:
        return None
    rows = await tx.fetch(SQL["load_former_endings"], sorted(messages))
    return Restored(at, {row["message_id"]: _ending(row) for row in rows})


def _ending(row: Mapping[str, Any]) -> Ending:
    decided_by = tuple(row["deciding_event_ids"])
    return Ending(row["outcome"], row["ended_at"], row["reason"], decided_by, row["consent_event_id"])


async def find_letters(tx: Transaction, parties: Collection[UUID]) -> tuple[list[UUID], list[UUID]]:
    """The messages that were sent to these parties, or may have been, and those that are still open."""
    rows = await tx.fetch(SQL["find_letters"], sorted(parties))
    return [row["id"] for row in rows if not row["open"]], [row["id"] for row in rows if row["open"]]


async def list_enrolments(
    tx: Transaction,
    trigger: UUID | None,
    parties: Sequence[UUID] | None,
    campaign: str | None,
    after: tuple[UUID, str] | None,
    limit: int,
) -> list[schemas.Enrolment]:
    rows = await tx.fetch(SQL["list_enrolments"], trigger, parties, campaign, *(after or (None, None)), limit)
    return [schemas.Enrolment(**row) for row in rows]
