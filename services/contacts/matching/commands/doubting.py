"""Doubts merges that were made unasked and that the rules of by now would not make."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from services.contacts.matching import store
from services.contacts.matching.domain.model import Model, usual_model
from services.contacts.matching.domain.traits import RULES, Traits, traits_of
from services.contacts.matching.domain.verdict import objection
from services.contacts.parties.commands import past
from shared.engine.transaction import Transaction

_MOMENT = timedelta(microseconds=1)


async def are_all_read(tx: Transaction) -> bool:
    """Whether nothing of what is compared was read by former rules, and none of the weights was learnt from it."""
    model = await store.load_model(tx)
    return (model is None or model.rules == RULES) and not await store.has_outdated(tx, RULES)


async def doubt(tx: Transaction, into_id: UUID, merged_id: UUID, merged_at: datetime) -> bool:
    """List a merge as doubted, with the reason, where its parties would not be merged unasked any more: neither by what
    was known when they were, nor by what is known now. What people confirmed once is not doubted so again. Returns
    whether that could be told, which it cannot of a party that former rules have read meanwhile.
    """
    answered = await store.load_answered(tx, merged_id)
    pairs = list(answered) or [(min(into_id, merged_id), max(into_id, merged_id))]
    ids = sorted({party_id for pair in pairs for party_id in pair})
    now = await store.load_records(tx, ids)
    if any(each.rules != RULES for each in now.values()):
        return False
    compared = [pair for pair in pairs if now.keys() >= set(pair)]
    if any(answered.values()):
        return True
    known = await past.load_revisions(tx, ids, merged_at - _MOMENT)
    then = {party_id: traits_of(each.described) for party_id, each in known.items() if each.described is not None}
    model = await store.load_model(tx) or usual_model()
    objections = [because for pair in compared if (because := _objection(model, pair, then, now))]
    if objections and len(objections) == len(compared):
        await store.doubt_merge(tx, compared[0], merged_id, (merged_at, tx.now), objections[0])
    return True


def _objection(
    model: Model, pair: tuple[UUID, UUID], then: Mapping[UUID, Traits], now: Mapping[UUID, Traits]
) -> str | None:
    """As of then, where that is known; None where nothing is objected then or now."""
    one, other = pair
    by_now = objection(model, now[one], now[other])
    return objection(model, then[one], then[other]) if by_now and then.keys() >= {one, other} else by_now
