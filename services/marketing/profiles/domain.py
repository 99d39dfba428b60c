"""What is known of a party at a moment, as conditions ask for it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.marketing.catalogue.domain.condition import Resolve
from services.marketing.catalogue.domain.occurrences import Values
from services.marketing.copies.domain import Party, Score, StageChange, TicketChange
from shared.events.consent import Statement, deciding


@dataclass(frozen=True, slots=True)
class Bought:
    """A sale of the party that stands. `currency` and `minor` are of its total."""

    occurred_at: datetime
    minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class PartyFacts:
    """Everything that was handled; what occurred after the moment that is asked for does not count.

    Scores, tags and segments count as they stand. `zone` is the party's time zone, or that of all who have none.
    """

    party: Party | None = None
    sales: Sequence[Bought] = ()
    stages: Sequence[StageChange] = ()
    scores: Sequence[Score] = ()
    tickets: Sequence[TicketChange] = ()
    statements: Sequence[Statement] = ()
    tags: frozenset[str] = field(default_factory=frozenset)
    segments: frozenset[str] = field(default_factory=frozenset)
    zone: str = "UTC"


def resolving(trigger: Mapping[str, Values], facts: PartyFacts, at: datetime) -> Resolve:
    """What stands at `trigger.…` and `party.…`."""

    def resolve(path: str) -> Values:
        scope, _, name = path.partition(".")
        return trigger.get(name, ()) if scope == "trigger" else value_of(name, facts, at)

    return resolve


def value_of(name: str, facts: PartyFacts, at: datetime) -> Values:
    family, _, member = name.partition(".")
    if member:
        return _FAMILIES[family](facts, member, at)
    return _VARIABLES[name](facts, at)


def _known(value: str | None) -> Values:
    return () if value is None else (value,)


def _sales(facts: PartyFacts, at: datetime) -> list[Bought]:
    return [each for each in facts.sales if each.occurred_at <= at]


def _days_since_sale(facts: PartyFacts, at: datetime) -> Values:
    times = [each.occurred_at for each in _sales(facts, at)]
    return ((at - max(times)) // timedelta(days=1),) if times else ()


def _stage(facts: PartyFacts, at: datetime) -> Values:
    known = [(each.occurred_at, each.event_id, each.stage) for each in facts.stages if each.occurred_at <= at]
    return (max(known)[2],) if known else ()


def _ticket_open(facts: PartyFacts, at: datetime) -> Values:
    latest: dict[object, bool] = {}
    for change in sorted(facts.tickets, key=lambda each: (each.occurred_at, each.event_id)):
        if change.occurred_at <= at:
            latest[change.ticket_id] = change.open
    return (any(latest.values()),)


def _spent(facts: PartyFacts, currency: str, at: datetime) -> Values:
    return (sum(each.minor for each in _sales(facts, at) if each.currency == currency),)


def _consent(facts: PartyFacts, purpose: str, at: datetime) -> Values:
    known = (each for each in facts.statements if each.occurred_at <= at)
    said = deciding(known, purpose, None, "email")
    return (said is not None and said.allows(at),)


def _of_score(facts: PartyFacts, score: str) -> Iterable[Score]:
    return (each for each in facts.scores if each.score == score)


_VARIABLES: Mapping[str, Callable[[PartyFacts, datetime], Values]] = {
    "kind": lambda facts, _: _known(facts.party.kind if facts.party else None),
    "locale": lambda facts, _: _known(facts.party.locale if facts.party else None),
    "time_zone": lambda facts, _: _known(facts.party.time_zone if facts.party else None),
    "stage": _stage,
    "sales": lambda facts, at: (len(_sales(facts, at)),),
    "days_since_sale": _days_since_sale,
    "ticket_open": _ticket_open,
    "tags": lambda facts, _: tuple(sorted(facts.tags)),
    "segments": lambda facts, _: tuple(sorted(facts.segments)),
}
_FAMILIES: Mapping[str, Callable[[PartyFacts, str, datetime], Values]] = {
    "spent": _spent,
    "score": lambda facts, name, _: tuple(each.value for each in _of_score(facts, name)),
    "band": lambda facts, name, _: tuple(each.band for each in _of_score(facts, name)),
    "consent": _consent,
}
