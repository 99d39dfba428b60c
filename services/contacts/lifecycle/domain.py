"""The stages of a party: what follows from all its facts and from the time that has passed, and from nothing else.

Whoever is no customer yet only moves on: discovery (the first fact), education (the first product looked at, or a
conversation of that stage), evaluation (the first product put aside or asked for, or a conversation about buying). A
customer's stages begin anew with each sale after a silence: purchase, onboarding, post_purchase, loyal, lapsed,
churned. So every order of arrival, and every cut into batches, ends the same.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Literal, NamedTuple

from services.contacts.parties.domain.party import Lifecycle
from services.contacts.spans import LifecyclePolicy
from shared.events.ingest import (
    ReportedChoice,
    ReportedConsent,
    ReportedInteraction,
    ReportedProfile,
    ReportedRequest,
    ReportedSale,
    ReportedSurvey,
    ReportedWithdrawal,
)

Stage = str
STAGES: Sequence[Stage] = (
    "discovery",
    "education",
    "evaluation",
    "purchase",
    "onboarding",
    "post_purchase",
    "loyal",
    "lapsed",
    "churned",
)
FURTHEST: Sequence[Stage] = STAGES[:7]
"""How far a party ever came; who lapses or churns does not come further."""
Signal = Literal["discovery", "education", "evaluation", "engagement", "sale"]
_BEFORE: Sequence[Signal] = ("discovery", "education", "evaluation")
_ENGAGEMENTS = (ReportedRequest, ReportedSurvey, ReportedInteraction)
_OTHERS = (ReportedProfile, ReportedChoice, ReportedConsent, ReportedWithdrawal)
_OF_CONVERSATIONS: Mapping[str | None, Signal] = {"education": "education", "purchase": "evaluation"}
_UNDER_WAY = frozenset(["purchase", "onboarding", "post_purchase"])
_SETTLED = frozenset(["post_purchase", "loyal", "lapsed", "churned"])


class Entry(NamedTuple):
    """What opened a stage, or may: when it happened, and the id of the published event."""

    at: datetime
    event_id: str


@dataclass(slots=True)
class Known:
    """The facts of a party that its stages follow from. `cancelled` are sales that count towards no loyalty."""

    sales: list[Entry] = field(default_factory=list)
    cancelled: set[str] = field(default_factory=set)
    signals: dict[Signal, list[Entry]] = field(default_factory=dict)

    def add(self, signal: Signal, entry: Entry) -> None:
        (self.sales if signal == "sale" else self.signals.setdefault(signal, [])).append(entry)


@dataclass(frozen=True, slots=True)
class Stay:
    """A stage of a party: from when, until when where that is over, and because of what.

    `by_time` says that a span was over, which is counted from the event `cause_event_id`.
    """

    stage: Stage
    entered_at: datetime
    cause_event_id: str
    by_time: bool = False
    left_at: datetime | None = None

    @property
    def place(self) -> tuple[datetime, Stage]:
        return self.entered_at, self.stage

    @property
    def told(self) -> tuple[datetime, Stage, str]:
        """What readers know it by: when another stage follows, that one tells."""
        return self.entered_at, self.stage, self.cause_event_id


def signals_of(data: Any) -> tuple[Signal, ...]:
    """What a reported fact means for the stages; a refund belongs to its sale and means nothing."""
    if isinstance(data, ReportedSale):
        return ("sale",)
    found: tuple[Signal, ...] = ("discovery",) if isinstance(data, (*_ENGAGEMENTS, *_OTHERS)) else ()
    if isinstance(data, ReportedChoice):
        found = (*found, "education" if data.intent == "viewed" else "evaluation")
    elif isinstance(data, ReportedInteraction) and data.stage in _OF_CONVERSATIONS:
        found = (*found, _OF_CONVERSATIONS[data.stage])
    return (*found, "engagement") if isinstance(data, _ENGAGEMENTS) else found


def is_kept(lifecycle: Lifecycle, signal: Signal, at: datetime) -> bool:
    """Whether a fact may mean something, now or after any late fact. Sales are kept elsewhere."""
    if signal == "engagement":
        return True
    return signal != "sale" and not _is_past(lifecycle, signal, at)


def may_move(lifecycle: Lifecycle, signal: Signal, at: datetime) -> bool:
    """Whether a fact may change the stages now. What only puts off what time would bring is seen when that is due."""
    if signal in _BEFORE:
        return not _is_past(lifecycle, signal, at)
    if lifecycle.bought_at is None:
        return signal == "sale"
    if at <= lifecycle.bought_at:
        return signal == "sale"
    is_ahead = lifecycle.since is not None and at > lifecycle.since
    is_before_due = lifecycle.until is None or at < lifecycle.until
    if signal == "engagement":
        return not (is_ahead and is_before_due and lifecycle.stage in _SETTLED)
    return not (is_ahead and is_before_due and lifecycle.stage == "loyal")


def can_only_be_loyal(lifecycle: Lifecycle, at: datetime) -> bool:
    """Whether a sale may change nothing now but that there are enough of them: it prolongs a run that is under way."""
    if lifecycle.bought_at is None or lifecycle.since is None or lifecycle.stage not in _UNDER_WAY:
        return False
    return at > lifecycle.bought_at and at >= lifecycle.since and (lifecycle.until is None or at < lifecycle.until)


def _is_past(lifecycle: Lifecycle, signal: Signal, at: datetime) -> bool:
    """Whether what a fact would open was open before, or the party was a customer then."""
    if lifecycle.bought_at is not None:
        return at > lifecycle.bought_at
    if lifecycle.stage is None or lifecycle.since is None or lifecycle.stage not in _BEFORE:
        return False
    return at > lifecycle.since and STAGES.index(signal) <= STAGES.index(lifecycle.stage)


def stays(known: Known, policy: LifecyclePolicy, until: datetime) -> tuple[list[Stay], datetime | None]:
    """The stages that follow from these facts once all time up to `until` has passed, in their order, and when time
    alone changes them next.
    """
    sales = sorted(known.sales)
    found = [*_before_purchase(known, sales[0] if sales else None), *_as_customer(known, sales, policy)]
    found = in_order(found)
    coming = [stay.entered_at for stay in found if stay.by_time and stay.entered_at > until]
    entered = [stay for stay in found if not stay.by_time or stay.entered_at <= until]
    return _with_ends(entered), min(coming, default=None)


def _with_ends(entered: Sequence[Stay]) -> list[Stay]:
    left = [replace(stay, left_at=following.entered_at) for stay, following in pairwise(entered)]
    return [*left, *(replace(stay, left_at=None) for stay in entered[-1:])]


def _before_purchase(known: Known, bought: Entry | None) -> Iterator[Stay]:
    bound: Entry | None = bought
    opened: list[Stay] = []
    for stage in reversed(_BEFORE):
        first = min(known.signals.get(stage, ()), default=None)
        if first is not None and (bound is None or first.at <= bound.at):
            opened.append(Stay(stage, first.at, first.event_id))
            bound = first
    yield from reversed(opened)


def _as_customer(known: Known, sales: Sequence[Entry], policy: LifecyclePolicy) -> Iterator[Stay]:
    """Run by run: a run ends where the next sale comes after a silence."""
    engagements = sorted(known.signals.get("engagement", ()))
    loyal = _loyal_sales([sale for sale in sales if sale.event_id not in known.cancelled], policy)
    start = 0
    for place, sale in enumerate(sales):
        following = sales[place + 1] if place + 1 < len(sales) else None
        lapsed_at = _later(sale.at, policy.lapsed.length)
        if following is not None and (lapsed_at is None or following.at <= lapsed_at):
            continue
        yield from _run(sales[start : place + 1], engagements, loyal, policy)
        for stage, span in (("lapsed", policy.lapsed), ("churned", policy.churned)):
            at = _later(sale.at, span.length)
            if at is not None and (following is None or at < following.at):
                yield Stay(stage, at, sale.event_id, by_time=True)
        start = place + 1


def _run(
    run: Sequence[Entry], engagements: Sequence[Entry], loyal_sales: Collection[Entry], policy: LifecyclePolicy
) -> Iterator[Stay]:
    first, lapsed_at = run[0], _later(run[-1].at, policy.lapsed.length)
    yield Stay("purchase", first.at, first.event_id)
    loyal = next((sale for sale in run if sale in loyal_sales), None)
    if loyal is not None:
        yield Stay("loyal", loyal.at, loyal.event_id)
    end = min((at for at in (lapsed_at, loyal.at if loyal else None) if at is not None), default=None)

    begun = _later(first.at, policy.purchase.length)
    settled = _later(begun, policy.onboarding.length) if begun else None
    engaged = next((each for each in engagements if each.at > first.at), None)
    post: Stay | None = None
    if engaged is not None and (settled is None or engaged.at <= settled):
        post = Stay("post_purchase", engaged.at, engaged.event_id)
    elif settled is not None:
        post = Stay("post_purchase", settled, first.event_id, by_time=True)
    if begun is not None and (post is None or begun < post.entered_at) and (end is None or begun < end):
        yield Stay("onboarding", begun, first.event_id, by_time=True)
    if post is not None and (end is None or post.entered_at < end):
        yield post


def _loyal_sales(sales: Sequence[Entry], policy: LifecyclePolicy) -> set[Entry]:
    """The sales with which there are enough of them within the span."""
    most, span = policy.loyal.sales, timedelta(days=policy.loyal.within_days)
    return {last for first, last in zip(sales, sales[most - 1 :], strict=False) if last.at - first.at <= span}


def _later(at: datetime, span: timedelta) -> datetime | None:
    """None where the calendar ends before it."""
    try:
        return at + span
    except OverflowError:
        return None


def united(facts: Iterable[Known]) -> Known:
    """What is known of several parties that are one."""
    whole = Known()
    for each in facts:
        whole.sales += each.sales
        whole.cancelled |= each.cancelled
        for signal, entries in each.signals.items():
            whole.signals.setdefault(signal, []).extend(entries)
    return whole


def furthest(found: Iterable[Stay]) -> Stage | None:
    return max((stay.stage for stay in found if stay.stage in FURTHEST), key=FURTHEST.index, default=None)


def standing(found: Sequence[Stay], until: datetime | None, bought_at: datetime | None) -> Lifecycle:
    """What is kept with the party."""
    last = found[-1] if found else None
    return Lifecycle(last.stage if last else None, last.entered_at if last else None, until, bought_at)


def latest(found: Iterable[Stay], until: datetime) -> datetime:
    """`until`, or the time up to which time has been told to have passed before, by a clock that was ahead."""
    return max([until, *(stay.entered_at for stay in found if stay.by_time)])


def change(before: Sequence[Stay], after: Sequence[Stay]) -> tuple[list[Stay], list[Stay]]:
    """What is to be told: the stages that were not told before, and those that were told and do not hold."""
    known, holding = {stay.told for stay in before}, {stay.told for stay in after}
    return [stay for stay in after if stay.told not in known], [stay for stay in before if stay.told not in holding]


def fold_told(before: Sequence[Stay], added: Stay, retracted: Collection[tuple[datetime, Stage]]) -> list[Stay]:
    """The stages once one more event of them was read."""
    kept = [stay for stay in before if stay.place not in retracted and stay.place != added.place]
    return _with_ends(in_order([*kept, added]))


def in_order(found: Iterable[Stay]) -> list[Stay]:
    """By time, and what was entered at the same moment as one stage follows another."""
    return sorted(found, key=lambda stay: (stay.entered_at, STAGES.index(stay.stage)))


def implied(stay: Stay) -> tuple[Signal, Entry] | None:
    """The fact that a stage that was told follows from, as far as it is kept beside the sales."""
    entry = Entry(stay.entered_at, stay.cause_event_id)
    if stay.by_time:
        return None
    for signal in _BEFORE:
        if signal == stay.stage:
            return signal, entry
    return ("engagement", entry) if stay.stage == "post_purchase" else None
