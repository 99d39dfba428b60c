"""The stages of parties: a walk through the facts of each in the order of their times, with what time brings."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from demo.oracle.ledger import Customer, Ledger
from demo.oracle.reading import SQL, Databases, Expected, Read, Rows

_DAY = timedelta(days=1)
_ONBOARDED, _SETTLED, _LAPSES, _CHURNS = _DAY, 31 * _DAY, 180 * _DAY, 365 * _DAY
_LOYAL, _WITHIN = 3, 365 * _DAY
_NEVER = datetime.min.replace(tzinfo=UTC)
_BEFORE = ("discovery", "education", "evaluation")

Entered = tuple[str, str, datetime]
"""Customer, stage, and when it was entered."""


class _Step(NamedTuple):
    at: datetime
    is_sale: bool


def stages(ledger: Ledger, now: datetime) -> set[Entered]:
    """What every customer came to, once all time up to `now` has passed."""
    return {
        (number, stage, at)
        for number, customer in ledger.customers.items()
        for stage, at in (*_before(customer), *_walk(customer, now))
    }


def _before(customer: Customer) -> Iterator[tuple[str, datetime]]:
    """Up to the first sale a customer only moves on."""
    bound = min((sale.at for sale in customer.sales), default=None)
    looked = [*customer.looked, *([(customer.first_other, "discovery")] if customer.first_other else [])]
    for stage in reversed(_BEFORE):
        times = [at for at, of in looked if of == stage and (bound is None or at <= bound)]
        if times:
            bound = min(times)
            yield stage, bound


def _walk(customer: Customer, now: datetime) -> Iterator[tuple[str, datetime]]:
    """Fact by fact; a sale at the moment at which a span is over comes before its end."""
    steps = [_Step(at, is_sale=False) for at in customer.contacts]
    steps += [_Step(sale.at, is_sale=True) for sale in customer.sales]
    life = _Life(now)
    for step in sorted(steps):
        yield from life.pass_time(step.at)
        yield from life.buy(step.at) if step.is_sale else life.speak(step.at)
    yield from life.pass_time(now + timedelta(microseconds=1))


@dataclass(slots=True)
class _Life:
    """A customer on the way through its facts. Time that is not over by `now` brings nothing."""

    now: datetime
    stage: str | None = None
    started: datetime = _NEVER
    bought: list[datetime] = field(default_factory=list)

    def pass_time(self, to: datetime) -> Iterator[tuple[str, datetime]]:
        while (due := self._next()) is not None and due[1] < to:
            self.stage = due[0]
            if due[1] <= self.now:
                yield due

    def buy(self, at: datetime) -> Iterator[tuple[str, datetime]]:
        self.bought.append(at)
        if self.stage in {None, "lapsed", "churned"}:
            self.stage, self.started = "purchase", at
            yield "purchase", at
        if self.stage != "loyal" and len(self.bought) >= _LOYAL and at - self.bought[-_LOYAL] <= _WITHIN:
            self.stage = "loyal"
            yield "loyal", at

    def speak(self, at: datetime) -> Iterator[tuple[str, datetime]]:
        if self.stage in {"purchase", "onboarding"} and self.started < at < self.bought[-1] + _LAPSES:
            self.stage = "post_purchase"
            yield "post_purchase", at

    def _next(self) -> tuple[str, datetime] | None:
        """What time brings next, and when."""
        if self.stage in {None, "churned"}:
            return None
        if self.stage == "lapsed":
            return "churned", self.bought[-1] + _CHURNS
        silence = "lapsed", self.bought[-1] + _LAPSES
        due = {
            "purchase": ("onboarding", self.started + _ONBOARDED),
            "onboarding": ("post_purchase", self.started + _SETTLED),
        }
        return min(due.get(str(self.stage), silence), silence, key=lambda each: each[1])


async def clock(databases: Databases) -> datetime:
    """Up to when time has passed for contacts."""
    [row] = await databases.rows("contacts", SQL["load_clock"])
    found: datetime = row["now"]
    return found


async def read_stages(databases: Databases, expected: Expected) -> tuple[Rows, Rows]:
    should = stages(expected.ledger, await clock(databases))
    rows = await databases.rows("contacts", SQL["load_stages"])
    stands = {(row["customer"], row["stage"], row["entered_at"]) for row in rows}
    return dict.fromkeys(should, True), dict.fromkeys(stands, True)


PROJECTIONS: dict[str, Read] = {
    "contacts: stages": read_stages,
}
