"""Marketing's tables, a typed function per statement."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from services.marketing.domain.campaign import Campaign, Category, ordered
from services.marketing.domain.decision import Consent, Facts, Party, Refund, TicketChange
from services.marketing.domain.definition import Definition
from services.marketing.domain.enrolment import Followed
from services.marketing.domain.message import Ending, Message, Sale
from services.marketing.domain.outcome import Cleared, Planned
from shared.engine.subscription import Due
from shared.engine.transaction import Transaction
from shared.sql import load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))

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
)
_ENROLMENT_COLUMNS = ("trigger_event_id", "campaign", "id", "version", "party_id", "follow_up", "started_at")


@lru_cache(maxsize=1_000)
def read_definition(text: str) -> Definition:
    """A stored definition; its text is its identity, so one is parsed once a process."""
    return Definition.model_validate_json(text, context={"stored": True})


async def load_campaigns(tx: Transaction) -> list[Campaign]:
    """Campaigns in force, in the order in which they may take a sale."""
    rows = await tx.fetch(SQL["load_campaigns_in_force"])
    return ordered(Campaign(read_definition(row["definition"]), row["version"]) for row in rows)


async def load_followed(tx: Transaction, triggers: Iterable[str]) -> set[str]:
    """Those of the triggers that were read before."""
    return {row["id"] for row in await tx.fetch(SQL["load_followed"], sorted(triggers))}


async def load_categories(tx: Transaction, skus: Sequence[str]) -> dict[str, Category]:
    if not skus:
        return {}
    return {row["sku"]: tuple(row["category"]) for row in await tx.fetch(SQL["load_categories"], skus)}


async def save_followed(tx: Transaction, followed: Followed) -> None:
    """Sales, enrolments, messages and timers, in this order of tables everywhere."""
    if not followed.sales:
        return
    sales = [
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
            each.skus,
            each.occurred_at,
            each.recorded_at,
            each.correlation_id,
            each.traceparent,
        )
        for each in followed.sales
    ]
    enrolments = [
        (each.trigger_event_id, each.campaign, each.id, each.version, each.party_id, each.follow_up, each.started_at)
        for each in followed.enrolments
    ]
    await tx.copy("sale", _SALE_COLUMNS, sales)
    await tx.copy("enrolment", _ENROLMENT_COLUMNS, enrolments)
    await add_messages(tx, followed.messages)
    await tx.set_timers("messages", sorted(followed.timers))


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


async def save_products(tx: Transaction, products: Mapping[str, tuple[str, Category]]) -> None:
    skus = sorted(products)
    names = [products[sku][0] for sku in skus]
    # Categories go in as one text each, since an array of arrays must be a rectangle.
    categories = ["\x1f".join(part.replace("\x1f", " ") for part in products[sku][1]) for sku in skus]
    await tx.execute(SQL["save_products"], skus, names, categories)


async def forget_products(tx: Transaction, skus: Collection[str]) -> None:
    if skus:
        await tx.execute(SQL["forget_products"], sorted(skus))


async def save_parties(tx: Transaction, parties: Sequence[Party]) -> None:
    rows = [
        (each.id, each.version, each.name, each.email, each.locale, each.merged_into, each.erased_by)
        for each in parties
    ]
    if rows:
        await tx.execute(SQL["save_parties"], *_columns(rows))


async def mark_erased_letters(tx: Transaction, parties: Sequence[UUID]) -> None:
    if parties:
        await tx.execute(SQL["mark_erased_letters"], sorted(parties))


async def save_consents(tx: Transaction, consents: Sequence[tuple[UUID, Consent]]) -> None:
    rows = [
        (c.event_id, party, c.purpose, c.topic, c.channel, c.given, c.occurred_at, c.recorded_at)
        for party, c in consents
    ]
    await tx.execute(SQL["save_consents"], *_columns(rows))


async def save_refunds(tx: Transaction, refunds: Sequence[tuple[str, str, Refund]]) -> None:
    if refunds:
        rows = [(r.event_id, origin, sale, r.minor, r.currency, r.occurred_at) for origin, sale, r in refunds]
        await tx.execute(SQL["save_refunds"], *_columns(rows))


async def save_ticket_changes(tx: Transaction, changes: Sequence[tuple[UUID, TicketChange]]) -> None:
    rows = [(c.event_id, c.ticket_id, party, c.open, c.occurred_at) for party, c in changes]
    await tx.execute(SQL["save_ticket_changes"], *_columns(rows))


async def load_planned(tx: Transaction, due: Sequence[Due]) -> dict[UUID, Planned]:
    """The messages of these timers that have not ended, with everything that decides them."""
    times = [timer.due_at for timer in due]
    rows = await tx.fetch(SQL["load_due_messages"], [timer.id for timer in due], min(times), max(times))
    if not rows:
        return {}
    campaigns = await load_campaign_versions(tx, {(row["campaign"], row["campaign_version"]) for row in rows})
    facts = await _load_facts(tx, rows, campaigns)
    return {
        row["id"]: Planned(
            message_of(row),
            sale_of(row),
            campaigns[row["campaign"], row["campaign_version"]],
            fact,
            row["repeat"],
            row["failed"],
        )
        for row, fact in zip(rows, facts, strict=True)
    }


async def load_campaign_versions(
    tx: Transaction, versions: Collection[tuple[str, int]]
) -> dict[tuple[str, int], Campaign]:
    names, numbers = [name for name, _ in versions], [number for _, number in versions]
    rows = await tx.fetch(SQL["load_campaign_versions"], names, numbers)
    return {(row["name"], row["version"]): Campaign(read_definition(row["definition"]), row["version"]) for row in rows}


async def _load_facts(
    tx: Transaction, rows: Sequence[Any], campaigns: Mapping[tuple[str, int], Campaign]
) -> list[Facts]:
    """In the order of the rows."""
    ids = sorted({row["party_id"] for row in rows})
    parties = {row["id"]: Party(**row) for row in await tx.fetch(SQL["load_parties"], ids)}
    consents = _grouped(await tx.fetch(SQL["load_consents"], ids), Consent, "party_id")
    sales = sorted({(row["origin"], row["sale_id"]) for row in rows})
    refunds = _grouped(
        await tx.fetch(SQL["load_refunds"], [o for o, _ in sales], [s for _, s in sales]), Refund, "origin", "sale_id"
    )
    tickets: Mapping[Any, list[TicketChange]] = {}
    if any(campaign.definition.skip.ticket_open for campaign in campaigns.values()):
        tickets = _grouped(await tx.fetch(SQL["load_ticket_changes"], ids), TicketChange, "party_id")
    return [
        Facts(
            row["trigger_event_id"],
            row["party_version"],
            row["minor"],
            row["currency"],
            parties.get(row["party_id"]),
            consents.get(row["party_id"], ()),
            refunds.get((row["origin"], row["sale_id"]), ()),
            tickets.get(row["party_id"], ()),
        )
        for row in rows
    ]


def _grouped(rows: Iterable[Any], kind: Any, *key: str) -> Mapping[Any, list[Any]]:
    """Rows as `kind`, by the columns of `key`, which are none of its fields."""
    grouped: defaultdict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        fields = dict(row)
        values = tuple(fields.pop(name) for name in key)
        grouped[values[0] if len(values) == 1 else values].append(kind(**fields))
    return grouped


def message_of(row: Any) -> Message:
    return Message(
        row["id"],
        row["triggered_at"],
        row["trigger_event_id"],
        row["party_id"],
        row["planned_at"],
        row["enrolment_id"],
        row["campaign"],
        row["campaign_version"],
        row["follow_up"],
        row["step"],
        row["channel"],
        row["due_at"],
    )


def sale_of(row: Any) -> Sale:
    return Sale(
        row["trigger_event_id"],
        row["party_id"],
        row["party_version"],
        row["partition"],
        row["origin"],
        row["sale_id"],
        row["sale_channel"],
        row["minor"],
        row["currency"],
        row["skus"],
        row["triggered_at"],
        row["recorded_at"],
        row["correlation_id"],
        row["traceparent"],
    )


async def end_messages(tx: Transaction, endings: Sequence[tuple[UUID, datetime, Ending]]) -> set[UUID]:
    """Write how messages ended, each (id, the trigger's time, ending); the ids of those that had not ended before."""
    if not endings:
        return set()
    rows = sorted(
        (id_, at, e.outcome, e.reason, e.at, e.consent_event_id, ",".join(e.deciding_event_ids), e.content)
        for id_, at, e in endings
    )
    times = [at for _, at, _ in endings]
    ended = await tx.fetch(SQL["end_messages"], *_columns(rows), min(times), max(times))
    return {row["id"] for row in ended}


async def add_dispatches(tx: Transaction, cleared: Sequence[Cleared]) -> None:
    rows = [
        (c.message_id, c.triggered_at, c.trigger_event_id, c.party_id, c.consent_event_id, c.content, c.decided_at)
        for c in cleared
    ]
    if rows:
        await tx.execute(SQL["add_dispatches"], *_columns(rows))


async def list_messages(
    tx: Transaction,
    party: UUID | None,
    trigger: UUID | None,
    outcome: str | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[Any]:
    """Of a party with all that it was merged with."""
    family = await _family(tx, party)
    return await tx.fetch(SQL["list_messages"], family, trigger, outcome, *(after or (None, None)), limit)


async def find_message(tx: Transaction, message_id: UUID) -> Any:
    return await tx.fetchrow(SQL["find_message"], message_id)


async def list_enrolments(
    tx: Transaction,
    trigger: UUID | None,
    party: UUID | None,
    campaign: str | None,
    after: tuple[UUID, str] | None,
    limit: int,
) -> Sequence[Any]:
    """Of a party with all that it was merged with."""
    family = await _family(tx, party)
    return await tx.fetch(SQL["list_enrolments"], trigger, family, campaign, *(after or (None, None)), limit)


async def _family(tx: Transaction, party: UUID | None) -> list[UUID] | None:
    return None if party is None else [row["id"] for row in await tx.fetch(SQL["find_merged_parties"], party)]


async def list_campaigns(tx: Transaction, after: str | None, limit: int) -> Sequence[Any]:
    return await tx.fetch(SQL["list_campaigns"], after, limit)


async def find_campaign(tx: Transaction, name: str, version: int | None) -> Any:
    return await tx.fetchrow(SQL["find_campaign"], name, version)


def _columns(rows: Sequence[Sequence[object]]) -> list[list[object]]:
    """Rows as one list a column, for unnest."""
    return [list(column) for column in zip(*rows, strict=True)]
