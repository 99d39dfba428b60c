"""Sales and refunds as they are assessed, and what people say of them afterwards."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from uuid import UUID

from services.forecasting.fraud import store
from services.forecasting.fraud.domain.assessment import (
    Assessment,
    Fact,
    Judged,
    Verdict,
    add_points,
    announce_assessments,
    announce_verdict,
    is_told,
)
from services.forecasting.fraud.schemas import AssessmentView
from services.forecasting.fraud_forest import Forest, inputs_of
from services.forecasting.models import commands as models
from services.forecasting.settings import Context
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.errors import NotFound, Stale
from shared.events.contacts import PartyUpdated
from shared.events.insights import FraudJudged
from shared.events.sales import SaleCompleted
from shared.http.versions import Versions

_YEAR = timedelta(days=364)
_TAKEOVER = frozenset(("address", "identities"))


async def assess(tx: Transaction, events: Sequence[Fact]) -> int:
    """Keep the batch, and tell what looks like fraud and why, and what does not where that is waited for; the told.

    Sales are kept before refunds, which have the device, card and address of theirs.
    """
    context: Context = tx.context
    await store.add_facts(tx, [event for event in events if isinstance(event.data, SaleCompleted)])
    await store.add_facts(tx, [event for event in events if not isinstance(event.data, SaleCompleted)])
    ids = [UUID(event.id) for event in events]
    signals = await store.load_signals(tx, ids)
    forest = await _find_forest(tx, context)
    found = [
        Assessment(
            event,
            add_points(context.fraud_rules, signals[id_], forest),
            add_points(context.fraud_shadow, signals[id_], forest) if context.fraud_shadow else None,
        )
        for id_, event in zip(ids, events, strict=True)
    ]
    told = [one for one in found if is_told(one)]
    await store.add_assessments(tx, told)
    tx.emit(announce_assessments(told))
    return len(told)


async def _find_forest(tx: Transaction, context: Context) -> Forest | None:
    """The newest. One that was read before is not read again, for no forest is ever changed."""
    if not context.fraud_rules.forest and not (context.fraud_shadow and context.fraud_shadow.forest):
        return None
    cut, known = await store.find_forest_cut(tx), context.newest_forest
    if cut is None:
        return None
    if known.forest is None or known.forest.cut != cut:
        known.forest = await store.load_forest(tx, cut)
    return known.forest if known.forest.fits else None


async def knows_forest(tx: Transaction, cut: date) -> bool:
    """Whether the forest of the cut, or of a later one, stands."""
    newest = await store.find_forest_cut(tx)
    return newest is not None and newest >= cut


async def sample_facts(tx: Transaction, cut: date, most: int) -> tuple[list[UUID], list[UUID]]:
    """Facts from before the cut, drawn alike each time, at most so many; and those that people called fraud, apart."""
    return await store.sample_facts(tx, cut, cut - _YEAR, most)


async def load_inputs(tx: Transaction, facts: Sequence[UUID]) -> list[list[float]]:
    """What the forest is grown of, as known now up to each fact's own time."""
    signals = await store.load_signals(tx, facts)
    return [inputs_of(signals[one]) for one in facts if one in signals]


async def save_forest(tx: Transaction, forest: Forest, quality: Mapping[str, float]) -> None:
    """Whoever grows the forest of a cut first has grown it."""
    await store.add_forest(tx, forest, tx.now)
    parameters = {"trees": float(len(forest.trees)), "sample": float(forest.sample)}
    await models.save_model(tx, "forest", forest.cut, parameters, quality)


async def note_changes(tx: Transaction, events: Sequence[Event[PartyUpdated]]) -> None:
    """Remember when a party's e-mail, phone or address changed last: who takes an account over does that first."""
    changes = {
        event.data.party_id: event.time
        for event in sorted(events, key=lambda one: one.time)
        if _TAKEOVER & {*event.data.fields}
    }
    await store.save_changes(tx, changes)


async def forget(tx: Transaction, parties: Collection[UUID]) -> Counter[UUID]:
    """The devices, cards and addresses of erased parties; how many facts of each had any."""
    return Counter(await store.forget_links(tx, parties))


async def judge(
    tx: Transaction, assessment_id: UUID, verdict: Verdict, agent: str, versions: Versions
) -> AssessmentView:
    """What a person found out; the last verdict holds. Raises NotFound, and Stale where it was judged meanwhile."""
    known = await store.lock_assessment(tx, assessment_id)
    if known is None:
        raise NotFound("no assessment has this id")
    if versions is not None and known.version not in versions:
        raise Stale("it was judged meanwhile", state=known.model_dump(mode="json"))
    if known.verdict == verdict:
        return known
    judged = Judged(
        assessment_id,
        known.event_id,
        known.party_id,
        known.origin,
        known.sale_id,
        known.points,
        known.band,
        verdict,
        agent,
        tx.now,
        known.version + 1,
    )
    await store.save_verdict(tx, judged)
    tx.emit([announce_verdict(judged)])
    news = {"verdict": verdict, "judged_by": agent, "judged_at": tx.now, "version": judged.version}
    return known.model_copy(update=news)


async def take_back(tx: Transaction, told: FraudJudged) -> None:
    """After a restore: what our topic tells of a verdict."""
    judged = Judged(
        told.assessment_id,
        told.event_id,
        told.party_id,
        told.origin,
        told.sale_id,
        told.points,
        told.band,
        told.verdict,
        told.judged_by,
        told.recorded_at,
        told.version,
    )
    await store.save_verdict(tx, judged)
