"""Spans of events: one for each that a handler applied, one for each that the relay sent.

Ids are derived from the event, so that what an event causes can name its span before there is one: spans are made after
the commit, and a batch that is rolled back and tried again leaves one.
"""

from collections.abc import Mapping, Sequence
from time import time_ns
from typing import Any

from shared.engine.decode import Decoded
from shared.engine.event import Event
from shared.engine.ledger import Outgoing, Refusal
from shared.engine.subscription import Subscription
from shared.events.topics import OWNERS
from shared.telemetry.sink import Span, SpanSink
from shared.telemetry.tracing import is_sampled, is_sound, span_under, trace_of


class Consumed:
    """The sampled events of the batch that a subscription is handling."""

    def __init__(self, spans: SpanSink, subscription: Subscription) -> None:
        self._spans = spans
        self._group = subscription.group
        self._begins = subscription.kind == "process"  # one of the readers of an outside topic, so that it has one root
        self._parents: dict[int, str | None] = {}
        self._begun = self._size = 0

    def open(self, batch: Sequence[Decoded]) -> None:
        self._begun, self._size = time_ns(), len(batch)
        self._parents.clear()
        for decoded in batch:
            event = decoded.event
            if event is None:
                continue
            parent, trace = event.traceparent, None
            if is_sampled(parent):
                trace = parent
            elif self._begins and event.topic not in OWNERS and not is_sound(parent):
                parent, trace = None, trace_of(event.source, event.id, ratio=self._spans.ratio)
            if trace is not None:
                event.traceparent = span_under(trace, self._group, event.source, event.id)
                self._parents[id(event)] = parent

    def applied(self, events: Mapping[str, Sequence[Event[Any]]], parked: Sequence[tuple[Decoded, Refusal]]) -> None:
        if not self._parents:
            return
        times = self._begun, time_ns()
        refusals = {id(decoded.event): refusal for decoded, refusal in parked}
        for event in (event for fresh in events.values() for event in fresh):
            if id(event) in self._parents and event.traceparent is not None:
                about = self._attributes(event, refusals.get(id(event)))
                parent = self._parents[id(event)]
                self._spans.add(Span(f"process {event.topic}", "consumer", event.traceparent, parent, times, about))

    def _attributes(self, event: Event[Any], refusal: Refusal | None) -> dict[str, str | int | bool]:
        about = _message("process", event.topic, event.partition, event.id, event.type)
        about |= {
            "messaging.consumer.group.name": self._group,
            "messaging.kafka.offset": event.offset,
            "rapport.batch.records": self._size,
            "rapport.outcome": "parked" if refusal else "handled",
        }
        return about | {"error.type": refusal.reason} if refusal else about


def under_spans(batch: Sequence[tuple[Outgoing, int]]) -> list[tuple[Outgoing, int]]:
    """The batch with the relay's own span as what readers continue, where a row is sampled."""
    return [(row._replace(traceparent=own) if (own := _own(row)) else row, number) for row, number in batch]


def sent(spans: SpanSink, batch: Sequence[tuple[Outgoing, int]], seconds: float, *, again: bool) -> None:
    """Make the spans of an acknowledged batch. A batch that is sent again gets the same spans again."""
    ended = time_ns()
    for row, _ in batch:
        if own := _own(row):
            about = _message("send", row.topic, row.partition, row.event_id, row.type)
            times = ended - int(seconds * 1e9), ended
            about["rapport.resent"] = again
            spans.add(Span(f"send {row.topic}", "producer", own, row.traceparent, times, about))


def _own(row: Outgoing) -> str | None:
    trace = row.traceparent
    return span_under(trace, "send", row.event_id) if is_sampled(trace) else None


def _message(operation: str, topic: str, partition: int, event_id: str, type_: str) -> dict[str, str | int | bool]:
    # OpenTelemetry's conventions without the key, which on outside topics is the sender's.
    return {
        "messaging.system": "kafka",
        "messaging.operation.name": operation,
        "messaging.operation.type": operation,
        "messaging.destination.name": topic,
        "messaging.destination.partition.id": str(partition),
        "messaging.message.id": event_id,
        "cloudevents.event_type": type_,
    }
