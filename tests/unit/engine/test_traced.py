"""Spans of events: of what is committed, once, and under ids that what they caused knows already."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from shared.engine.applier import Applier
from shared.engine.event import Emission, Event, Record
from shared.engine.ledger import Outgoing
from shared.engine.subscription import Subscription
from shared.engine.traced import Consumed, sent, under_spans
from shared.errors import BadRecord, Transient
from shared.events.contract import contract_of
from shared.events.ingest import ReportedChoice
from shared.events.sales import ProductChosen
from tests.collector import remembered
from tests.simulation.memory import MemoryDatabase, MemoryTransaction
from tests.unit.engine.memory import database
from tests.unit.engine.records import CHOSEN, GONE, WALL, ours, outside

SHOP = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
CHOSE = contract_of(ProductChosen).adapter.validate_python(CHOSEN)


class Member:
    """One member of a group whose handler passes each choice on, but for the `refused` one."""

    def __init__(self, ratio: float = 0.0, refused: str = "", storage: MemoryDatabase | None = None) -> None:
        self.storage = storage or database()
        spans, self.memory = remembered("contacts", ratio)
        hears = Subscription("contacts.ingest", kind="process", topics=["crm.ingest"])

        @hears.topic("crm.ingest")
        async def pass_on(events: Sequence[Event[ReportedChoice]], tx: Any) -> None:
            tx.emit(Emission(CHOSE, WALL, cause=event) for event in events)
            if any(event.id == refused for event in events):
                raise BadRecord("refused")

        self.applier = Applier(
            hears,
            self.storage,
            stream=False,
            wall=lambda: WALL,
            is_infrastructure=lambda error: isinstance(error, Transient),
            traced=Consumed(spans, hears),
        )

    def spans(self) -> list[ReadableSpan]:
        return list(self.memory.get_finished_spans())

    def caused(self) -> list[str | None]:
        """What the events that it emitted continue."""
        return [row.traceparent for row in self.storage.tables.outbox.values()]


def choice(number: int, trace: str | None, id_: str = "") -> Record:
    trace_header = trace.encode() if trace else GONE
    named = (id_ or f"id-{number}").encode()
    return outside(place=(0, number), key=b"key-%d" % number, ce_id=named, traceparent=trace_header)


def own(span: ReadableSpan) -> str:
    assert span.context is not None
    return f"00-{span.context.trace_id:032x}-{span.context.span_id:016x}-01"


async def test_a_span_says_what_became_of_an_event_and_nothing_of_a_person() -> None:
    member = Member()
    await member.applier.apply([choice(0, None), choice(1, SHOP)])
    (span,) = member.spans()
    assert (span.name, span.kind, span.status.status_code) == (
        "process crm.ingest",
        SpanKind.CONSUMER,
        StatusCode.UNSET,
    )
    assert span.attributes == {
        "messaging.system": "kafka",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": "crm.ingest",
        "messaging.destination.partition.id": "0",
        "messaging.message.id": "id-1",
        "messaging.consumer.group.name": "contacts.ingest",
        "messaging.kafka.offset": 1,
        "cloudevents.event_type": "crm.product.chosen.v1",
        "rapport.batch.records": 2,
        "rapport.outcome": "handled",
    }
    assert span.parent is not None
    assert f"{span.parent.span_id:016x}" == SHOP[36:52]
    assert span.start_time is not None
    assert span.end_time is not None
    assert span.start_time <= span.end_time


async def test_what_an_event_causes_continues_its_span() -> None:
    member = Member()
    await member.applier.apply([choice(0, SHOP), choice(1, SHOP[:-1] + "0"), choice(2, None), choice(3, "short-1")])
    (span,) = member.spans()
    assert member.caused() == [own(span), SHOP[:-1] + "0", None, None]


class Unsaved(MemoryTransaction):
    """Its commit fails."""

    def commit(self) -> None:
        raise Transient("the database is gone")


async def test_a_batch_that_is_rolled_back_leaves_no_span_and_the_retry_the_one_that_its_events_name() -> None:
    member = Member()
    unlucky = Member(storage=MemoryDatabase.like(member.storage, Unsaved))
    with pytest.raises(Transient):
        await unlucky.applier.apply([choice(0, SHOP)])
    assert not unlucky.spans()
    await member.applier.apply([choice(0, SHOP)])
    assert member.caused() == [own(span) for span in member.spans()]


async def test_what_stands_already_makes_no_span() -> None:
    """Delivered again, to this member or another, or sent twice by its sender."""
    member = Member()
    await member.applier.apply([choice(0, SHOP)])
    await member.applier.apply([choice(0, SHOP), choice(1, SHOP, "id-0")])
    other = Member(storage=member.storage)
    await other.applier.apply([choice(0, SHOP), choice(1, SHOP)])
    assert (len(member.spans()), len(other.spans())) == (1, 0)


async def test_an_event_that_is_parked_is_a_span_that_failed() -> None:
    member = Member(refused="id-1")
    await member.applier.apply([choice(number, SHOP) for number in range(3)])
    outcomes = {
        str(span.attributes["messaging.message.id"]): (span.attributes["rapport.outcome"], span.status.status_code)
        for span in member.spans()
        if span.attributes
    }
    assert outcomes == {
        "id-0": ("handled", StatusCode.UNSET),
        "id-1": ("parked", StatusCode.ERROR),
        "id-2": ("handled", StatusCode.UNSET),
    }
    assert member.caused() == [own(span) for span in member.spans() if span.status.status_code is StatusCode.UNSET]


@pytest.mark.parametrize("trace", [None, "unsound-1"])
async def test_a_trace_begins_with_an_event_from_outside_that_the_ratio_chooses(trace: str | None) -> None:
    member, again = Member(ratio=0.5), Member(ratio=0.5)
    records = [choice(number, trace) for number in range(40)]
    await member.applier.apply(records)
    await again.applier.apply(records)
    spans = member.spans()
    assert 5 < len(spans) < 35
    assert all(span.parent is None for span in spans)
    assert [own(span) for span in spans] == [own(span) for span in again.spans()]
    assert len({own(span)[3:35] for span in spans}) == len(spans)
    assert [caused for caused in member.caused() if caused is not None] == [own(span) for span in spans]


async def read_chosen(events: Sequence[Event[ProductChosen]], tx: Any) -> None:
    del events, tx


async def read_reported(events: Sequence[Event[ReportedChoice]], tx: Any) -> None:
    del events, tx


@pytest.mark.parametrize(
    ("hears", "topic", "handler", "record"),
    [
        (Subscription("a.process", kind="process", topics=["crm.sales"]), "crm.sales", read_chosen, ours()),
        (
            Subscription("a.projection", kind="projection", topics=["crm.ingest"]),
            "crm.ingest",
            read_reported,
            outside(),
        ),
    ],
    ids=["an event of ours", "a projection"],
)
async def test_no_trace_begins_with(hears: Subscription, topic: str, handler: Any, record: Record) -> None:
    spans, memory = remembered("a", 1.0)
    hears.topic(topic)(handler)
    applier = Applier(
        hears, database(), stream=False, wall=lambda: WALL, is_infrastructure=bool, traced=Consumed(spans, hears)
    )
    assert (await applier.apply([record])).counts == {(topic, "handled"): 1}
    assert not memory.get_finished_spans()


def row(number: int, trace: str | None) -> tuple[Outgoing, int]:
    id_ = str(UUID(int=number))
    return Outgoing(number, "crm.sales", 3, "k", "crm.sale.completed.v1", id_, None, "", "", None, trace, b"{}"), number


def sending(memory: InMemorySpanExporter) -> list[tuple[str, str, int, bool]]:
    return [
        (span.name, own(span), span.parent.span_id, bool((span.attributes or {})["rapport.resent"]))
        for span in memory.get_finished_spans()
        if span.parent and span.kind is SpanKind.PRODUCER
    ]


def test_readers_continue_the_span_of_the_sending() -> None:
    batch = [row(1, SHOP), row(2, None), row(3, SHOP[:-1] + "0"), row(4, SHOP)]
    records = under_spans(batch)
    assert [(each.id, number) for each, number in records] == [(each.id, number) for each, number in batch]
    assert [each.traceparent for each, _ in records[1:3]] == [None, SHOP[:-1] + "0"]
    spans, memory = remembered("contacts")
    sent(spans, batch, 0.25, again=False)
    sent(spans, batch, 0.25, again=True)
    parent = int(SHOP[36:52], 16)
    named = [("send crm.sales", str(records[place][0].traceparent), parent) for place in (0, 3)]
    assert sending(memory) == [(*each, again) for again in (False, True) for each in named]
    first = memory.get_finished_spans()[0]
    assert first.start_time is not None
    assert first.end_time is not None
    assert first.end_time - first.start_time == 250_000_000
