"""A trace goes on from a request to the events that it led to, and from an event to those that it caused."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.documents.samples import sample_of
from shared.engine import outbox
from shared.engine.event import Emission, Event
from shared.events.contract import contract_of
from shared.events.tickets import TicketOpened
from shared.tracing import continue_trace

REQUEST = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
EARLIER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def caused_by(traceparent: str | None) -> Event[Any]:
    return Event("e-1", "t", "/contacts", NOW, NOW, "crm.requests", 3, 7, "k", "c-1", traceparent, None)


@pytest.mark.parametrize(
    ("request_trace", "cause", "continued"),
    [
        (REQUEST, None, REQUEST),
        (None, None, None),
        (REQUEST, caused_by(EARLIER), EARLIER),
        (REQUEST, caused_by(None), None),
    ],
    ids=["of the request", "none", "of the cause", "of a cause without one"],
)
async def test_an_event_continues_the_trace_of_what_led_to_it(
    request_trace: str | None, cause: Event[Any] | None, continued: str | None
) -> None:
    contract = contract_of(TicketOpened)
    data = contract.adapter.validate_python(sample_of(contract))
    continue_trace(request_trace)
    row = dict(zip(outbox.COLUMNS, *outbox.encode([Emission(data, NOW, cause)]), strict=True))
    assert row["traceparent"] == continued
