"""Campaigns that begin at a date relative to an event: when that is, and what moves or ends the wait for it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from services.marketing.catalogue.domain.campaign import Campaign
from services.marketing.catalogue.domain.dates import date_of
from services.marketing.catalogue.domain.definition import FURTHEST, Definition, Trigger
from services.marketing.catalogue.domain.flow import complaints
from services.marketing.enrolments.domain.dry_run import run_dry
from services.marketing.enrolments.domain.sale import sale_of
from services.marketing.profiles.domain import PartyFacts
from shared.engine.event import Event
from shared.events.agreements import AgreementAmended, AgreementSigned, AgreementTerminated
from shared.ids import derived_id
from tests.unit.marketing.facts import ADA, DAY, HOUR, NOW, definition, event, flow, sale, send
from tests.unit.marketing.test_flows import Life

SAME = {"agreement_id": "agreement_id"}
AMENDED = {"event": "agreement.amended", "match": SAME}
RENEWAL = flow(
    "renewal",
    {"event": "agreement.signed", "date": "ends_at", "offset": "-P7D", "moved_by": [AMENDED]},
    send("PT0S"),
    send("P1D"),
    entry={"key": "agreement_id"},
    exit_on=[{"event": "agreement.terminated", "match": SAME}],
)
END = NOW + 100 * DAY


def agreed(
    ends_at: datetime | None = END,
    number: int = 1,
    *,
    amended: bool = False,
    at: datetime = NOW,
    party: UUID = ADA,
) -> Event[Any]:
    model = AgreementAmended if amended else AgreementSigned
    id_ = derived_id("agreement", number)
    data = model(party_id=party, agreement_id=id_, starts_at=NOW, ends_at=ends_at, recorded_at=at)
    return event("crm.agreements", data, str(party), at, recorded=at)


def terminated(number: int = 1, at: datetime = NOW + DAY, party: UUID = ADA) -> Event[Any]:
    id_ = derived_id("agreement", number)
    data = AgreementTerminated(party_id=party, agreement_id=id_, ended_at=at, recorded_at=at)
    return event("crm.agreements", data, str(party), at, recorded=at)


def test_the_first_step_is_taken_before_the_date_and_later_ones_count_from_there() -> None:
    life = Life(RENEWAL)
    life.hear(agreed(), agreed(END + 10 * DAY, 2), agreed(None, 3))
    assert [(each.step, each.visits) for each in life.flows.values()] == [(0, 0), (0, 0)]
    life.pass_time(END - 7 * DAY - HOUR)
    assert life.steps == []
    life.pass_time(END)
    assert life.steps == [(1, 93 * DAY), (2, 94 * DAY)]
    assert sorted(map(str, life.endings)) == ["None", "completed"]


@pytest.mark.parametrize(
    ("ends_at", "steps", "reason"),
    [
        (NOW + 7 * DAY, [(1, timedelta(0))], None),
        (NOW + 6 * DAY, [(1, timedelta(0))], None),
        (NOW + 6 * DAY - HOUR, [], "expired"),
        (NOW + FURTHEST + 8 * DAY, [], "nobody"),
        (datetime.max.replace(tzinfo=UTC), [], "nobody"),
        (datetime.min.replace(tzinfo=UTC), [], "nobody"),
    ],
)
def test_a_date_that_is_past_is_taken_at_once_for_a_day_and_one_too_far_off_never(
    ends_at: datetime, steps: list[Any], reason: str | None
) -> None:
    life = Life(RENEWAL)
    life.hear(agreed(ends_at))
    assert life.steps == steps
    assert [each.reason for each in life.flows.values()] == ([] if reason == "nobody" else [reason])
    assert [each.reason for each in life.exits] == (["expired"] if reason == "expired" else [])


def test_times_count_from_a_date_that_was_past_when_its_trigger_was_reported() -> None:
    checked = flow("checked", {"event": "sale.completed", "offset": "P2D"}, send("PT0S"), send("P1D"))
    in_time, late = Life(checked), Life(checked)
    in_time.hear(sale("s"))
    late.hear(sale("s", recorded=NOW + 2 * DAY + HOUR))
    for life in (in_time, late):
        life.pass_time(NOW + 10 * DAY)
        assert (life.steps, life.endings) == ([(1, 2 * DAY), (2, 3 * DAY)], ["completed"])


@pytest.mark.parametrize(
    ("told", "steps", "ending"),
    [
        ([agreed(END + DAY, amended=True, at=NOW + DAY)], [(1, 94 * DAY), (2, 95 * DAY)], "completed"),
        ([agreed(NOW + 8 * DAY, amended=True, at=NOW + DAY)], [(1, 1 * DAY), (2, 2 * DAY)], "completed"),
        ([agreed(NOW + 7 * DAY, amended=True, at=NOW + DAY)], [(1, 1 * DAY), (2, 2 * DAY)], "completed"),
        ([agreed(NOW + 7 * DAY - HOUR, amended=True, at=NOW + DAY)], [], "exited"),
        ([agreed(None, amended=True, at=NOW + DAY)], [], "exited"),
        ([agreed(END + DAY, 2, amended=True, at=NOW + DAY)], [(1, 93 * DAY), (2, 94 * DAY)], "completed"),
        ([terminated()], [], "exited"),
        ([terminated(2)], [(1, 93 * DAY), (2, 94 * DAY)], "completed"),
        # After its first step the date is behind it.
        ([agreed(END + DAY, amended=True, at=END - 6 * DAY - HOUR)], [(1, 93 * DAY), (2, 94 * DAY)], "completed"),
        ([terminated(at=END - 6 * DAY - HOUR)], [(1, 93 * DAY), (2, 94 * DAY)], "exited"),
    ],
)
def test_the_date_moves_or_ends_with_what_it_is_of(told: list[Event[Any]], steps: list[Any], ending: str) -> None:
    whole, parts = Life(RENEWAL), Life(RENEWAL)
    whole.hear(agreed(), *told)
    for each in (agreed(), *told):
        parts.pass_time(each.time - HOUR)
        parts.hear(each)
    for life in (whole, parts):
        life.pass_time(END + 10 * DAY)
        assert (life.steps, life.endings) == (steps, [ending])


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(-3, 60)), max_size=5), st.sets(st.integers(0, 5)))
def test_whatever_moves_it_the_outcome_is_the_same_in_any_batches(moves: list[tuple[int, int]], cuts: set[int]) -> None:
    told = [agreed(NOW + 20 * DAY)]
    told += [agreed(NOW + end * DAY, amended=True, at=NOW + at * DAY) for at, end in sorted(moves)]
    whole, parts = Life(RENEWAL), Life(RENEWAL)
    whole.hear(*told)
    begin = 0
    for end in [*sorted(each for each in cuts if each < len(told)), len(told)]:
        if begin < end:
            parts.pass_time(told[begin].time - timedelta(microseconds=1))
            parts.hear(*told[begin:end])
        begin = max(begin, end)
    for life in (whole, parts):
        life.pass_time(NOW + 200 * DAY)
    assert (whole.steps, whole.endings) == (parts.steps, parts.endings)


@pytest.mark.parametrize(
    ("said", "at", "zone", "due"),
    [
        # Half past two does not exist in Denmark on 29 March 2026, and exists twice on 25 October.
        ("2026-03-22T12:00", "02:30", "Europe/Copenhagen", "2026-03-29T01:30"),
        ("2026-10-18T12:00", "02:30", "Europe/Copenhagen", "2026-10-25T00:30"),
        ("2026-03-22T12:00", "09:00", "Europe/Copenhagen", "2026-03-29T07:00"),
        # The day is the party's own.
        ("2026-03-01T23:30", "09:00", "Asia/Tokyo", "2026-03-09T00:00"),
        ("2026-03-01T23:30", "09:00", "America/New_York", "2026-03-08T13:00"),
        ("2026-03-22T12:00", None, "Europe/Copenhagen", "2026-03-29T12:00"),
        ("2024-02-22T12:00", "00:00", "UTC", "2024-02-29T00:00"),
    ],
)
def test_an_hour_is_that_of_the_partys_own_clock(said: str, at: str | None, zone: str, due: str) -> None:
    trigger = Trigger.model_validate({"event": "sale.completed", "offset": "P7D", **({"at": at} if at else {})})
    told = datetime.fromisoformat(said).replace(tzinfo=UTC)
    assert date_of(trigger, told, told, zone) == datetime.fromisoformat(due).replace(tzinfo=UTC)


def test_an_hour_asks_for_the_zone_of_the_party() -> None:
    yearly = flow("yearly", {"event": "sale.completed", "offset": "P365D", "at": "09:00"}, send("PT0S"))
    life = Life(yearly, replace(PartyFacts(), zone="Asia/Tokyo"))
    life.hear(sale("s"))
    assert [each.wakes_at for each in life.flows.values()] == [datetime(2027, 3, 2, 0, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("trigger", "field"),
    [
        ({"event": "agreement.signed", "date": "starts", "offset": "P1D"}, ("trigger", "date")),
        ({"event": "agreement.signed", "date": "revision", "offset": "P1D"}, ("trigger", "date")),
        (
            {"event": "agreement.signed", "date": "ends_at", "offset": "P1D", "moved_by": [{"event": "sale.amended"}]},
            ("trigger", "moved_by", 0),
        ),
        (
            {"event": "agreement.signed", "offset": "P1D", "moved_by": [{"event": "sale.amended", "date": "x"}]},
            ("trigger", "moved_by", 0, "date"),
        ),
    ],
)
def test_a_date_that_an_event_does_not_have_is_refused_with_its_place(trigger: Any, field: tuple[Any, ...]) -> None:
    found = definition("x", trigger=trigger, follow_up=False)
    assert [path for path, _ in complaints(found)] == [field]


@pytest.mark.parametrize(
    "trigger",
    [
        {"event": "sale.completed", "at": "09:00"},
        {"event": "sale.completed", "late": "P1D"},
        {"event": "sale.completed", "offset": "PT36H", "at": "09:00"},
        {"event": "sale.completed", "offset": "P1D", "at": 600},
        {"event": "sale.completed", "offset": "P1D", "at": "24:00"},
        {"event": "sale.completed", "offset": "P4000D"},
        {"event": "sale.completed", "offset": "P1D", "late": "-P1D"},
    ],
)
def test_a_trigger_that_makes_no_sense_is_refused(trigger: Any) -> None:
    with pytest.raises(ValueError, match=r"trigger"):
        definition("x", trigger=trigger, follow_up=False)
    assert complaints(definition("x", trigger={"event": "sale.completed", "offset": "P1D"})) != []


def test_what_says_nothing_of_dates_is_the_definition_that_it_was() -> None:
    assert RENEWAL.digest() == Definition.model_validate(RENEWAL.document()).digest()
    document = definition("x").document()
    assert document["trigger"].keys() == {"event", "where", "match"}


def test_a_dry_run_counts_dates_that_were_past_as_too_late() -> None:
    early = flow("early", {"event": "sale.completed", "offset": "-P2D"}, send("PT0S"))
    later = flow("later", {"event": "sale.completed", "offset": "P2D", "at": "09:00"}, send("PT0S"))
    sales = [sale_of(sale("s"))]
    ran = [run_dry(Campaign(each, 0), [], sales, {}, "UTC") for each in (early, later)]
    assert [(each.expired, each.enrolled) for each in ran] == [(1, 0), (0, 1)]
