"""What a small shop tells Rapport, drawn from a seed; `demo.oracle.ledger` folds it and says what must come of it.

Every outcome is decided by what was sent, not by when it arrived: a refund that spares a message its sending is sent
before its sale, and one that is sent after it is of a part.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from demo.world.facts import Fact, money

OPENED = timedelta(days=3)
_KNOWN = 60
_SKUS = tuple(f"sku-{number}" for number in range(12))


class Shop:
    """Customers up to `_KNOWN` are told before trading begins; every fifth of them moves and never buys again."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)
        self._known = [number for number in range(1, _KNOWN + 1) if number % 5]
        self._movers = [number for number in range(1, _KNOWN + 1) if number % 5 == 0]
        self._strangers = _KNOWN
        self._made = 0

    def opening(self) -> Iterator[Fact]:
        """The profiles of the known, what they consent to, and a first sale of each.

        A sale that came later and happened earlier would move the beginning of a stage, and how often that is told
        depends on what came in one batch.
        """
        at = _now() - OPENED
        for number in range(1, _KNOWN + 1):
            yield self._profile(number, at)
            yield self._sale_of(number, at + timedelta(minutes=3), "phone")
            if self._dice.random() < 0.85:
                yield self._consent(number, at + timedelta(minutes=1), given=True)
                if self._dice.random() < 0.1:
                    yield self._consent(number, at + timedelta(minutes=2), given=False)

    def moment(self) -> list[Fact]:
        """What happens next, in the order in which it is sent."""
        weights = {"sale": 70, "request": 10, "survey": 6, "talk": 6, "wish": 6, "move": 2}
        (kind,) = self._dice.choices(list(weights), list(weights.values()))
        facts = self._sale() if kind == "sale" else [self._other(kind)]
        if self._dice.random() < 0.05:
            facts.append(facts[-1])
        return facts

    def _sale(self) -> list[Fact]:
        fresh = self._dice.random() < 0.15
        self._strangers += fresh
        number = self._strangers if fresh else self._dice.choice(self._known)
        channel = self._dice.choice(("in_person", "phone") if fresh else ("in_person", "web", "web", "phone"))
        earlier = self._dice.random() < 0.5
        at = _now() - timedelta(hours=self._dice.randint(1, 20)) if earlier else _now()
        sale = self._sale_of(number, at, channel)
        if self._dice.random() < 0.02:
            return [sale, replace(sale, id=f"{sale.id}-again")]
        if self._dice.random() > 0.15:
            return [sale]
        refund = self._refund(number, sale, first=not earlier)
        return [sale, refund] if earlier else [refund, sale]

    def _sale_of(self, number: int, at: datetime, channel: str) -> Fact:
        lines = self._lines()
        total = sum(line["quantity"] * line["unit_price"]["minor"] for line in lines)
        sale_id = f"sale-{self._next()}"
        data = {"sale_id": sale_id, "channel": channel, "total": money(total), "store": "1", "lines": lines}
        return self._fact("sale.completed", number, at, data)

    def _refund(self, number: int, sale: Fact, *, first: bool) -> Fact:
        """Of the whole sale where it is sent `first`, else of one piece of several, which spares no message."""
        lines = [{"sku": line["sku"], "quantity": line["quantity"]} for line in sale.data["lines"]]
        total = sale.data["total"]
        if not first:
            lines = [{"sku": lines[0]["sku"], "quantity": 1}]
            total = sale.data["lines"][0]["unit_price"]
        data = {"sale_id": sale.data["sale_id"], "reason": "damaged", "lines": lines, "total": total}
        return self._fact("sale.refunded", number, sale.time + timedelta(seconds=1 if first else 1_800), data)

    def _lines(self) -> list[dict[str, Any]]:
        skus = self._dice.sample(_SKUS, self._dice.randint(1, 3))
        return [
            {"sku": sku, "quantity": self._dice.randint(2, 3), "unit_price": money(self._dice.randint(100, 9_999))}
            for sku in skus
        ]

    def _other(self, kind: str) -> Fact:
        number, at, turn = self._dice.choice(self._known), _now(), self._next()
        data: dict[str, Any]
        match kind:
            case "request":
                data = {"channel": "email", "subject": "A question", "body": "Where is it?", "thread": f"t-{turn}@shop"}
                return self._fact("support.requested", number, at, data, source="/helpdesk")
            case "survey":
                data = {"survey": "csat", "value": self._dice.randint(1, 5), "about": {"sale_id": f"sale-{turn}"}}
                return self._fact("survey.answered", number, at, data, source="/survey")
            case "talk":
                data = {"channel": "phone", "direction": "inbound", "summary": "A talk.", "agent": "staff-1"}
                return self._fact("interaction.recorded", number, at, data)
            case "wish":
                data = {"sku": self._dice.choice(_SKUS), "channel": "web", "intent": "carted"}
                return self._fact("product.chosen", number, at, data)
        return self._profile(self._dice.choice(self._movers), at)

    def _profile(self, number: int, at: datetime) -> Fact:
        party = {
            "identities": [*_identities(number), {"type": "phone", "value": f"+4526{number:06}"}],
            "kind": "person",
            "name": f"Customer Number {number}",
            "address": {"lines": ["Street 1"], "postal_code": f"{self._next():04}", "city": "Town", "country": "DK"},
            "time_zone": "Europe/Copenhagen",
        }
        return self._fact("profile.submitted", number, at, {"party": party})

    def growing(self, facts: int, identities: int) -> Iterator[Fact]:
        """A customer beyond all others, who has a long number in ever more systems."""
        self._strangers += 1
        number = self._strangers
        for _ in range(facts):
            fact = self._profile(number, _now())
            numbers = [
                {"type": "external", "system": f"legacy-{self._next()}", "value": f"{self._next():0200}"}
                for _ in range(identities)
            ]
            told = {**fact.data["party"], "identities": [*fact.data["party"]["identities"], *numbers]}
            yield replace(fact, data={"party": told})

    def _consent(self, number: int, at: datetime, *, given: bool) -> Fact:
        data = {"purpose": "marketing", "topic": None, "channel": "email", "basis": "opt_in", "text_version": "1"}
        return self._fact("consent.given" if given else "consent.withdrawn", number, at, data)

    def _fact(self, verb: str, number: int, at: datetime, data: Mapping[str, Any], source: str = "/shop") -> Fact:
        told = {"party": {"identities": _identities(number)}, **data}
        id_ = f"{verb}-{self._next()}"
        return Fact("crm.ingest", f"crm.{verb}.v1", id_, source, str(number), at, at, told)

    def _next(self) -> int:
        self._made += 1
        return self._made


def _identities(number: int) -> list[dict[str, str]]:
    """Strangers are known by their number alone."""
    external = {"type": "external", "system": "shop", "value": str(number)}
    return [external, {"type": "email", "value": f"c{number}@mail.example"}] if number <= _KNOWN else [external]


def _now() -> datetime:
    return datetime.now(UTC)
