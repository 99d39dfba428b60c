"""Parties and their identities in Postgres. Nobody else locks or saves a party."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import asyncpg

from services.contacts.parties.domain.identity import Claim, Flagged, Home
from services.contacts.parties.domain.party import Party
from services.contacts.parties.domain.rows import party_of, row_of
from shared.engine.transaction import Transaction
from shared.events.contract import contract_of
from shared.events.parties import KnownIdentity, PartyDescribed
from shared.sql import columns, load_queries


class Revision(NamedTuple):
    """Since when a party is known, and how it was described; None where that is not kept."""

    registered_at: datetime
    described: PartyDescribed | None


class Rival(Exception):
    """A party would have two external ids of one system."""


SQL = load_queries(Path(__file__).with_name("queries.sql"))
_READER = contract_of(PartyDescribed).adapter


async def find_homes(tx: Transaction, claims: Sequence[Claim]) -> tuple[dict[Claim, Home], dict[UUID, Party]]:
    """The homes of those claims that are known, and, if all are, their parties, locked in order."""
    types, systems, values = ([claim[part] for claim in claims] for part in range(3))
    rows = await tx.fetch(SQL["find_homes"], types, systems, values)
    homes, parties = {}, {}
    for claim, row in zip(claims, rows, strict=True):
        party_id = row["party_id"]
        if party_id is None:
            continue
        homes[claim] = Home(party_id, row["identity_id"], row["sharing"])
        if row["id"] is not None and party_id not in parties:
            parties[party_id] = party_of(row)
    return homes, parties


async def lock_parties(tx: Transaction, ids: Iterable[UUID]) -> dict[UUID, Party]:
    """The parties that exist, locked in order until the transaction ends."""
    return {row["id"]: party_of(row) for row in await tx.fetch(SQL["lock_parties"], sorted(ids))}


async def load_parties(tx: Transaction, ids: Iterable[UUID]) -> dict[UUID, Party]:
    """The parties that exist, to be read alone."""
    return {row["id"]: party_of(row) for row in await tx.fetch(SQL["load_parties"], list(ids))}


async def add_identities(tx: Transaction, identities: Mapping[Claim, Home]) -> set[UUID]:
    """Write unknown identities; returns the ids of those that nobody else wrote first. Waits for another writer."""
    rows = sorted(identities.items())
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
    """By party, everything that it carries."""
    found: dict[UUID, list[KnownIdentity]] = {}
    for row in await tx.fetch(SQL["load_identities"], list(party_ids)):
        identity = KnownIdentity(
            id=row["id"], type=row["type"], value=row["value"], system=row["system"] or None, shared=row["shared"]
        )
        found.setdefault(row["party_id"], []).append(identity)
    return found


async def lock_identities(tx: Transaction, ids: Iterable[UUID]) -> dict[Claim, Home]:
    """The identities that exist, locked in order until the transaction ends."""
    return {
        Claim(row["type"], row["system"], row["value"]): Home(row["party_id"], row["id"])
        for row in await tx.fetch(SQL["lock_identities"], list(ids))
    }


async def move_identities(tx: Transaction, ids: Iterable[UUID], party_id: UUID) -> None:
    """Give locked identities to another, locked or new, party. Raises Rival where a fact that was accepted meanwhile
    gave it another external id of the system; nothing else can be done in the transaction then.
    """
    try:
        await tx.execute(SQL["move_identities"], list(ids), party_id)
    except asyncpg.UniqueViolationError:
        raise Rival from None


async def find_parties(tx: Transaction, ids: Iterable[UUID]) -> set[UUID]:
    """Those of these ids that are parties."""
    return {row["id"] for row in await tx.fetch(SQL["find_parties"], list(ids))}


async def find_after(tx: Transaction, after: UUID, limit: int) -> list[UUID]:
    """The next ids, erased parties' too."""
    return [row["id"] for row in await tx.fetch(SQL["find_after"], after, limit)]


async def find_family(tx: Transaction, party_id: UUID) -> list[UUID]:
    """The party that this one goes on as, and all that were merged into it; empty where there is no such party."""
    return [row["id"] for row in await tx.fetch(SQL["find_family"], party_id)]


async def find_family_at(tx: Transaction, party_id: UUID, at: datetime) -> list[UUID]:
    """The same as it was known at a time; empty where there was no such party yet."""
    return [row["id"] for row in await tx.fetch(SQL["find_family_at"], party_id, at)]


async def find_survivors(tx: Transaction, ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """As which party each of these goes on, itself where it was never merged."""
    return {row["asked"]: row["id"] for row in await tx.fetch(SQL["find_survivors"], sorted(ids))}


async def find_shared_between(tx: Transaction, one: UUID, other: UUID) -> list[UUID]:
    """The identities that both of two parties carry."""
    return [row["id"] for row in await tx.fetch(SQL["find_shared_between"], one, other)]


async def add_shared_identities(tx: Transaction, pairs: Iterable[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]:
    """Give parties addresses that are others' first, as (party, identity); returns those that are new."""
    rows = await tx.fetch(SQL["add_shared_identities"], *columns(sorted(pairs)))
    return {(row["party_id"], row["identity_id"]) for row in rows}


async def add_flagged(tx: Transaction, flagged: Mapping[tuple[UUID, Flagged], datetime]) -> list[tuple[UUID, Flagged]]:
    """Keep identities that name nobody, by party, with when they came; returns those that are new."""
    rows = [(party_id, *each, at) for (party_id, each), at in sorted(flagged.items())]
    if not rows:
        return []
    added = await tx.fetch(SQL["add_flagged"], *columns(rows))
    return [(row["party_id"], Flagged(row["type"], row["system"], row["value"], row["reason"])) for row in added]


async def find_carriers(tx: Transaction, identity_ids: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """By identity, the parties that carry it."""
    found: dict[UUID, list[UUID]] = {}
    for row in await tx.fetch(SQL["find_carriers"], list(identity_ids)):
        found.setdefault(row["identity_id"], []).append(row["party_id"])
    return found


async def save_parties(tx: Transaction, parties: Iterable[Party]) -> None:
    """Write new parties, and locked ones that changed."""
    rows = [row_of(party) for party in sorted(parties, key=lambda party: party.id)]
    if rows:
        await tx.execute(SQL["save_parties"], *columns(rows))


async def load_revisions(tx: Transaction, ids: Sequence[UUID], at: datetime) -> dict[UUID, Revision]:
    """By party, as each was known at a time."""
    return {
        row["id"]: Revision(row["registered_at"], _READER.validate_json(row["body"]) if row["body"] else None)
        for row in await tx.fetch(SQL["load_revisions"], ids, at)
    }


async def was_erased(tx: Transaction, party_id: UUID) -> bool:
    """Whether there was a party of this id."""
    found: bool = await tx.fetchval(SQL["was_erased"], party_id)
    return found


async def find_aliases(tx: Transaction, party_id: UUID) -> list[UUID]:
    """The party and those that were merged into it."""
    return [row["id"] for row in await tx.fetch(SQL["find_aliases"], party_id)]


async def load_digest_key(tx: Transaction) -> bytes | None:
    """By what erased identities are known again; None as long as nobody was erased."""
    key: bytes | None = await tx.fetchval(SQL["load_digest_key"])
    return key


async def add_digest_key(tx: Transaction, key: bytes) -> None:
    """The first one stays."""
    await tx.execute(SQL["add_digest_key"], key)


async def add_digests(tx: Transaction, digests: Mapping[bytes, tuple[UUID, datetime]]) -> None:
    """Remember whose identities these were, and until when, without what they are."""
    rows = [(digest, *each) for digest, each in sorted(digests.items())]
    if rows:
        await tx.execute(SQL["add_digests"], *columns(rows))


async def find_digests(tx: Transaction, digests: Iterable[bytes]) -> dict[bytes, tuple[UUID, datetime]]:
    """Of those that belonged to somebody who was erased: who, and when that was."""
    rows = await tx.fetch(SQL["find_digests"], list(digests))
    return {row["digest"]: (row["party_id"], row["erased_at"]) for row in rows}


async def forget_digests(tx: Transaction, until: datetime) -> None:
    """Of erasures up to that time."""
    await tx.execute(SQL["forget_digests"], until)


async def mark_erased(tx: Transaction, rows: Sequence[tuple[UUID, int, int, datetime]]) -> None:
    """Id, partition, version and since when, sorted by id."""
    await tx.execute(SQL["mark_erased"], *columns(rows))


async def find_marked(tx: Transaction) -> list[UUID]:
    """Erased parties of whom something stands that says who they were."""
    return [row["id"] for row in await tx.fetch(SQL["find_marked"])]


async def find_described(tx: Transaction, claims: Iterable[Claim], since: datetime) -> dict[Claim, Home]:
    """Those of these identities with which a living party is described, by a description of since then."""
    rows = await tx.fetch(SQL["find_described"], *columns(sorted(claims)), since) if claims else []
    return {Claim(row["type"], row["system"], row["value"]): Home(row["party_id"], row["identity_id"]) for row in rows}


async def find_erased_at(tx: Transaction, ids: Iterable[UUID]) -> dict[UUID, datetime]:
    """Those of these parties that were erased, and when."""
    return {row["id"]: row["erased_at"] for row in await tx.fetch(SQL["find_erased_at"], list(ids))}


async def forget_parties(tx: Transaction, ids: Sequence[UUID], at: datetime) -> dict[str, int]:
    """Empty the rows of locked parties and remove what they carry; returns how many rows of each table that were."""
    return {
        "identity": _count(await tx.execute(SQL["forget_identities_of"], ids)),
        "shared_identity": int(await tx.fetchval(SQL["forget_shared_of"], ids)),
        "flagged_identity": _count(await tx.execute(SQL["forget_flagged_of"], ids)),
        "party_revision": _count(await tx.execute(SQL["forget_revisions_of"], ids)),
        "party": _count(await tx.execute(SQL["forget_parties"], ids, at)),
    }


def _count(status: str) -> int:
    return int(status.rpartition(" ")[2])
