"""From an emission to a row, and from a row to the headers of its record."""

import json
from dataclasses import fields, replace
from math import inf, nan
from uuid import UUID

import pytest

from shared.engine.event import Emission, Event
from shared.engine.ledger import Outgoing
from shared.engine.outbox import COLUMNS, Removal, Tick, encode, headers_of, key_of
from shared.engine.partitions import partition_of
from shared.errors import BadRecord
from shared.events.contract import contract_of, contracts
from shared.events.ingest import ReportedChoice
from shared.events.insights import Contribution, ScoreComputed
from shared.events.money import Money
from shared.events.parties import PartyDescribed
from shared.events.sales import ProductChosen, SaleRefunded
from shared.telemetry.tracing import continue_trace
from tests.unit.engine.records import CHOICE, CHOSEN, PARTY, WALL

TRACE = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
CHOSE = contract_of(ProductChosen).adapter.validate_python(CHOSEN)
CAUSE: Event[object] = Event(
    "cause-1", "crm.product.chosen.v1", "/shop", WALL, WALL, "crm.ingest", 4, 9, b"81", "flow-1", TRACE, object()
)


def row_of(emission: Emission) -> Outgoing:
    (row,) = encode([emission])
    return Outgoing(1, **dict(zip(COLUMNS, row, strict=True)))  # type: ignore[arg-type]  # a row has any values


def refund(sale_id: str) -> SaleRefunded:
    total = Money(minor=100, currency="DKK")
    return SaleRefunded(
        party_id=PARTY, party_version=1, sale_id=sale_id, total=total, lines=[], recorded_at=WALL, origin="/shop"
    )


def test_a_row_says_where_its_event_goes_and_what_led_to_it() -> None:
    row = row_of(Emission(CHOSE, WALL, cause=CAUSE, id=UUID(int=7)))
    assert {**row._asdict(), "payload": None} == {
        "id": 1,
        "topic": "crm.sales",
        "partition": partition_of(str(PARTY)),
        "key": str(PARTY),
        "type": "crm.product.chosen.v1",
        "event_id": str(UUID(int=7)),
        "subject": f"party/{PARTY}",
        "time": "2026-03-01T12:00:00.000000Z",
        "correlation_id": "flow-1",
        "causation_id": "cause-1",
        "traceparent": TRACE,
        "payload": None,
        "source": None,
    }
    assert contract_of(ProductChosen).parse(row.payload or b"") == CHOSE


def test_without_a_cause_an_event_begins_a_flow_in_the_trace_of_its_request() -> None:
    continue_trace(TRACE)
    try:
        row = row_of(Emission(CHOSE, WALL))
    finally:
        continue_trace(None)
    assert (row.correlation_id, row.causation_id, row.traceparent) == (row.event_id, None, TRACE)
    assert UUID(row.event_id).version == 7


def test_a_given_partition_wins_over_the_keys() -> None:
    assert row_of(Emission(CHOSE, WALL, partition=11)).partition == 11


@pytest.mark.parametrize(
    ("sale_id", "subject"),
    [
        ("shop-20391", "sale/shop-20391"),
        ("grøn", "sale/gr\\xf8n"),
        ("緑" * 200, ("sale/" + "\\u7dd1" * 200)[:1024]),
        ("x" * 1020, "sale/" + "x" * 1019),
    ],
)
def test_a_subject_is_ascii_and_fits_a_header(sale_id: str, subject: str) -> None:
    assert row_of(Emission(refund(sale_id), WALL)).subject == subject


def test_a_removal_has_no_value() -> None:
    row = row_of(Emission(Removal("crm.parties", "crm.party.described.v1", str(PARTY)), WALL))
    assert (row.topic, row.key, row.payload, row.subject) == ("crm.parties", str(PARTY), None, None)
    assert row.partition == partition_of(str(PARTY))


@pytest.mark.parametrize("partition", [0, 11])
def test_a_tick_goes_to_the_partition_that_is_named(partition: int) -> None:
    row = row_of(Emission(Tick("crm.sales", WALL), WALL, partition=partition))
    assert (row.topic, row.type, row.key) == ("crm.sales", "crm.clock.ticked.v1", f"clock/{partition}")
    assert row.partition == partition
    assert json.loads(row.payload or b"") == {"now": "2026-03-01T12:00:00Z"}


def test_only_what_is_promised_and_ours_can_be_published() -> None:
    with pytest.raises(KeyError):
        encode([Emission(object(), WALL)])
    choice = contract_of(ReportedChoice).adapter.validate_python(CHOICE)
    with pytest.raises(ValueError, match="not ours to publish"):
        encode([Emission(choice, WALL)])
    with pytest.raises(ValueError, match="names no moment"):
        encode([Emission(CHOSE, WALL.replace(tzinfo=None))])


def test_what_a_record_leads_to_gets_the_same_ids_whenever_it_is_applied() -> None:
    cause = replace(CAUSE, timestamp=1_772_366_400_000)
    news = [Emission(CHOSE, WALL, cause), Emission(CHOSE, WALL, cause), Emission(refund("s-1"), WALL, cause)]

    def ids(emissions: list[Emission]) -> list[object]:
        return [row[COLUMNS.index("event_id")] for row in encode(emissions)]

    assert ids(news) == ids(news)
    assert len({*ids(news), *ids([Emission(CHOSE, WALL, replace(cause, id="cause-2"))])}) == 4
    # another batch, with a record of somebody else between, changes nothing
    other = Emission(CHOSE, WALL, replace(cause, source="/till"))
    assert ids([news[0], other, *news[1:]])[::2] == [ids(news)[0], ids(news)[1]]


def test_without_a_record_at_hand_every_event_is_a_new_one() -> None:
    rows = encode([Emission(CHOSE, WALL, CAUSE), Emission(CHOSE, WALL, CAUSE), Emission(CHOSE, WALL)])
    assert len({row[COLUMNS.index("event_id")] for row in rows}) == 3


FACT = contract_of(ReportedChoice).adapter.validate_python(CHOICE)


@pytest.mark.parametrize(("id_", "key"), [("shop-7", "81"), (None, None), (UUID(int=7), "81")])
def test_a_fact_for_somebody_else_has_their_source_id_and_key_and_no_number(
    id_: UUID | str | None, key: str | None
) -> None:
    row = row_of(Emission(FACT, WALL, id=id_, source="/marketing/unsubscribe", key=key))
    assert (row.topic, row.key, row.source) == ("crm.ingest", key, "/marketing/unsubscribe")
    assert id_ is None or row.event_id == str(id_)
    assert row.partition == partition_of(key or row.event_id)
    headers = dict(headers_of(row, b"/marketing", 0))
    assert headers["ce_source"] == b"/marketing/unsubscribe"
    assert headers.get("ce_partitionkey") == (key.encode() if key else None)
    assert "ce_sequence" not in headers


@pytest.mark.parametrize(
    ("data", "id_", "source", "key"),
    [
        (FACT, None, "/contacts", None),
        (FACT, None, "/grøn", None),
        (FACT, None, "/" + "x" * 1024, None),
        (FACT, None, "", None),
        (FACT, "x" * 201, "/shop", None),
        (FACT, "two\nlines", "/shop", None),
        (CHOSE, None, "/shop", None),
        (CHOSE, None, None, "81"),
    ],
)
def test_a_source_of_its_own_is_for_outside_topics_alone(
    data: object, id_: str | None, source: str | None, key: str | None
) -> None:
    with pytest.raises(ValueError, match=r"published under|a source is|an id is"):
        encode([Emission(data, WALL, id=id_, source=source, key=key)])


def test_headers_say_what_the_contract_lists() -> None:
    row = row_of(Emission(CHOSE, WALL, cause=CAUSE, id=UUID(int=7)))
    headers = headers_of(row, b"/contacts", 12)
    assert dict(headers) == {
        "content-type": b"application/json",
        "ce_specversion": b"1.0",
        "ce_type": b"crm.product.chosen.v1",
        "ce_id": str(UUID(int=7)).encode(),
        "ce_source": b"/contacts",
        "ce_time": b"2026-03-01T12:00:00.000000Z",
        "ce_subject": f"party/{PARTY}".encode(),
        "ce_partitionkey": str(PARTY).encode(),
        "ce_sequence": b"00000000000000000012",
        "ce_dataschema": contract_of(ProductChosen).dataschema().encode(),
        "ce_correlationid": b"flow-1",
        "ce_causationid": b"cause-1",
        "traceparent": TRACE.encode(),
    }
    assert len(headers) == len(dict(headers))


def test_a_key_that_is_no_ascii_stands_in_no_header() -> None:
    row = row_of(Emission(CHOSE, WALL, cause=CAUSE))._replace(key="Rødgrød-1")
    assert key_of(row) == "Rødgrød-1".encode()
    assert "ce_partitionkey" not in dict(headers_of(row, b"/contacts", 1))


def test_what_is_not_known_is_no_header() -> None:
    row = row_of(Emission(Removal("crm.parties", "crm.nobody.knows.v1", str(PARTY)), WALL))
    headers = dict(headers_of(row, b"/contacts", 1))
    assert not {"ce_subject", "ce_causationid", "traceparent"} & set(headers)
    assert headers["ce_dataschema"] == b"urn:rapport:crm.parties:crm.nobody.knows.v1"


@pytest.mark.parametrize(("surplus", "fits"), [(0, True), (1, False)])
def test_what_is_larger_than_the_contract_allows_is_refused_when_it_is_written(surplus: int, *, fits: bool) -> None:
    """Not when it is sent: then it would be accepted already."""
    room = 1_000_000 - len(row_of(Emission(refund("s"), WALL)).payload or b"") + 1
    emission = Emission(refund("s" * (room + surplus)), WALL)
    if fits:
        assert len(row_of(emission).payload or b"") == 1_000_000
        return
    with pytest.raises(BadRecord, match=r"too_large: it leads to a crm\.sale\.refunded\.v1 of 1000001 bytes"):
        encode([emission])


@pytest.mark.parametrize("figure", [inf, -inf, nan])
def test_a_figure_that_is_no_finite_number_is_refused_at_any_depth(figure: float) -> None:
    """It would be written as null."""
    party = PartyDescribed(party_id=PARTY, version=1, kind="person", recorded_at=WALL, custom={"height": figure})
    score = ScoreComputed(
        party_id=PARTY,
        score="churn",
        value=0.5,
        band="high",
        model="churn.1",
        as_of=WALL,
        contributions=[Contribution(input="recency", value=1.0, effect=figure)],
        recorded_at=WALL,
    )
    for data in (party, score, replace(score, value=figure, contributions=[])):
        with pytest.raises(BadRecord, match="not_finite"):
            encode([Emission(data, WALL)])
    assert encode([Emission(replace(party, custom={"height": 1.8, "eyes": 2}), WALL)])


def test_fields_that_may_hold_a_figure_are_found_through_definitions() -> None:
    assert contract_of(PartyDescribed).figures() == ("custom",)
    assert contract_of(ScoreComputed).figures() == ("value", "contributions")
    for contract in contracts():
        assert set(contract.figures()) <= {field.name for field in fields(contract.model)}
        assert contract.figures() or '"type": "number"' not in json.dumps(contract.schema())
