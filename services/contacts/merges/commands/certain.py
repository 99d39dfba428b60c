"""Merges parties that are one without a doubt, and leaves to people what speaks against doing that unasked."""

import asyncio
from collections.abc import Sequence
from itertools import product
from uuid import UUID

import structlog

from services.contacts.matching import commands as matching
from services.contacts.merges import store
from services.contacts.merges.commands import Merged, Request, merge
from services.contacts.merges.domain import share_no_system
from services.contacts.parties.commands.aliases import find_family
from services.contacts.parties.commands.identities import load_claims
from shared.engine.service import Service
from shared.engine.transaction import Transaction
from shared.errors import BadRecord, NotFound

log = structlog.get_logger()
_LOOK_S = 2.0
_LARGEST = 10
"""People look at those who are one under more ids than this."""


async def merge_certain(service: Service) -> None:
    """A worker; each pair is a transaction of its own."""
    while True:
        merged = 0
        while (done := await merge_one(service)) is not None:
            merged += done
        if merged:
            log.info("parties_merged", count=merged)
        await asyncio.sleep(_LOOK_S)


async def merge_one(service: Service) -> bool | None:
    """Whether the likeliest pair was merged, or is left to people, or certain no more; None where there is none. One
    whose merge cannot be written holds up no other.
    """
    try:
        async with service.transaction() as tx:
            return await merge_next(tx)
    except BadRecord:
        async with service.transaction() as tx:
            if pair := await matching.take_certain(tx):
                await matching.leave_to_people(tx, pair.id, "what they are as one is too large")
        return False


async def merge_next(tx: Transaction) -> bool | None:
    """As `merge_one`, in this transaction. Raises BadRecord as it ends, where a record would be too large."""
    pair = await matching.take_certain(tx)
    if pair is None:
        return None
    pair = await matching.rate_taken(tx, pair)
    if pair is None:
        return False
    one, other = [await find_family(tx, party_id) for party_id in pair.party_ids]
    because = await _reason_to_ask(tx, one, other)
    if because is None:
        # The id that was given first goes on.
        into_id, other_id = sorted((one[0], other[0]))
        request = Request(f"certainly one: {', '.join(pair.reasons)}", automatic=True)
        try:
            await merge(tx, into_id, other_id, request)
            await matching.answer_by_merge(tx, pair.id, other_id)
        except (Merged, NotFound):
            because = "one of them has changed meanwhile"
    if because is not None:
        await matching.leave_to_people(tx, pair.id, because)
    return because is None


async def _reason_to_ask(tx: Transaction, one: Sequence[UUID], other: Sequence[UUID]) -> str | None:
    """Why these, each with all that are one with it already, are not merged unasked."""
    if not one or not other:
        return "one of them was erased"
    if one[0] == other[0]:
        return "they are one already"
    if len(one) + len(other) > _LARGEST:
        return f"they would be one under more than {_LARGEST} ids"
    return await _speaking_against(tx, one, other)


async def _speaking_against(tx: Transaction, one: Sequence[UUID], other: Sequence[UUID]) -> str | None:
    pairs = sorted({(min(pair), max(pair)) for pair in product(one, other)})
    if await store.was_undone(tx, pairs):
        return "people took their merge back"
    if await matching.were_dismissed(tx, pairs):
        return "people said that they are two"
    claims = await load_claims(tx, [*one, *other])
    if not share_no_system([claims[each] for each in one], [claims[each] for each in other]):
        return "they have two customer numbers of one system"
    return None if await matching.hold_together(tx, pairs) else "others who are one with them speak against it"
