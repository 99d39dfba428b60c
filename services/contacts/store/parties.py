"""Parties, identities, sales and texts ."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from pydantic_core import from_json, to_json

from services.contacts.domain.facts import Text
from services.contacts.domain.identity import Claim, Home
from services.contacts.domain.lifecycle import Entry, Lifecycle
from services.contacts.domain.party import Party
from services.contacts.store import SQL
from shared.engine.transaction import Transaction
from shared.events.ingest import Address
from shared.events.parties import KnownIdentity

SaleName = tuple[str, str]
"""`(origin, sale_id)`."""


class KnownSale(NamedTuple):
    """A sale that was accepted: whose it is, a hash of its content, and the id of the published event."""

    party_id: UUID
    content: bytes
    event_id: UUID


class StoredText(NamedTuple):
    """A text of the published event `event_id`."""

    event_id: UUID
    party_id: UUID
    text: Text
    recorded_at: datetime


async def find_homes(tx: Transaction, claims: Sequence[Claim]) -> tuple[dict[Claim, Home], dict[UUID, Party]]:
    """The homes of those claims that are known, and, if all are, their parties, locked in order."""
    types, systems, values = ([claim[part] for claim in claims] for part in range(3))
    rows = await tx.fetch(SQL["find_homes"], types, systems, values)
    homes, parties = {}, {}
    for claim, row in zip(claims, rows, strict=True):
        party_id = row["party_id"]
        if party_id is None:
            continue
        homes[claim] = Home(party_id, row["identity_id"])
        if row["id"] is not None and party_id not in parties:
            parties[party_id] = _party(row)
    return homes, parties


async def lock_parties(tx: Transaction, ids: Iterable[UUID]) -> dict[UUID, Party]:
    """The parties that exist, locked in order until the transaction ends."""
    return {row["id"]: _party(row) for row in await tx.fetch(SQL["lock_parties"], sorted(ids))}


async def add_identities(tx: Transaction, joined: Mapping[Claim, Home]) -> set[UUID]:
    """Write unknown identities; returns the ids of those that nobody else wrote first. Waits for another writer."""
    rows = sorted((claim, home) for claim, home in joined.items())
    added = await tx.fetch(
        SQL["add_identities"],
        [home.identity_id for _, home in rows],
        [claim.type for claim, _ in rows],
        [claim.system for claim, _ in rows],
        [claim.value for claim, _ in rows],
        [home.party_id for _, home in rows],
    )
    return {row["id"] for row in added}


async def forget_identities(tx: Transaction, ids: Iterable[UUID]) -> None:
    """Take back identities that this transaction added."""
    await tx.execute(SQL["forget_identities"], list(ids))


async def load_identities(tx: Transaction, party_ids: Iterable[UUID]) -> dict[UUID, list[KnownIdentity]]:
    """What each party is known by."""
    found: dict[UUID, list[KnownIdentity]] = {}
    for row in await tx.fetch(SQL["load_identities"], list(party_ids)):
        identity = KnownIdentity(id=row["id"], type=row["type"], value=row["value"], system=row["system"] or None)
        found.setdefault(row["party_id"], []).append(identity)
    return found


async def save_parties(tx: Transaction, parties: Iterable[Party]) -> None:
    """Write new parties, and locked ones that changed."""
    rows = [_row(party) for party in sorted(parties, key=lambda party: party.id)]
    if rows:
        await tx.execute(SQL["save_parties"], *map(list, zip(*rows, strict=True)))


async def add_sales(tx: Transaction, sales: Mapping[SaleName, KnownSale]) -> dict[SaleName, KnownSale]:
    """Write fresh sales; returns those that were known before, as they are known."""
    names = sorted(sales)
    rows = [sales[name] for name in names]
    origins, sale_ids = [name[0] for name in names], [name[1] for name in names]
    status = await tx.execute(
        SQL["add_sales"],
        origins,
        sale_ids,
        [row.party_id for row in rows],
        [row.content for row in rows],
        [row.event_id for row in rows],
    )
    if status == f"INSERT 0 {len(rows)}":
        return {}
    stored = {
        (row["origin"], row["sale_id"]): KnownSale(row["party_id"], row["content"], row["event_id"])
        for row in await tx.fetch(SQL["load_sales"], origins, sale_ids)
    }
    return {name: known for name, known in stored.items() if known.event_id != sales[name].event_id}


async def add_duplicates(
    tx: Transaction, pairs: Iterable[tuple[UUID, UUID]], reason: str, now: datetime
) -> set[tuple[UUID, UUID]]:
    """Remember pairs (low, high); returns those that were not known."""
    rows = sorted(pairs)
    lows, highs = [low for low, _ in rows], [high for _, high in rows]
    times, reasons = [now] * len(rows), [reason] * len(rows)
    return {
        (row["low_id"], row["high_id"]) for row in await tx.fetch(SQL["add_duplicates"], lows, highs, reasons, times)
    }


async def load_cares(tx: Transaction, party_ids: Iterable[UUID]) -> dict[UUID, list[Entry]]:
    """The cares of each party that wait for an earlier first sale."""
    found: dict[UUID, list[Entry]] = {}
    for row in await tx.fetch(SQL["load_cares"], list(party_ids)):
        found.setdefault(row["party_id"], []).append(Entry(row["occurred_at"], row["event_id"]))
    return found


async def add_cares(tx: Transaction, cares: Iterable[tuple[UUID, Entry]]) -> None:
    """Remember cares for an earlier first sale."""
    rows = sorted((party_id, entry.at, entry.event_id) for party_id, entry in cares)
    if rows:
        await tx.execute(SQL["add_cares"], *map(list, zip(*rows, strict=True)))


async def add_texts(tx: Transaction, texts: Iterable[StoredText]) -> None:
    """Keep the texts of published events."""
    rows = sorted((text.event_id, text.party_id, *text.text, text.recorded_at) for text in texts)
    if rows:
        await tx.execute(SQL["add_texts"], *map(list, zip(*rows, strict=True)))


def _party(row: Any) -> Party:
    said_at = row["said_at"]
    return Party(
        id=row["id"],
        partition=row["partition"],
        version=row["version"],
        kind=row["kind"],
        name=row["name"],
        address=Address(**from_json(row["address"])) if row["address"] else None,
        roles=row["roles"],
        birth_date=row["birth_date"],
        locale=row["locale"],
        time_zone=row["time_zone"],
        owner=row["owner"],
        merged_into=row["merged_into"],
        said_at={} if said_at == "{}" else _times(said_at),
        lifecycle=Lifecycle(
            Entry(row["discovery_at"], row["discovery_by"]) if row["discovery_at"] else None,
            Entry(row["purchase_at"], row["purchase_by"]) if row["purchase_at"] else None,
            Entry(row["post_purchase_at"], row["post_purchase_by"]) if row["post_purchase_at"] else None,
        ),
        registered_at=row["registered_at"],
    )


def _times(text: str) -> dict[str, datetime]:
    return {field: datetime.fromisoformat(at) for field, at in from_json(text).items()}


def _row(party: Party) -> tuple[object, ...]:
    stages = party.lifecycle
    return (
        party.id,
        party.partition,
        party.version,
        party.kind,
        party.name,
        to_json(party.address).decode() if party.address else None,
        ",".join(party.roles),
        party.birth_date,
        party.locale,
        party.time_zone,
        party.owner,
        party.merged_into,
        to_json(party.said_at).decode(),
        *(stages.discovery or (None, None)),
        *(stages.purchase or (None, None)),
        *(stages.post_purchase or (None, None)),
        party.registered_at,
    )
