"""What the history of a party shows of an event, and what adds up from many."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from shared.engine.event import Event
from shared.events.campaigns import MessagePlanned, MessageSent, MessageSkipped, MessageUnknown
from shared.events.contract import contract_of
from shared.events.sales import SaleAmended, SaleCancelled, SaleCompleted, SaleRefunded, SaleState
from shared.events.tickets import TicketOpened, TicketStatusChanged

# What a line has in columns of its own, and what is ours alone.
_LEFT_OUT: dict[str, Any] = dict.fromkeys(("party_id", "party_version", "recorded_at", "identity_used"), True)
# Of a sold or returned line, the product and the quantity are enough to recognise it.
_LEFT_OUT["lines"] = {"__all__": {"unit_price", "discount"}}
_LEFT_OUT["replaces"] = {"lines": True}


class Line(NamedTuple):
    """One line of a timeline; (occurred_at, recorded_at, event_id) is its place. `summary` is JSON text."""

    party_id: UUID
    occurred_at: datetime
    recorded_at: datetime
    event_id: str
    type: str
    source: str
    summary: str
    partition: int
    record_offset: int


@dataclass(slots=True)
class Total:
    """Amounts in minor units of one currency. Adding is all that happens to it, so order does not matter."""

    sales: int = 0
    paid: int = 0
    refunds: int = 0
    refunded: int = 0
    first_sale_at: datetime | None = None
    last_sale_at: datetime | None = None

    def add_sale(self, minor: int, at: datetime) -> None:
        self.add(1, minor)
        self.first_sale_at = at if self.first_sale_at is None else min(self.first_sale_at, at)
        self.last_sale_at = at if self.last_sale_at is None else max(self.last_sale_at, at)

    def add(self, sales: int, minor: int) -> None:
        """Both may be negative: a sale that was amended takes off what it had been."""
        self.sales += sales
        self.paid += minor

    def add_refund(self, minor: int) -> None:
        self.refunds += 1
        self.refunded += minor


class Message(NamedTuple):
    """Where a message stands."""

    party_id: UUID
    message_id: UUID
    campaign: str
    step: int
    channel: str
    state: str
    reason: str | None
    due_at: datetime
    changed_at: datetime
    trigger_event_id: str


class Ticket(NamedTuple):
    """Where a ticket stands; what only its opening tells is None in a later change."""

    party_id: UUID
    ticket_id: UUID
    number: int | None
    channel: str | None
    sku: str | None
    sale_id: str | None
    status: str
    opened_at: datetime | None
    changed_at: datetime


def lines_of(events: Iterable[Event[Any]]) -> list[Line]:
    """A line an event. Its data names a party and carries no personal data, as every type of these topics promises."""
    return [
        Line(
            event.data.party_id,
            event.time,
            event.data.recorded_at,
            event.id,
            event.type,
            event.source,
            _summary(event.data),
            event.partition,
            event.offset,
        )
        for event in events
    ]


def _summary(data: object) -> str:
    write = _writer(type(data))  # type: ignore[arg-type]  # mypy takes a class for unhashable
    return write(data, exclude=_LEFT_OUT, exclude_none=True).decode()


@cache
def _writer(model: Any) -> Callable[..., bytes]:
    return contract_of(model).write


def fold_totals(events: Iterable[Event[Any]]) -> dict[tuple[UUID, str], Total]:
    """By party and currency, what these events add."""
    found: dict[tuple[UUID, str], Total] = {}
    for event in events:
        match event.data:
            case SaleCompleted(party_id=party_id, total=money):
                found.setdefault((party_id, money.currency), Total()).add_sale(money.minor, event.time)
            case SaleAmended(party_id=party_id, total=money, replaces=before):
                _take_off(found, party_id, before)
                found.setdefault((party_id, money.currency), Total()).add_sale(money.minor, event.data.sold_at)
            case SaleCancelled(party_id=party_id, replaces=before):
                _take_off(found, party_id, before)
            case SaleRefunded(party_id=party_id, total=money):
                found.setdefault((party_id, money.currency), Total()).add_refund(money.minor)
    return found


def _take_off(found: dict[tuple[UUID, str], Total], party_id: UUID, before: SaleState | None) -> None:
    if before is not None:
        found.setdefault((party_id, before.total.currency), Total()).add(-1, -before.total.minor)


def fold_messages(events: Sequence[Event[Any]]) -> dict[UUID, Message]:
    """The last state of each message; the topic has them in order."""
    states = {MessagePlanned: "planned", MessageSent: "sent", MessageSkipped: "skipped", MessageUnknown: "unknown"}
    found = {}
    for event in events:
        data, state = event.data, states.get(type(event.data))
        # A sale that no campaign follows up is skipped without a message.
        if state is None or data.message_id is None:
            continue
        found[data.message_id] = Message(
            data.party_id,
            data.message_id,
            data.campaign,
            data.step,
            data.channel,
            state,
            getattr(data, "reason", None),
            data.due_at,
            event.time,
            data.trigger_event_id,
        )
    return found


def fold_tickets(events: Sequence[Event[Any]]) -> dict[UUID, Ticket]:
    """The last state of each ticket; the topic has them in order."""
    found: dict[UUID, Ticket] = {}
    for event in events:
        match event.data:
            case TicketOpened() as data:
                found[data.ticket_id] = Ticket(
                    data.party_id,
                    data.ticket_id,
                    data.number,
                    data.channel,
                    data.sku,
                    data.sale_id,
                    "new",
                    event.time,
                    event.time,
                )
            case TicketStatusChanged(ticket_id=ticket_id, party_id=party_id, status=status):
                before = found.get(ticket_id) or Ticket(
                    party_id, ticket_id, None, None, None, None, status, None, event.time
                )
                found[ticket_id] = before._replace(status=status, changed_at=event.time)
    return found
