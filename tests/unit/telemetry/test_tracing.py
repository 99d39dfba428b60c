"""A trace goes on from a request to the events that it led to, and from an event to those that it caused."""

import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from opentelemetry.sdk.trace.sampling import Decision, TraceIdRatioBased

from shared.asyncapi.samples import sample_of
from shared.engine import outbox
from shared.engine.event import Emission, Event
from shared.events.contract import contract_of
from shared.events.tickets import TicketOpened
from shared.settings import TracingSettings
from shared.telemetry.tracing import continue_trace, is_sampled, is_sound, request_span, span_under, spans_of, trace_of

REQUEST = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
EARLIER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def caused_by(traceparent: str | None) -> Event[Any]:
    return Event("e-1", "t", "/contacts", NOW, NOW, "crm.requests", 3, 7, b"k", "c-1", traceparent, None)


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


@pytest.mark.parametrize(
    ("traceparent", "sound", "sampled"),
    [
        (REQUEST, True, True),
        (REQUEST[:-1] + "3", True, True),
        (REQUEST[:-1] + "0", True, False),
        (REQUEST[:-1] + "2", True, False),
        (REQUEST.replace("00-", "cc-", 1), True, True),
        (REQUEST.replace("00-", "ff-", 1), False, False),
        (REQUEST.upper(), False, False),
        (REQUEST + "-1", False, False),
        ("00-" + "0" * 32 + REQUEST[35:], False, False),
        (REQUEST[:36] + "0" * 16 + "-01", False, False),
        ("", False, False),
        (None, False, False),
    ],
)
def test_spans_are_made_of_what_is_sound_and_flagged(traceparent: str | None, sound: bool, sampled: bool) -> None:
    assert (is_sound(traceparent), is_sampled(traceparent)) == (sound, sampled)


def test_a_span_under_another_is_of_its_trace_and_the_same_for_the_same_parts() -> None:
    parent = REQUEST[:-1] + "3"
    child = span_under(parent, "contacts.ingest", "/shop", "1")
    assert is_sampled(child)
    assert (child[:36], child[52:]) == (parent[:36], parent[52:])
    others = {
        span_under(parent, *parts) for parts in [("contacts.ingest", "/shop1"), ("contacts.ingest", "/shop", "2")]
    }
    assert len({child, parent, *others}) == 4
    assert span_under(parent, "contacts.ingest", "/shop", "1") == child


def test_the_ratio_chooses_traces_by_their_names_as_opentelemetry_does() -> None:
    names = [("/shop", str(number)) for number in range(4_000)]
    chosen = {name for name in names if trace_of(*name, ratio=0.25)}
    assert 800 < len(chosen) < 1_200
    assert chosen < {name for name in names if trace_of(*name, ratio=0.5)}
    for name in names:
        trace = trace_of(*name, ratio=1)
        assert trace is not None
        decided = TraceIdRatioBased(0.25).should_sample(None, int(trace[3:35], 16), "span").decision
        assert (decided is Decision.RECORD_AND_SAMPLE) == (name in chosen)
        assert trace_of(*name, ratio=0) is None


def test_a_request_gets_a_span_under_its_callers_or_begins_a_trace_by_ratio() -> None:
    under = request_span(REQUEST, 0)
    assert under is not None
    assert under[:36] == REQUEST[:36]
    assert under != REQUEST
    assert request_span(REQUEST[:-1] + "0", 1) == REQUEST[:-1] + "0"
    begun = {request_span(parent, 1) for parent in (None, None, "unsound")}
    assert len(begun) == 3
    assert all(is_sampled(own) for own in begun)
    assert [request_span(parent, 0) for parent in (None, "unsound")] == [None, "unsound"]


@pytest.mark.slow
def test_without_an_endpoint_nothing_of_the_sdk_is_loaded() -> None:
    assert spans_of("contacts", TracingSettings()) is None
    loads = "import sys, services.contacts.main; print([m for m in sys.modules if m.startswith('opentelemetry.sdk')])"
    done = subprocess.run([sys.executable, "-c", loads], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
