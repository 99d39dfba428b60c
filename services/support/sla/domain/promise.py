"""By which rule a ticket is measured, and what is told of it."""

from collections.abc import Iterator, Mapping, Sequence, Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Literal
from uuid import UUID

from services.support.copies.domain import Terms
from services.support.sla.domain.calendar import Calendar
from services.support.sla.domain.clock import Clock, Happened, Policy, fold
from shared.engine.event import Emission, Event
from shared.events.tickets import Priority, SlaApplied, SlaBreached, SlaMet, SlaMetric, SlaWarned
from shared.ids import dated_id

DEFAULT = "default"
"""The policy of parties without an agreement that names one."""
Outcome = Literal["warned", "breached", "met"]
Told = tuple[UUID, SlaMetric, int, Outcome]
EVENTS: Mapping[Outcome, type[SlaWarned | SlaBreached | SlaMet]] = MappingProxyType(
    {"warned": SlaWarned, "breached": SlaBreached, "met": SlaMet}
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Rule:
    """The versions by which a ticket is measured, with what they say; `agreement_id` is what names the policy."""

    name: str
    version: int
    policy: Policy
    calendar_version: int
    calendar: Calendar
    agreement_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Promise:
    """The rule and the priority of then, and the priority of now."""

    rule: Rule
    priority: Priority
    priority_now: Priority


@dataclass(frozen=True, slots=True)
class Measurable:
    """What clocks need of a ticket."""

    id: UUID
    party_id: UUID
    request_event_id: str | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class PastPromise:
    """A ticket with what was promised of it, and everything that moved its clocks, in the order of time."""

    ticket: Measurable
    promise: Promise
    happened: Sequence[Happened]

    def measured(self, rule: Rule, until: datetime) -> list[Clock]:
        """Its clocks by a rule, for the priority of then, by what had happened before a moment."""
        happened = [each for each in self.happened if each.at < until]
        return fold(self.ticket.recorded_at, happened, self.promise.priority, rule.policy, rule.calendar)


def rule_for(terms: Sequence[Terms], rules: Mapping[str, Rule]) -> Rule | None:
    """That of the newest agreement which names a policy that there is, else the default."""
    for each in reversed(terms):
        if each.sla_policy is not None and each.sla_policy in rules:
            return replace(rules[each.sla_policy], agreement_id=each.agreement_id)
    return rules.get(DEFAULT)


def outcomes_of(ticket_id: UUID, clocks: Sequence[Clock], now: datetime) -> Iterator[Told]:
    """What is to be told of these clocks by now."""
    for clock in clocks:
        if clock.warned(now):
            yield ticket_id, clock.metric, clock.cycle, "warned"
        if clock.breached(now):
            yield ticket_id, clock.metric, clock.cycle, "breached"
        elif clock.met:
            yield ticket_id, clock.metric, clock.cycle, "met"


def announce_applied(
    ticket: Measurable, promise: Promise, clocks: Sequence[Clock], now: datetime, cause: Event[Any] | None
) -> Emission:
    dues = {clock.metric: clock.due_at for clock in clocks if clock.cycle == 1}
    data = SlaApplied(
        ticket_id=ticket.id,
        party_id=ticket.party_id,
        request_event_id=ticket.request_event_id,
        recorded_at=now,
        priority=promise.priority,
        policy=promise.rule.name,
        policy_version=promise.rule.version,
        calendar=promise.rule.policy.calendar,
        calendar_version=promise.rule.calendar_version,
        agreement_id=promise.rule.agreement_id,
        first_response_due=dues.get("first_response"),
        resolution_due=dues.get("resolution"),
    )
    return Emission(data=data, time=now, cause=cause, id=_id(ticket, "applied"))


def announce_told(
    ticket: Measurable, clocks: Sequence[Clock], told: AbstractSet[Told], now: datetime, cause: Event[Any] | None
) -> list[Emission]:
    """Of those of its clocks' outcomes that had not been told, in the order of the clocks."""
    return [
        Emission(
            data=EVENTS[each[3]](
                ticket_id=ticket.id,
                party_id=ticket.party_id,
                request_event_id=ticket.request_event_id,
                recorded_at=now,
                metric=clock.metric,
                cycle=clock.cycle,
                due_at=clock.due_at,
            ),
            time=now,
            cause=cause,
            id=_id(ticket, each[3], clock.metric, clock.cycle),
        )
        for clock in clocks
        for each in outcomes_of(ticket.id, [clock], now)
        if each in told
    ]


def _id(ticket: Measurable, *what: object) -> UUID:
    """The same however often it comes to it, after a restore too."""
    return dated_id(int((ticket.recorded_at - _EPOCH).total_seconds() * 1000), ticket.id, "sla", *what)
