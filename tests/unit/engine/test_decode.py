"""What becomes of each kind of record, as the contract's "What a bad record gets" says it."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.engine.decode import Decoded, decode
from shared.engine.event import Record, Tombstone
from tests.unit.engine.records import CHOICE, CHOSEN, GONE, PARTY, WALL, handler, ours, outside

AHEAD = (WALL + timedelta(minutes=5, seconds=1)).isoformat().encode()
TICK = {"now": "2026-03-01T10:00:00Z"}


def read(record: Record, *, stream: bool = False) -> Decoded:
    return decode(record, handler(record.topic), WALL, stream=stream)


def verdict(decoded: Decoded) -> tuple[str, str]:
    """`("quarantined", reason)`, `("parked", reason)`, or what else it is."""
    if decoded.refusal is not None:
        return ("quarantined" if decoded.unreadable else "parked", decoded.refusal.reason)
    return ("event" if decoded.event else "tick" if decoded.tick else "skipped", "")


QUARANTINED = {
    "no specversion": (outside(ce_specversion=GONE), "missing_ce_specversion"),
    "no id": (outside(ce_id=GONE), "missing_ce_id"),
    "no source": (outside(ce_source=GONE), "missing_ce_source"),
    "no type": (outside(ce_type=GONE), "missing_ce_type"),
    "another specversion": (outside(ce_specversion=b"0.3"), "unknown_specversion"),
    "an empty id": (outside(ce_id=b""), "unreadable_ce_id"),
    "an id without value": (outside(ce_id=None), "unreadable_ce_id"),
    "an id beyond ASCII": (outside(ce_id="ø".encode()), "unreadable_ce_id"),
    "an id too long": (outside(ce_id=b"x" * 201), "unreadable_ce_id"),
    "an id with NUL": (outside(ce_id=b"a\0b"), "unreadable_ce_id"),
    "an empty source": (outside(ce_source=b""), "unreadable_ce_source"),
    "a source with NUL": (outside(ce_source=b"/shop\0"), "unreadable_ce_source"),
    "a source over 1 KiB": (outside(ce_source=b"x" * 1025), "unreadable_ce_source"),
    "a type beyond ASCII": (outside(ce_type=b"\xff"), "unreadable_ce_type"),
    "a type without value": (outside(ce_type=None), "unreadable_ce_type"),
    "a specversion without value": (outside(ce_specversion=None), "unreadable_ce_specversion"),
    "a source of ours": (outside(ce_source=b"/marketing"), "forged_source"),
    "another key in the headers": (outside(ce_partitionkey=b"82"), "partitionkey_is_not_the_key"),
    "a key in the headers alone": (outside(key=None, ce_partitionkey=b"81"), "partitionkey_is_not_the_key"),
    "no value on crm.ingest": (outside(None), "null_value"),
    "a time ahead": (outside(ce_time=AHEAD), "time_ahead_of_the_clock"),
    "a time that is none": (outside(ce_time=b"yesterday"), "unreadable_ce_time"),
    "a time beyond ASCII": (outside(ce_time=b"2026-03-01T09:30:00\xff"), "unreadable_ce_time"),
    "a time without a zone": (outside(ce_time=b"2026-03-01T09:30:00"), "unreadable_ce_time"),
    "a day": (outside(ce_time=b"2026-03-01"), "unreadable_ce_time"),
    "a time before 1900": (outside(ce_time=b"1899-12-31T23:59:59Z"), "unreadable_ce_time"),
    "a time beyond the calendar": (outside(ce_time=b"0001-01-01T00:00:00+14:00"), "unreadable_ce_time"),
    "the last second and one more": (outside(ce_time=b"9999-12-31T23:59:60Z"), "unreadable_ce_time"),
    "no time and a timestamp beyond it": (outside(ce_time=GONE, timestamp=2**62), "unreadable_timestamp"),
    "no time and a timestamp before 1900": (outside(ce_time=GONE, timestamp=-(2**42)), "unreadable_timestamp"),
    "no time and no timestamp": (outside(ce_time=GONE, timestamp=-1), "missing_ce_time"),
    "no JSON": (outside(b'{"sku": '), "bad_json"),
    "a number that JSON does not know": (outside(json.dumps({**CHOICE, "unread": float("nan")}).encode()), "bad_json"),
    "an infinite number": (outside(json.dumps({**CHOICE, "unread": -float("inf")}).encode()), "bad_json"),
    "two byte order marks": (outside(b"\xef\xbb\xbf\xef\xbb\xbf{}"), "bad_json"),
    "another encoding": (outside(json.dumps(CHOICE).encode("utf-16")), "bad_json"),
    "an empty value": (outside(b""), "bad_json"),
    "half a surrogate pair": (outside(b'{"sku": "\\ud800"}'), "bad_json"),
    "an unknown type": (outside(ce_type=b"crm.nobody.knows.v1"), "unknown_type"),
    "a major that is no number": (outside(ce_type=b"crm.product.chosen.vx"), "unknown_type"),
    "ours: no id": (ours(ce_id=GONE), "missing_ce_id"),
    "ours: an id beyond ASCII": (ours(ce_id=b"\xff"), "unreadable_ce_id"),
    "ours: an id with NUL": (ours(ce_id=b"\0"), "unreadable_ce_id"),
    "ours: an unknown type with NUL": (ours(ce_type=b"crm.\0.v1"), "unreadable_ce_type"),
    "ours: somebody else's source": (ours(ce_source=b"/marketing"), "forged_source"),
    "ours: no number": (ours(ce_sequence=GONE), "missing_ce_sequence"),
    "ours: a number that is none": (ours(ce_sequence=b"-1"), "unreadable_ce_sequence"),
    "ours: a number without value": (ours(ce_sequence=None), "unreadable_ce_sequence"),
    "ours: a number too long": (ours(ce_sequence=b"0" * 20 + b"1"), "unreadable_ce_sequence"),
    "ours: a number too high": (ours(ce_sequence=b"%020d" % 2**63), "unreadable_ce_sequence"),
    "ours: an empty number": (ours(ce_sequence=b""), "unreadable_ce_sequence"),
    "ours: no JSON": (ours(b"{"), "bad_json"),
}


@pytest.mark.parametrize("case", QUARANTINED)
def test_what_nobody_can_read_is_quarantined(case: str) -> None:
    record, reason = QUARANTINED[case]
    assert verdict(read(record)) == ("quarantined", reason)


PARKED = {
    "a broken schema": (outside({**CHOICE, "intent": "stolen"}), "schema"),
    "a value that is no object": (outside([1]), "schema"),
    "a later major": (outside(ce_type=b"crm.product.chosen.v2"), "unknown_major"),
    "a value over the limit": (outside(b'"' + b"x" * 1_000_000 + b'"'), "too_large"),
    "a text with U+0000": (
        outside(b'{"sku": "a\\u0000", "party": {}, "channel": "web", "intent": "viewed"}'),
        "schema",
    ),
    "ours: a broken schema": (ours({**CHOSEN, "party_id": "81"}), "schema"),
    "ours: a later major": (ours(ce_type=b"crm.product.chosen.v2"), "unknown_major"),
    "ours: a later major of the tick": (ours(TICK, ce_type=b"crm.clock.ticked.v2"), "unknown_major"),
}


@pytest.mark.parametrize("case", PARKED)
def test_what_breaks_its_contract_is_parked_and_keeps_its_id(case: str) -> None:
    record, reason = PARKED[case]
    decoded = read(record)
    assert verdict(decoded) == ("parked", reason)
    assert decoded.id == "choice-1"
    assert not decoded.refusal or not decoded.refusal.unexpected


SKIPPED = {
    "ours: an unknown type": ours(ce_type=b"crm.nobody.knows.v1"),
    "ours: a known type that this handler does not name": ours(ce_type=b"crm.sale.completed.v1"),
    "outside: a known type that this handler does not name": outside(ce_type=b"crm.sale.completed.v1"),
    "ours: a tick on the wall clock": ours(TICK, ce_type=b"crm.clock.ticked.v1"),
    "ours: a tombstone that this handler does not name": ours(None, topic="crm.parties"),
}


@pytest.mark.parametrize("case", SKIPPED)
def test_what_nobody_here_asked_for_is_skipped(case: str) -> None:
    assert verdict(read(SKIPPED[case])) == ("skipped", "")


FIRST_CHECKED = [
    (outside(b"{", ce_specversion=GONE), "missing_ce_specversion"),
    (outside(b"{", ce_source=b"/contacts", ce_partitionkey=b"82"), "forged_source"),
    (outside(None, ce_partitionkey=b"82"), "partitionkey_is_not_the_key"),
    (outside(b"{", ce_time=AHEAD), "time_ahead_of_the_clock"),
    (outside(b"{", ce_type=b"crm.product.chosen.v2"), "unknown_major"),
    (outside(b"x" * 1_000_001), "too_large"),
]


@pytest.mark.parametrize(("record", "reason"), FIRST_CHECKED, ids=[reason for _, reason in FIRST_CHECKED])
def test_of_several_faults_the_outermost_is_named(record: Record, reason: str) -> None:
    assert verdict(read(record))[1] == reason


def test_a_refusal_names_fields_and_never_values() -> None:
    refusal = read(outside({**CHOICE, "intent": "Ada Holm", "channel": 5, "sku": "x" * 101})).refusal
    assert refusal
    assert refusal.detail == "sku: string_too_long; channel: literal_error; intent: literal_error"


@pytest.mark.parametrize(
    ("party", "detail"),
    [
        ({"custom": {"a\0b": 1}}, "party.custom.?: string_pattern_mismatch"),
        ({"custom": {"ada@example.com": 1}}, "party.custom.?: string_pattern_mismatch"),
        ({"custom": {"x" * 9_000: 1}}, "party.custom.?: string_pattern_mismatch"),
        ({"identities": {"0": 7}}, "party.identities: list_type"),
    ],
    ids=["nul", "an address", "long", "no list"],
)
def test_a_refusal_tells_no_name_that_a_sender_made_up(party: object, detail: str) -> None:
    refusal = read(outside({**CHOICE, "party": party})).refusal
    assert refusal
    assert refusal.detail == detail


def test_limits_are_still_allowed() -> None:
    name = "x" * (1_000_000 - len(json.dumps({**CHOICE, "unknown": ""})))
    record = outside(
        {**CHOICE, "unknown": name},
        ce_id=b"x" * 200,
        ce_time=(WALL + timedelta(minutes=5)).isoformat().encode(),
    )
    assert len(record.value or b"") == 1_000_000
    assert verdict(read(record)) == ("event", "")


def test_a_backslash_before_u0000_is_a_text_like_any_other() -> None:
    event = read(outside({**CHOICE, "sku": "\\u0000"})).event
    assert event
    assert event.data.sku == "\\u0000"


def test_an_event_carries_what_its_record_says() -> None:
    trace = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
    record = outside(place=(3, 7), ce_partitionkey=b"81", ce_correlationid=b"flow", traceparent=trace.encode())
    event = read(record).event
    assert event
    assert (event.id, event.type, event.source, event.key) == ("choice-1", "crm.product.chosen.v1", "/shop", b"81")
    assert (event.topic, event.partition, event.offset) == ("crm.ingest", 3, 7)
    assert (event.time, event.correlation_id, event.traceparent) == (WALL.replace(hour=9, minute=30), "flow", trace)
    assert event.data.party.name == "Ada"


def test_what_is_no_trace_does_not_travel_on() -> None:
    event = read(outside(traceparent=b"ada@example.com")).event
    assert event
    assert event.traceparent is None


def test_an_event_without_flow_begins_its_own() -> None:
    event = read(ours(ce_sequence=b"12")).event
    assert event
    assert (event.correlation_id, event.traceparent) == ("choice-1", None)
    assert event.data.party_id == PARTY


def test_a_number_from_outside_says_nothing() -> None:
    assert read(outside(ce_sequence=b"12")).sequence == 0
    assert read(outside(ce_sequence=b"\xff")).sequence == 0


@pytest.mark.parametrize(
    ("digits", "number"), [(b"12", 12), (b"00000000000000000012", 12), (b"%020d" % (2**63 - 1), 2**63 - 1)]
)
def test_numbers_are_read_padded_or_not(digits: bytes, number: int) -> None:
    assert read(ours(ce_sequence=digits)).sequence == number


ANYTHING = [b"\xff\x00", b"", None, "København".encode(), b"x" * 5_000]


@pytest.mark.parametrize("value", ANYTHING)
@pytest.mark.parametrize(
    "name",
    ["__value_schema_id", "ce_subject", "ce_storename", "ce_correlationid", "traceparent", "ce_traceparent", "ø\0"],
)
def test_headers_that_are_not_judged_may_hold_anything(name: str, value: bytes | None) -> None:
    for make in (outside, ours):
        record = make()
        event = read(replace(record, headers=[*record.headers, (name, value)])).event
        assert event
        assert (event.correlation_id, event.traceparent) == ("choice-1", None)


def test_the_standards_own_header_says_the_trace_before_the_clouds() -> None:
    first, second = (("00-" + digit * 32 + "-" + "b" * 16 + "-01").encode() for digit in "ac")
    for headers, trace in (
        ({"ce_traceparent": second}, second),
        ({"traceparent": first, "ce_traceparent": second}, first),
        ({"traceparent": b"none", "ce_traceparent": second}, second),
    ):
        event = read(outside(**headers)).event  # type: ignore[arg-type]
        assert event
        assert event.traceparent == trace.decode()


def test_a_byte_order_mark_is_removed() -> None:
    for make, value in ((outside, CHOICE), (ours, CHOSEN)):
        assert verdict(read(make(b"\xef\xbb\xbf" + json.dumps(value).encode()))) == ("event", "")


@pytest.mark.parametrize("unread", ["\0", "\\\0", {"deep": ["\0"]}, "NaN", "Infinity and \ufeff"])
def test_what_nobody_reads_may_hold_any_text(unread: object) -> None:
    assert verdict(read(outside({**CHOICE, "unread": unread, "party": {"name": "Ada", "unread": unread}}))) == (
        "event",
        "",
    )


def test_a_field_with_nul_is_named() -> None:
    known = [{"type": "external", "value": "8\x001"}]
    refusal = read(outside({**CHOICE, "party": {"identities": known}})).refusal
    assert refusal
    assert refusal.detail == "party: contains U+0000, which cannot be stored"


@pytest.mark.parametrize(
    "record",
    [ours(b"{", ce_sequence=b"7"), ours(ce_sequence=b"7", ce_id=GONE), ours(ce_sequence=b"7", ce_time=b"soon")],
    ids=["bad JSON", "no id", "no time"],
)
def test_a_record_of_ours_that_cannot_be_read_is_not_missing(record: Record) -> None:
    decoded = read(record)
    assert (decoded.unreadable, decoded.sequence) == (True, 7)
    assert read(replace(record, headers=[*record.headers, ("ce_source", b"/support")])).sequence == 0


@pytest.mark.parametrize(
    ("text", "time"),
    [
        (b"2026-03-01T10:30:00+01:00", datetime(2026, 3, 1, 9, 30, tzinfo=UTC)),
        (b"2026-03-01t09:30:00z", datetime(2026, 3, 1, 9, 30, tzinfo=UTC)),
        (b"2026-03-01T09:29:60Z", datetime(2026, 3, 1, 9, 30, tzinfo=UTC)),
        (b"2026-03-01T09:59:60.25+00:30", datetime(2026, 3, 1, 9, 30, 0, 250_000, tzinfo=UTC)),
        (b"2026-03-01T09:30:00.1234567Z", datetime(2026, 3, 1, 9, 30, 0, 123_456, tzinfo=UTC)),
        (None, WALL),
        (GONE, WALL),
        (b"", WALL),
    ],
)
def test_times_are_utc_and_a_missing_one_is_the_records(text: object, time: datetime) -> None:
    event = read(outside(ce_time=text)).event
    assert event
    assert event.time == time
    assert event.time.tzinfo is UTC


def test_a_record_without_key_is_an_event_without_key() -> None:
    event = read(outside(key=None)).event
    assert event
    assert event.key is None


def test_a_null_value_on_a_compacted_topic_deletes_and_needs_no_headers() -> None:
    bare = Record("crm.products", 2, 9, b"A-17", None, [], 0)
    event = read(bare).event
    assert event
    assert (event.id, event.key, event.data) == ("2/9", b"A-17", Tombstone())


def test_a_tick_counts_on_the_streams_clock() -> None:
    for record in (ours(TICK, ce_type=b"crm.clock.ticked.v1"), outside(TICK, ce_type=b"crm.clock.ticked.v1")):
        decoded = read(record, stream=True)
        assert decoded.tick == datetime(2026, 3, 1, 10, tzinfo=UTC)
        assert decoded.event is None


def test_a_tick_that_cannot_be_read_or_has_no_place_is_quarantined() -> None:
    assert verdict(read(ours({"now": "soon"}, ce_type=b"crm.clock.ticked.v1"), stream=True))[1] == "unreadable_tick"
    stray = outside(TICK, topic="crm.products", ce_type=b"crm.clock.ticked.v1")
    assert verdict(read(stray, stream=True))[1] == "unreadable_tick"
    assert verdict(read(outside(TICK, ce_type=b"crm.clock.ticked.v1")))[1] == "unknown_type"
