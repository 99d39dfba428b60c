"""Looks for erased parties among what waits for an operator, and gives it up."""

import asyncio
from uuid import UUID

import structlog

from services.contacts.parties.commands import erased
from services.contacts.parties.domain.identity import Reading
from services.contacts.privacy import store
from services.contacts.privacy.domain import Erasure, claims_in
from services.contacts.settings import Context
from shared.engine.event import Record
from shared.engine.operations import Choice, Repair
from shared.engine.service import Service
from shared.engine.transaction import Transaction
from shared.errors import NotFound
from shared.events.ingest import INGEST

log = structlog.get_logger()
_LOOK_S = 2.0
_GIVEN_UP = "the party was erased"


async def search_records(service: Service) -> None:
    """A worker. Whoever is killed meanwhile leaves the erasure to be searched for again."""
    while True:
        async with service.read() as tx:
            waiting = await store.load_unsearched(tx)
        for erasure in waiting:
            await search(service, erasure)
        await asyncio.sleep(_LOOK_S)


async def search(service: Service, erasure: Erasure) -> None:
    """Give up every parked or quarantined record that names the erased party, then say that it was looked for."""
    operations = service.operations(f"erasure {erasure.id}")
    parked, quarantined = 0, 0
    async for id_, record in operations.parked_records(INGEST):
        if await _is_of(service, record, erasure):
            parked += len(await operations.redrive_parked(Choice(ids=[id_]), Repair(given_up=_GIVEN_UP)))
    async for id_, record in operations.quarantined_records(INGEST):
        if await _is_of(service, record, erasure):
            try:
                await operations.redrive_quarantined(id_, Repair(given_up=_GIVEN_UP))
            except NotFound:
                continue  # an operator was quicker
            quarantined += 1
    async with service.transaction() as tx:
        await store.mark_searched(tx, erasure.id, parked, quarantined)
    log.info("erased_records_given_up", erasure_id=str(erasure.id), parked=parked, quarantined=quarantined)


async def _is_of(service: Service, record: Record, erasure: Erasure) -> bool:
    async with service.read() as tx:
        return not (await _erased_in(tx, record)).isdisjoint(erasure.party_ids)


async def _erased_in(tx: Transaction, record: Record) -> set[UUID]:
    context: Context = tx.context
    source = dict(record.headers).get("ce_source") or b""
    reading = Reading(context.policy, context.default_region, source.decode("utf-8", "replace"))
    # In a thread: a record of a megabyte may name as many thousand numbers, and everything else goes on meanwhile.
    claims = await asyncio.to_thread(claims_in, record.value, reading)
    named = {UUID(claim.value) for claim in claims if claim.type == "party"}
    return named | await erased.find_erased(tx, [claim for claim in claims if claim.type != "party"])
