"""The oracle: what every projection must hold after the facts, whatever order and however often they were sent.

Rows are named by natural ids (the shop's customer number, the sender's sale id) and event times, never by our own ids.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from demo.world.facts import CLUB, Fact

SALE, REFUND = "crm.sale.completed.v1", "crm.sale.refunded.v1"
REQUEST, TICKET = "crm.support.requested.v1", "crm.ticket.opened.v1"
PROFILE, PRODUCT = "crm.profile.submitted.v1", "crm.product.described.v1"
GIVEN, WITHDRAWN = "crm.consent.given.v1", "crm.consent.withdrawn.v1"
CHOSEN, INTERACTION = "crm.product.chosen.v1", "crm.interaction.recorded.v1"
AFTER_PURCHASE = frozenset([REQUEST, "crm.survey.answered.v1", INTERACTION])
_REFERENCES = ("sale_id", "sku", "survey", "value", "purpose", "channel", "intent", "stage")

TIMELESS = datetime.min.replace(tzinfo=UTC)
"""Stands where the service's own clock gave the time, which the ledger cannot know."""

SaleKey = tuple[str, str]
"""(`ce_source` of the sender, its sale id)."""


class Line(NamedTuple):
    """A line of a timeline by natural ids."""

    type: str
    at: datetime
    about: str


class Totals(NamedTuple):
    """Amounts in minor units."""

    sales: int
    bought: int
    refunds: int
    refunded: int


class Day(NamedTuple):
    """One product in one channel on one day of event time. Amounts in minor units; refunds on their own day."""

    sales: int
    units: int
    revenue: int
    returned: int
    refunded: int


@dataclass(slots=True)
class Sale:
    key: SaleKey
    customer: str
    at: datetime
    arrived: datetime
    channel: str
    total: int
    currency: str
    lines: Mapping[str, tuple[int, int]]
    """Units and value of each SKU."""
    order: int = 0
    """Its place among all facts that were sent."""


@dataclass(frozen=True, slots=True)
class Refund:
    sale: SaleKey
    at: datetime
    total: int
    currency: str
    lines: Mapping[str, int]
    order: int = 0


class Carted(NamedTuple):
    """A product that was put into a cart."""

    order: int
    at: datetime
    sku: str


@dataclass(slots=True)
class Ticket:
    """A request, what was done about it and when, and how its customer rated that."""

    opened_at: datetime
    about: str
    status: str = "new"
    answered_at: datetime | None = None
    answered_by: list[str] = field(default_factory=list)
    paused_at: datetime | None = None
    resolved_at: datetime | None = None
    rating: int | None = None


@dataclass(slots=True)
class Customer:
    lines: list[Line] = field(default_factory=list)
    sales: list[Sale] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    first_other: datetime | None = None
    """When the first fact that is no sale happened; a refund counts with its sale."""
    looked: list[tuple[datetime, str]] = field(default_factory=list)
    """When a product was looked at or chosen, or talked about, and the stage that this is of."""
    contacts: list[datetime] = field(default_factory=list)
    """Requests, surveys and interactions."""
    carted: list[Carted] = field(default_factory=list)
    tickets: list[Ticket] = field(default_factory=list)
    consents: list[tuple[datetime, bool]] = field(default_factory=list)
    email_since: datetime | None = None
    email: str | None = None
    said: tuple[datetime, Mapping[str, Any]] | None = None
    """The latest profile."""
    roles: set[str] = field(default_factory=set)
    """Those that any profile tells: none takes one back."""

    @property
    def profile(self) -> tuple[str | None, ...]:
        """Name, postal code, time zone, birth date, e-mail, phone, as last submitted."""
        party = self.said[1] if self.said else {}
        phone = [identity["value"] for identity in party.get("identities", ()) if identity["type"] == "phone"]
        postal_code = party.get("address", {}).get("postal_code")
        fields = (party.get("name"), postal_code, party.get("time_zone"), party.get("birth_date"))
        return (*fields, self.email, *(phone or [None]))


class Ledger:
    """A fold: `add` every fact that was acknowledged, in any order, then read."""

    def __init__(self) -> None:
        self.customers: defaultdict[str, Customer] = defaultdict(Customer)
        self.sales: dict[SaleKey, Sale] = {}
        self.refunds: list[Refund] = []
        self.members: set[str] = set()
        """Who is in the books of the club, each a party that may go on as a customer."""
        self.categories: dict[str, tuple[str, ...]] = {}
        self._seen: set[tuple[str, str]] = set()
        self._order = 0

    def add(self, fact: Fact) -> None:
        if (fact.source, fact.id) in self._seen:
            return
        self._seen.add((fact.source, fact.id))
        self._order += 1
        if fact.type == PRODUCT:
            self.categories[fact.key] = tuple(fact.data["category"])
        elif fact.source == CLUB:
            self.members.add(fact.key)
        elif fact.topic == "crm.ingest":
            self._ingest(fact)

    def _ingest(self, fact: Fact) -> None:
        if fact.type == SALE and self._sold_already(fact):
            return
        customer = self.customers[fact.key]
        self._identities(customer, fact)
        match fact.type:
            case "crm.sale.completed.v1":
                self._sale(customer, fact)
            case "crm.sale.refunded.v1":
                refund = _refund(fact, self._order)
                self.refunds.append(refund)
                customer.refunds.append(refund)
            case _:
                self._other(customer, fact)
        if fact.type == CHOSEN and fact.data["intent"] == "carted":
            customer.carted.append(Carted(self._order, fact.time, fact.data["sku"]))
        if fact.type == REQUEST:
            customer.tickets.append(Ticket(fact.time, about(fact.data)))
        if fact.type != PROFILE:
            shown = TICKET if fact.type == REQUEST else fact.type
            customer.lines.append(Line(shown, fact.time, about(fact.data)))

    def _sold_already(self, fact: Fact) -> bool:
        """The same sale under another id; the one that came first tells when it was recorded."""
        known = self.sales.get((fact.source, fact.data["sale_id"]))
        if known is not None:
            known.arrived = min(known.arrived, fact.arrives)
        return known is not None

    @staticmethod
    def _identities(customer: Customer, fact: Fact) -> None:
        for identity in fact.data["party"]["identities"]:
            if identity["type"] == "email":
                customer.email_since = min(customer.email_since or fact.time, fact.time)
                customer.email = identity["value"]

    def _sale(self, customer: Customer, fact: Fact) -> None:
        data = fact.data
        lines: dict[str, tuple[int, int]] = {}
        for line in data["lines"]:
            units, value = lines.get(line["sku"], (0, 0))
            paid = line["unit_price"]["minor"] * line["quantity"] - (line.get("discount") or {"minor": 0})["minor"]
            lines[line["sku"]] = (units + line["quantity"], value + paid)
        total = data["total"]
        key = (fact.source, data["sale_id"])
        sale = Sale(key, fact.key, fact.time, fact.arrives, data["channel"], total["minor"], total["currency"], lines)
        sale.order = self._order
        self.sales[key] = sale
        customer.sales.append(sale)

    @staticmethod
    def _other(customer: Customer, fact: Fact) -> None:
        customer.first_other = min(customer.first_other or fact.time, fact.time)
        if fact.type == PROFILE and (customer.said is None or customer.said[0] <= fact.time):
            customer.said = (fact.time, fact.data["party"])
        customer.roles |= set(fact.data["party"].get("roles", ()))
        if stage := _looking(fact):
            customer.looked.append((fact.time, stage))
        if fact.type in AFTER_PURCHASE:
            customer.contacts.append(fact.time)
        elif fact.type in {GIVEN, WITHDRAWN} and fact.data["channel"] == "email":
            customer.consents.append((fact.time, fact.type == GIVEN))

    def answer(self, number: str, ticket: Ticket, agent: str, at: datetime) -> None:
        """An agent wrote to a customer; the first reply opens the ticket."""
        ticket.answered_at = ticket.answered_at or at
        ticket.answered_by.append(agent)
        self._did(number, "crm.ticket.replied.v1")
        if ticket.status == "new":
            self.move(number, ticket, "open", at)

    def move(self, number: str, ticket: Ticket, status: str, at: datetime) -> None:
        ticket.status = status
        self._did(number, "crm.ticket.status_changed.v1")
        if status == "pending":
            ticket.paused_at = at
        if status == "resolved":
            ticket.resolved_at = at
            self._did(number, "crm.ticket.resolved.v1")

    def rate(self, number: str, ticket: Ticket, value: int, at: datetime) -> None:
        """The customer answered a survey of support, which contacts hears as a fact."""
        ticket.rating = value
        self._did(number, "crm.csat.recorded.v1")
        customer = self.customers[number]
        customer.lines.append(Line("crm.survey.answered.v1", at, f"csat {value}"))
        customer.contacts.append(at)

    def _did(self, number: str, type_: str) -> None:
        self.customers[number].lines.append(Line(type_, TIMELESS, ""))

    def totals(self) -> dict[tuple[str, str], Totals]:
        """By customer and currency."""
        rows: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        for number, customer in self.customers.items():
            for sale in customer.sales:
                _count(rows[number, sale.currency], 0, sale.total)
            for refund in customer.refunds:
                _count(rows[number, refund.currency], 2, refund.total)
        return {key: Totals(*row) for key, row in rows.items()}

    def timeline(self) -> Counter[tuple[str, Line]]:
        """The lines of facts and tickets by customer; lines that services add (stages, messages) are not among them."""
        return Counter((number, line) for number, customer in self.customers.items() for line in customer.lines)

    def tickets(self) -> set[tuple[str, datetime, str]]:
        """One for each request: customer, time, about."""
        return {
            (number, line.at, line.about)
            for number, customer in self.customers.items()
            for line in customer.lines
            if line.type == TICKET
        }

    def days(self) -> dict[tuple[str, str, date], Day]:
        """By SKU, channel and day. A refund takes channel and prices from its sale and counts on its own day."""
        rows: defaultdict[tuple[str, str, date], list[int]] = defaultdict(lambda: [0, 0, 0, 0, 0])
        for sale in self.sales.values():
            for sku, (units, value) in sale.lines.items():
                row = rows[sku, sale.channel, sale.at.date()]
                row[0] += 1
                row[1] += units
                row[2] += value
        for refund in self.refunds:
            sale = self.sales[refund.sale]
            for sku, units in refund.lines.items():
                bought, value = sale.lines[sku]
                row = rows[sku, sale.channel, refund.at.date()]
                row[3] += units
                row[4] += value * units // bought
        return {key: Day(*row) for key, row in rows.items()}


def fold(facts: Iterable[Fact]) -> Ledger:
    ledger = Ledger()
    for fact in facts:
        ledger.add(fact)
    return ledger


def about(data: Mapping[str, Any]) -> str:
    """The natural ids in an event's data, the same for the fact sent and the event that came of it."""
    return " ".join(str(data[name]) for name in _REFERENCES if data.get(name) is not None)


def _looking(fact: Fact) -> str | None:
    if fact.type == CHOSEN:
        return "education" if fact.data["intent"] == "viewed" else "evaluation"
    if fact.type == INTERACTION:
        return {"education": "education", "purchase": "evaluation"}.get(fact.data.get("stage") or "")
    return None


def _refund(fact: Fact, order: int) -> Refund:
    total, lines = fact.data["total"], Counter[str]()
    for line in fact.data["lines"]:
        lines[line["sku"]] += line["quantity"]
    sale = (fact.source, fact.data["sale_id"])
    return Refund(sale, fact.time, total["minor"], total["currency"], lines, order)


def _count(row: list[int], at: int, amount: int) -> None:
    row[at] += 1
    row[at + 1] += amount
