"""The table of party copies, a typed function per statement."""

from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from services.support.copies.domain import Party, Terms
from shared.engine.transaction import Transaction
from shared.events.agreements import AgreementAmended, AgreementLapsed, AgreementSigned, AgreementTerminated
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))


async def save_parties(tx: Transaction, parties: Sequence[Party]) -> None:
    rows = [
        (each.id, each.version, each.name, each.locale, each.merged_into, each.erased, each.email) for each in parties
    ]
    await tx.execute(SQL["save_parties"], *columns(rows))


async def lock_parties(tx: Transaction, ids: Collection[UUID]) -> set[UUID]:
    """Lock the parties, for which rows are made where there are none, and return the erased ones."""
    if not ids:
        return set()
    await tx.execute(SQL["lock_parties"], list(ids))
    return {row["id"] for row in await tx.fetch(SQL["find_erased"], list(ids))}


async def lock_free_parties(tx: Transaction, ids: Collection[UUID]) -> set[UUID]:
    return {row["id"] for row in await tx.fetch(SQL["lock_free_parties"], list(ids))} if ids else set()


async def find_party(tx: Transaction, party_id: UUID) -> Party | None:
    row = await tx.fetchrow(SQL["find_party"], party_id)
    return None if row is None else Party(**row)


async def find_merged_parties(tx: Transaction, party_id: UUID) -> list[UUID]:
    return [row["id"] for row in await tx.fetch(SQL["find_merged_parties"], party_id)]


async def load_families(tx: Transaction, ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """Of parties that were merged, or into which others were, all that are one with them."""
    families: dict[UUID, list[UUID]] = {}
    for row in await tx.fetch(SQL["load_families"], list(ids)):
        families.setdefault(row["asked"], []).append(row["id"])
    return families


async def save_terms(tx: Transaction, agreed: Sequence[AgreementSigned | AgreementAmended]) -> None:
    """The highest revision of each agreement holds."""
    newest: dict[UUID, AgreementSigned | AgreementAmended] = {}
    for each in agreed:
        known = newest.get(each.agreement_id)
        if known is None or known.revision < each.revision:
            newest[each.agreement_id] = each
    rows = [
        (
            each.agreement_id,
            each.party_id,
            each.revision,
            each.starts_at,
            each.ends_at,
            each.sla_policy,
            each.relationship_manager,
        )
        for each in newest.values()
    ]
    if rows:
        await tx.execute(SQL["save_terms"], *columns(rows))


async def save_ends(tx: Transaction, ended: Sequence[AgreementLapsed | AgreementTerminated]) -> None:
    """The first end of an agreement is its end."""
    ends: dict[UUID, tuple[UUID, datetime]] = {}
    for each in ended:
        _, known = ends.get(each.agreement_id, (each.party_id, each.ended_at))
        ends[each.agreement_id] = each.party_id, min(known, each.ended_at)
    if ends:
        await tx.execute(SQL["save_ends"], *columns((id_, *end) for id_, end in ends.items()))


async def load_terms(tx: Transaction, parties: Collection[UUID], at: datetime) -> dict[UUID, list[Terms]]:
    """Of each of these parties the agreements that are in force at a moment, those of all that it was merged with among
    them, oldest first.
    """
    found: dict[UUID, list[Terms]] = {party: [] for party in parties}
    for row in await tx.fetch(SQL["load_terms"], list(found), at):
        values = dict(row)
        found[values.pop("asked")].append(Terms(**values))
    return found


async def find_party_of_agreement(tx: Transaction, agreement_id: UUID) -> UUID | None:
    found: UUID | None = await tx.fetchval(SQL["find_party_of_agreement"], agreement_id)
    return found


async def find_managed_parties(tx: Transaction, manager: str, at: datetime) -> list[UUID]:
    return [row["party_id"] for row in await tx.fetch(SQL["find_managed_parties"], manager, at)]
