"""A sale as marketing keeps it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.engine.event import Event
from shared.events.sales import SaleAmended, SaleCancelled, SaleCompleted
from shared.events.values import Line
from shared.sql import storable


@dataclass(slots=True)
class Sale:
    """A sale as it stands. Treat it as frozen, as messages and enrolments; construction is on the hot path.

    `skus` each once, the dearest line first; `email_id` is of the address that it named.
    `cancelled_by` is the event that cancelled it, of `cancelled_at`. `tier` is what a change of tier led to.
    """

    trigger_event_id: str
    party_id: UUID
    party_version: int
    partition: int
    origin: str
    sale_id: str
    channel: str
    minor: int
    currency: str
    skus: list[str]
    occurred_at: datetime
    recorded_at: datetime
    correlation_id: str
    traceparent: str | None
    email_id: str | None = None
    cancelled_by: str | None = None
    cancelled_at: datetime | None = None
    tier: str | None = None

    def cause(self) -> Event[object]:
        """The sale as the cause of what follows from it later, when its event is no longer at hand."""
        return Event(
            self.trigger_event_id,
            "crm.sale.completed.v1",
            "/contacts",
            self.occurred_at,
            self.recorded_at,
            "crm.sales",
            self.partition,
            -1,
            str(self.party_id).encode(),
            self.correlation_id,
            self.traceparent,
            None,
        )


@dataclass(frozen=True, slots=True)
class Revision:
    """What an amendment or a cancellation makes of a sale; a cancellation leaves what had been sold."""

    origin: str
    sale_id: str
    revision: int
    channel: str | None
    minor: int | None
    currency: str | None
    skus: list[str] | None
    cancelled_by: str | None
    cancelled_at: datetime | None


def revision_of(event: Event[SaleAmended | SaleCancelled]) -> Revision:
    data = event.data
    if isinstance(data, SaleCancelled):
        return Revision(data.origin, data.sale_id, data.revision, None, None, None, None, event.id, event.time)
    money, skus = data.total, skus_in(data.lines)
    return Revision(
        data.origin, data.sale_id, data.revision, data.channel, money.minor, money.currency, skus, None, None
    )


def skus_in(lines: Sequence[Line]) -> list[str]:
    """Each once, the dearest line first."""
    if len(lines) == 1:
        return [storable(lines[0].sku)]
    dearest = sorted(lines, key=lambda line: -line.unit_price.minor * line.quantity)
    return list(dict.fromkeys(storable(line.sku) for line in dearest))


def sale_of(event: Event[SaleCompleted]) -> Sale:
    sale, used = event.data, event.data.identity_used
    return Sale(
        event.id,
        sale.party_id,
        sale.party_version,
        event.partition,
        sale.origin,
        sale.sale_id,
        sale.channel,
        sale.total.minor,
        sale.total.currency,
        skus_in(sale.lines),
        event.time,
        sale.recorded_at,
        event.correlation_id,
        event.traceparent,
        used.id if used is not None and used.type == "email" else None,
    )
