"""The copies of what others say, a typed function per statement."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from services.marketing.copies.domain import (
    Category,
    Party,
    Product,
    Refund,
    Restraint,
    Score,
    StageChange,
    StagePlace,
    TicketChange,
)
from shared.engine.transaction import Transaction
from shared.events.consent import Statement
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))


async def save_parties(tx: Transaction, parties: Sequence[Party]) -> None:
    rows = [
        (
            p.id,
            p.version,
            p.name,
            p.email,
            p.locale,
            p.merged_into,
            p.erased_by,
            p.kind,
            p.time_zone,
            json.dumps(dict(p.emails)),
            json.dumps(dict(p.handles)),
            p.email_id,
        )
        for p in parties
    ]
    if rows:
        await tx.execute(SQL["save_parties"], *columns(rows))


async def load_parties(tx: Transaction, ids: Collection[UUID]) -> dict[UUID, Party]:
    rows = await tx.fetch(SQL["load_parties"], sorted(ids))
    return {row["id"]: _party(row) for row in rows}


def _party(row: Sequence[Any]) -> Party:
    """By place, since a party is read for each sale: the statement has its columns in the order of the fields."""
    *known, emails, handles, email_id = row
    fields = [*known, _read(emails), _read(handles), email_id]
    return Party(*fields)


def _read(names: str) -> Mapping[str, str]:
    found: Mapping[str, str] = {} if names == "{}" else json.loads(names)
    return found


async def find_families(tx: Transaction, parties: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """By party all that it was merged with, at any distance, itself among them."""
    found: dict[UUID, list[UUID]] = {}
    for row in await tx.fetch(SQL["find_families"], sorted(parties)):
        found.setdefault(row["asked"], []).append(row["id"])
    return found


async def save_products(tx: Transaction, products: Iterable[Product]) -> None:
    # Categories go in as one text each, since an array of arrays must be a rectangle.
    rows = [(p.sku, p.name, "\x1f".join(part.replace("\x1f", " ") for part in p.category)) for p in products]
    if rows:
        await tx.execute(SQL["save_products"], *columns(rows))


async def forget_products(tx: Transaction, skus: Collection[str]) -> None:
    if skus:
        await tx.execute(SQL["forget_products"], sorted(skus))


async def load_categories(tx: Transaction, skus: Sequence[str]) -> dict[str, Category]:
    if not skus:
        return {}
    return {row["sku"]: tuple(row["category"]) for row in await tx.fetch(SQL["load_categories"], skus)}


async def load_product_names(tx: Transaction, skus: Sequence[str]) -> dict[str, str]:
    if not skus:
        return {}
    return {row["sku"]: row["name"] for row in await tx.fetch(SQL["load_product_names"], skus)}


async def save_consents(tx: Transaction, statements: Sequence[tuple[UUID, Statement]]) -> None:
    rows = [
        (s.event_id, party, s.purpose, s.topic, s.channel, s.given, s.occurred_at, s.recorded_at, s.expires_at)
        for party, s in statements
    ]
    if rows:
        await tx.execute(SQL["save_consents"], *columns(rows))


async def load_consents(tx: Transaction, parties: Collection[UUID]) -> Mapping[UUID, list[Statement]]:
    found: defaultdict[UUID, list[Statement]] = defaultdict(list)
    for row in await tx.fetch(SQL["load_consents"], sorted(parties)):
        party, *fields = row
        found[party].append(Statement(*fields))
    return found


async def save_refunds(tx: Transaction, refunds: Sequence[Refund]) -> None:
    rows = [(r.event_id, r.origin, r.sale_id, r.minor, r.currency, r.occurred_at) for r in refunds]
    if rows:
        await tx.execute(SQL["save_refunds"], *columns(rows))


async def load_refunds(tx: Transaction, sales: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], list[Refund]]:
    """By (`origin`, `sale_id`)."""
    found: defaultdict[tuple[str, str], list[Refund]] = defaultdict(list)
    if sales:
        for row in await tx.fetch(SQL["load_refunds"], *columns(sorted(sales))):
            found[row["origin"], row["sale_id"]].append(Refund(**row))
    return found


async def save_ticket_changes(tx: Transaction, changes: Sequence[TicketChange]) -> None:
    rows = [(c.event_id, c.ticket_id, c.party_id, c.open, c.occurred_at) for c in changes]
    if rows:
        await tx.execute(SQL["save_ticket_changes"], *columns(rows))


async def load_ticket_changes(tx: Transaction, parties: Collection[UUID]) -> Mapping[UUID, list[TicketChange]]:
    found: defaultdict[UUID, list[TicketChange]] = defaultdict(list)
    for row in await tx.fetch(SQL["load_ticket_changes"], sorted(parties)):
        found[row["party_id"]].append(TicketChange(**row))
    return found


async def save_stage_changes(tx: Transaction, changes: Sequence[StageChange]) -> None:
    rows = [(c.event_id, c.party_id, c.stage, c.occurred_at) for c in changes]
    if rows:
        await tx.execute(SQL["save_stage_changes"], *columns(rows))


async def forget_stage_changes(tx: Transaction, gone: Collection[StagePlace]) -> None:
    if gone:
        await tx.execute(SQL["forget_stage_changes"], *columns(sorted(gone)))


async def load_stage_changes(tx: Transaction, parties: Collection[UUID]) -> Mapping[UUID, list[StageChange]]:
    found: defaultdict[UUID, list[StageChange]] = defaultdict(list)
    for row in await tx.fetch(SQL["load_stage_changes"], sorted(parties)):
        found[row["party_id"]].append(StageChange(**row))
    return found


async def save_scores(tx: Transaction, scores: Sequence[Score]) -> None:
    rows = [(s.party_id, s.score, s.value, s.band, s.as_of) for s in scores]
    if rows:
        await tx.execute(SQL["save_scores"], *columns(rows))


async def load_scores(tx: Transaction, parties: Collection[UUID]) -> Mapping[UUID, list[Score]]:
    found: defaultdict[UUID, list[Score]] = defaultdict(list)
    for row in await tx.fetch(SQL["load_scores"], sorted(parties)):
        found[row["party_id"]].append(Score(**row))
    return found


async def save_restraints(tx: Transaction, restraints: Sequence[Restraint]) -> None:
    rows = [
        (
            r.event_id,
            r.party_id,
            r.kind,
            r.subject,
            r.purpose,
            r.channel,
            r.holds,
            r.occurred_at,
            r.starts_at,
            r.ends_at,
        )
        for r in restraints
    ]
    if rows:
        await tx.execute(SQL["save_restraints"], *columns(rows))


async def load_restraints(tx: Transaction, parties: Collection[UUID]) -> Mapping[UUID, list[Restraint]]:
    found: defaultdict[UUID, list[Restraint]] = defaultdict(list)
    for row in await tx.fetch(SQL["load_restraints"], sorted(parties)):
        found[row["party_id"]].append(Restraint(**row))
    return found
