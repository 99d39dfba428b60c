"""Events as forecasting hears them."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from shared.engine.event import Event
from shared.events.campaigns import MessageSkipped, SegmentEntered, SegmentLeft
from shared.events.disputes import DisputeClosed, DisputeRaised
from shared.events.indicators import IndicatorObserved
from shared.events.money import Money
from shared.events.products import ProductDescribed
from shared.events.sales import ProductChosen, SaleAmended, SaleCancelled, SaleCompleted, SaleRefunded, SaleState
from shared.events.tickets import TicketOpened, TicketStatusChanged, TicketTriaged
from shared.events.values import Line, ReturnedLine
from shared.ids import derived_id
from tests.events import type_of

ADA, BO = derived_id("party", "ada"), derived_id("party", "bo")


def at(day: str, hour: int = 12) -> datetime:
    return datetime.fromisoformat(f"{day}T{hour:02}:00:00").replace(tzinfo=UTC)


def event(
    topic: str, data: Any, time: datetime, name: object, key: str | None = None, partition: int = 0
) -> Event[Any]:
    id_ = str(derived_id(topic, name))
    return Event(
        id_,
        type_of(topic, data),
        "/contacts",
        time,
        time,
        topic,
        partition,
        0,
        key.encode() if key else None,
        id_,
        None,
        data,
    )


def sale(
    name: str,
    day: str,
    *lines: tuple[str, int, int],
    party: UUID = ADA,
    channel: Any = "web",
    currency: str = "DKK",
    hour: int = 12,
    minute: int = 0,
    store: str | None = None,
    partition: int = 0,
) -> Event[SaleCompleted]:
    """Lines are SKU, quantity and unit price."""
    data = SaleCompleted(
        party_id=party,
        party_version=1,
        sale_id=name,
        channel=channel,
        total=Money(minor=sum(quantity * price for _, quantity, price in lines), currency=currency),
        lines=[Line(sku=sku, quantity=n, unit_price=Money(minor=price, currency=currency)) for sku, n, price in lines],
        recorded_at=at(day, hour),
        origin="/shop",
        store=store,
    )
    return event("crm.sales", data, at(day, hour).replace(minute=minute), ("sale", name), str(party), partition)


def amended(
    before: Event[Any], revision: int, day: str, *lines: tuple[str, int, int], store: str | None = None
) -> Event[SaleAmended]:
    """The sale of `before`, which is itself or an amendment or cancellation of it, with other lines."""
    was = before.data
    new = sale(was.sale_id, day, *lines, party=was.party_id).data
    data = SaleAmended(
        party_id=was.party_id,
        party_version=1,
        sale_id=was.sale_id,
        revision=revision,
        channel=new.channel,
        total=new.total,
        lines=new.lines,
        sold_at=_sold_at(before),
        sale_event_id=ADA,
        replaces=_state(before),
        recorded_at=at(day),
        origin="/shop",
        store=store,
    )
    return event("crm.sales", data, at(day), ("amended", was.sale_id, revision), str(was.party_id), before.partition)


def cancelled(before: Event[Any], revision: int, day: str) -> Event[SaleCancelled]:
    was = before.data
    data = SaleCancelled(
        party_id=was.party_id,
        party_version=1,
        sale_id=was.sale_id,
        revision=revision,
        sold_at=_sold_at(before),
        sale_event_id=ADA,
        replaces=_state(before),
        recorded_at=at(day),
        origin="/shop",
    )
    return event("crm.sales", data, at(day), ("cancelled", was.sale_id, revision), str(was.party_id), before.partition)


def _sold_at(before: Event[Any]) -> datetime:
    return before.time if isinstance(before.data, SaleCompleted) else before.data.sold_at


def _state(before: Event[Any]) -> SaleState | None:
    if isinstance(before.data, SaleCancelled):
        return None
    was = before.data
    return SaleState(revision=1, channel=was.channel, total=was.total, lines=was.lines, store=was.store)


def refund(
    name: str, day: str, total: int, *lines: tuple[str, int], of: str, party: UUID = ADA, currency: str = "DKK"
) -> Event[SaleRefunded]:
    data = SaleRefunded(
        party_id=party,
        party_version=1,
        sale_id=of,
        total=Money(minor=total, currency=currency),
        recorded_at=at(day),
        origin="/shop",
        lines=[ReturnedLine(sku=sku, quantity=quantity) for sku, quantity in lines],
    )
    return event("crm.sales", data, at(day), ("refund", name), str(party))


def product(sku: str, *category: str, day: str = "2026-01-01", **terms: Any) -> Event[ProductDescribed]:
    """`terms` are price, cost, stock and lead time, as far as they are known."""
    data = ProductDescribed(sku=sku, name=f"Product {sku}", category=list(category), **terms)
    return event("crm.products", data, at(day), ("product", sku, category, day, *terms.values()), sku)


def observed(
    series: str, day: str, value: float, unit: str | None = None, hour: int = 12, name: object = None
) -> Event[IndicatorObserved]:
    """`name` tells apart what is said twice of one moment."""
    data = IndicatorObserved(series=series, value=value, unit=unit)
    return event("crm.indicators", data, at(day, hour), ("observed", series, day, hour, name), series)


def entered(segment: str, day: str, party: UUID = ADA, *, hour: int = 12, left: bool = False) -> Event[Any]:
    """The party belongs to the segment from then on, or no longer."""
    kind = SegmentLeft if left else SegmentEntered
    data = kind(segment=segment, segment_version=1, party_id=party, recorded_at=at(day, hour))
    return event("crm.campaigns", data, at(day, hour), (kind.__name__, segment, party, day, hour), str(party))


def kroner(minor: int) -> Money:
    return Money(minor=minor, currency="DKK")


def ticket(name: str, day: str) -> Event[TicketOpened]:
    data = TicketOpened(
        ticket_id=derived_id("ticket", name),
        party_id=ADA,
        request_event_id=name,
        recorded_at=at(day),
        number=1,
        channel="email",
        has_text=True,
    )
    return event("crm.tickets", data, at(day), name, str(ADA))


def changed(name: str, day: str, previous: Any, status: Any, partition: int = 0) -> Event[TicketStatusChanged]:
    data = TicketStatusChanged(
        ticket_id=derived_id("ticket", name),
        party_id=ADA,
        request_event_id=name,
        recorded_at=at(day),
        previous=previous,
        status=status,
        version=2,
    )
    return event("crm.tickets", data, at(day), ("moved", name, previous, status, day), str(ADA), partition)


def skipped(name: str, day: str) -> Event[MessageSkipped]:
    data = MessageSkipped(party_id=ADA, trigger_event_id=name, reason="no_campaign", recorded_at=at(day))
    return event("crm.campaigns", data, at(day), name, str(ADA))


def chosen(name: str, day: str, party: UUID = ADA) -> Event[ProductChosen]:
    data = ProductChosen(
        party_id=party,
        party_version=1,
        sku="A",
        channel="web",
        intent="viewed",
        recorded_at=at(day),
        origin="/shop",
    )
    return event("crm.sales", data, at(day), ("chosen", name), str(party))


def disputed(
    name: str, day: str, *, closed: bool = False, party: UUID = ADA, of: str | None = None
) -> Event[DisputeRaised | DisputeClosed]:
    """`of` is the sale that it is about."""
    what: dict[str, Any] = {"dispute_id": derived_id("dispute", name), "party_id": party, "recorded_at": at(day)}
    data = DisputeClosed(**what) if closed else DisputeRaised(**what, sale_id=of, origin=of and "/shop")
    return event("crm.tickets", data, at(day), ("dispute", name, closed), str(party))


def triaged(name: str, day: str, priority: Any) -> Event[TicketTriaged]:
    data = TicketTriaged(
        ticket_id=derived_id("ticket", name),
        party_id=ADA,
        request_event_id=name,
        recorded_at=at(day),
        category="delivery",
        confidence=0.9,
        urgency="high",
        sentiment="negative",
        priority=priority,
        skills=(),
        model_version=1,
    )
    return event("crm.tickets", data, at(day), ("triaged", name, day), str(ADA))


def moved(name: str, day: str, status: Any) -> Event[TicketStatusChanged]:
    return changed(name, day, "open", status)
