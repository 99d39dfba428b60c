"""A sale as marketing keeps it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.engine.event import Event
from shared.events.sales import SaleCompleted
from shared.sql import storable


@dataclass(frozen=True, slots=True)
class Sale:
    """A sale as it was read. `skus` each once, the dearest line first; `email_id` is of the address that it named."""

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


def sale_of(event: Event[SaleCompleted]) -> Sale:
    sale, used = event.data, event.data.identity_used
    lines = sorted(sale.lines, key=lambda line: -line.unit_price.minor * line.quantity)
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
        list(dict.fromkeys(storable(line.sku) for line in lines)),
        event.time,
        sale.recorded_at,
        event.correlation_id,
        event.traceparent,
        used.id if used is not None and used.type == "email" else None,
    )
