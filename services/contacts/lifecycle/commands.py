"""Moves the lifecycles of parties, set-wise: by facts, and by time alone."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from services.contacts.intake.commands.facts import Facts
from services.contacts.lifecycle import domain, store
from services.contacts.lifecycle.domain import Entry, Known, Stay
from services.contacts.lifecycle.store import Kept
from services.contacts.parties import commands as parties
from services.contacts.parties.domain.party import Party
from services.contacts.rounds.commands import Round
from services.contacts.settings import Context
from services.contacts.spans import LifecyclePolicy
from shared.engine.event import Emission, Event
from shared.engine.subscription import Due
from shared.engine.transaction import Transaction
from shared.events.contacts import LifecycleChanged, StageTold
from shared.events.ingest import Reported, ReportedCancellation, ReportedProfile
from shared.ids import dated_id

TIMER = "lifecycle"


class Moved(NamedTuple):
    """What may have moved the stages of a party: a fact, or time, up to which all facts are known then."""

    party: Party
    now: datetime
    until: datetime
    event: Event[Reported] | None = None


_NO_TIME = datetime.min.replace(tzinfo=UTC)
"""A fact tells of no span that it is over: others that put that off may be on their way, and a timer waits for them."""


@dataclass(slots=True)
class _Found:
    """What facts mean for the stages: what is kept of them, and by party the last that may move its stages now.

    Those of `counted` do so only where the party has as many sales as a loyal customer.
    """

    kept: list[Kept] = field(default_factory=list)
    moved: dict[UUID, Moved] = field(default_factory=dict)
    counted: dict[UUID, Moved] = field(default_factory=dict)


async def follow(tx: Transaction, facts: Facts) -> None:
    """Move the stages of the parties by their new facts, and emit what was entered and what is corrected.

    Of a party whose stages these facts cannot move, nothing is read.
    """
    found = _look(facts)
    await store.add_facts(tx, found.kept)
    # Most sales are of customers who come back and have not come often yet: one count, and nothing else is read.
    counted = {party_id: each for party_id, each in found.counted.items() if party_id not in found.moved}
    if counted:
        frequent = await store.find_frequent(tx, counted, _policy(tx).loyal.sales)
        found.moved |= {party_id: counted[party_id] for party_id in counted if party_id in frequent}
    if found.moved:
        facts.admitted.unsaved |= await _move(tx, found.moved)


async def pass_time(tx: Transaction, due: Sequence[Due]) -> int:
    """Move the stages of parties whose spans may be over; returns how many changed. What was erased stays as it was."""
    known = await parties.lock_parties(tx, {each.id for each in due})
    moved = {each.id: Moved(known[each.id], tx.now, max(each.now, each.due_at)) for each in due if each.id in known}
    if not moved:
        return 0
    changed = await _move(tx, moved)
    await parties.save_parties(tx, [known[party_id] for party_id in sorted(changed)])
    return len(changed)


async def take_back(tx: Transaction, changes: Sequence[Event[LifecycleChanged]]) -> None:
    """After a restore: the stages as they were told, with the facts that they follow from; time goes on from there."""
    known = await parties.lock_parties(tx, {event.data.party_id for event in changes})
    before = {party_id: life.told for party_id, life in (await store.load_lives(tx, known)).items()}
    stages, kept = {party_id: list(told) for party_id, told in before.items()}, list[Kept]()
    for event in changes:
        data = event.data
        if data.party_id not in known or data.stage not in domain.STAGES:
            continue
        stay = Stay(data.stage, data.entered_at, data.cause_event_id, data.by_time)
        retracted = {(each.entered_at, each.stage) for each in data.retracts}
        stages[data.party_id] = domain.fold_told(stages[data.party_id], stay, retracted)
        if implied := domain.implied(stay):
            kept.append(Kept(data.party_id, *implied, data.recorded_at))
    await store.add_facts(tx, kept)
    await store.save_stages(tx, stages, before)
    for party_id, told in stages.items():
        first = min((stay.entered_at for stay in told if stay.stage == "purchase"), default=None)
        known[party_id].lifecycle = domain.standing(told, tx.now, first)
    await parties.save_parties(tx, known.values())
    await tx.set_timers(TIMER, [(party.id, party.partition, tx.now) for party in known.values()])


async def load_family(tx: Transaction, family: Collection[UUID]) -> list[Stay]:
    """The stages of several parties that are one: those that follow from the facts of all."""
    lives = (await store.load_lives(tx, family)).values()
    until = domain.latest([stay for life in lives for stay in life.told], tx.now)
    found, _ = domain.stays(domain.united(life.known for life in lives), _policy(tx), until)
    return found


async def load_family_at(
    tx: Transaction, family: Collection[UUID], sold: Known, told: Sequence[Stay], at: datetime
) -> list[Stay]:
    """The same as it was known at a time: `sold` are the sales that were known, `told` the stages that were told."""
    known = domain.united([sold, await store.load_facts(tx, family, at)])
    found, _ = domain.stays(known, _policy(tx), domain.latest(told, at))
    return found


def _look(facts: Facts) -> _Found:
    """A profile is published as the change that it made, if any."""
    found = _Found()
    for _, event, party, _, fact_id in facts.fresh:
        signals = domain.signals_of(event.data)
        if not signals:
            continue
        is_profile = isinstance(event.data, ReportedProfile)
        event_id = str(facts.admitted.described.get(party.id, event.id) if is_profile else fact_id)
        entry = Entry(event.time, event_id)
        for signal in signals:
            if domain.is_kept(party.lifecycle, signal, event.time):
                found.kept.append(Kept(party.id, signal, entry, event.now))
            if domain.may_move(party.lifecycle, signal, event.time):
                is_counted = signal == "sale" and domain.can_only_be_loyal(party.lifecycle, event.time)
                (found.counted if is_counted else found.moved)[party.id] = Moved(party, event.now, _NO_TIME, event)
    for revision in facts.revisions:
        if revision.before.state is None or isinstance(revision.event.data, ReportedCancellation):
            found.moved[revision.party.id] = Moved(revision.party, revision.event.now, _NO_TIME, revision.event)
    return found


async def _move(tx: Transaction, moved: Mapping[UUID, Moved]) -> set[UUID]:
    """Emit what is new and corrected, keep it, and set the timers anew; returns whose rows changed."""
    policy, changed = _policy(tx), set[UUID]()
    stages, gone, timers = dict[UUID, list[Stay]](), dict[UUID, list[Stay]](), list[tuple[UUID, int, datetime]]()
    lives = await store.load_lives(tx, moved)
    for party_id, each in moved.items():
        known, before = lives[party_id]
        after, until = domain.stays(known, policy, domain.latest(before, each.until))
        new, retracted = domain.change(before, after)
        bought_at = min((sale.at for sale in known.sales), default=None)
        lifecycle = domain.standing(after, until, bought_at)
        if until is not None and (until != each.party.lifecycle.until or each.event is None):
            timers.append((party_id, each.party.partition, until))
        if lifecycle != each.party.lifecycle:
            each.party.lifecycle = lifecycle
            changed.add(party_id)
        if new or retracted:
            stages[party_id], gone[party_id] = [stay for stay in after if stay not in before], retracted
            tx.emit(_announce(each, after, new, retracted, policy))
    await store.save_stages(tx, stages, gone)
    await tx.set_timers(TIMER, timers)
    return changed


def _announce(
    moved: Moved, after: Sequence[Stay], new: Sequence[Stay], retracted: Sequence[Stay], policy: LifecyclePolicy
) -> Iterator[Emission]:
    """A record for each stage that is new, the first with what does not hold any more. Where none is new, the one
    that holds now is retracted too and told again.
    """
    for place, stay in enumerate(new or after[-1:]):
        gone = [] if place else [*retracted, *([] if new else [stay])]
        data = LifecycleChanged(
            party_id=moved.party.id,
            stage=stay.stage,
            current=after[-1].stage,
            entered_at=stay.entered_at,
            cause_event_id=stay.cause_event_id,
            recorded_at=moved.now,
            furthest=domain.furthest(after),
            by_time=stay.by_time,
            retracts=[StageTold(stage=each.stage, entered_at=each.entered_at) for each in gone],
            policy=policy.version,
        )
        event_id = dated_id(
            int(stay.entered_at.timestamp() * 1000), "lifecycle", moved.party.id, stay.stage, *_names(moved, stay, gone)
        )
        yield Emission(data, stay.entered_at, moved.event, event_id, moved.party.partition)


def _names(moved: Moved, stay: Stay, gone: Iterable[Stay]) -> list[object]:
    """Named by its entry alone: facts that come again after a restore come in other batches. A correction is named by
    what led to it too, since what was corrected may come to hold again.
    """
    names: list[object] = [stay.cause_event_id]
    if stay.by_time:
        names.append(stay.entered_at.isoformat())
    corrected = [f"{each.stage} {each.entered_at.isoformat()}" for each in gone]
    if corrected:
        names += [moved.event.id if moved.event else moved.now.isoformat(), *corrected]
    return names


def _policy(tx: Transaction) -> LifecyclePolicy:
    context: Context = tx.context
    return context.lifecycle


async def _have_looked_at(tx: Transaction, known: Sequence[Party]) -> int:
    """By a timer, so that stages move in the order of their times."""
    staged = [party for party in known if party.lifecycle.stage is not None and party.erased_at is None]
    await tx.set_timers(TIMER, [(party.id, party.partition, tx.now) for party in staged])
    return len(staged)


ROUND = Round("lifecycle", lambda context: context.lifecycle.digest, _have_looked_at)
"""Has the stages of all parties looked at."""
