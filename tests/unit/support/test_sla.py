from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

import holidays
import pytest
from hypothesis import given, settings, strategies as st
from pydantic import ValidationError

from services.support.categories import load_categories, load_queues
from services.support.copies.domain import Terms
from services.support.settings import OWN_PROMISES
from services.support.sla.domain.calendar import Calendar, Hours, add_working, working_between
from services.support.sla.domain.clock import Clock, Happened, Policy, Targets, fold, slack
from services.support.sla.domain.promise import Rule, rule_for
from services.support.sla.schemas import NewCalendar
from services.support.sla.worker import load_promises
from shared.errors import ConfigurationError

MINUTE = timedelta(minutes=1)
OFFICE = Calendar(zone="Europe/Copenhagen", week=((Hours(start=540, end=1020),),) * 5 + ((),) * 2, country="DK")
ALWAYS = Calendar(zone="UTC", week=((Hours(start=0, end=1440),),) * 7)
ZONES = ["Europe/Copenhagen", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "UTC"]
EVERY_ZONE = sorted(available_timezones())
# Around changes of clocks, in and out, the day that Samoa left out, Christmas and Easter.
STARTS = [
    datetime(2026, 3, 28, 20, tzinfo=UTC),
    datetime(2026, 10, 24, 20, tzinfo=UTC),
    datetime(2026, 3, 7, 20, tzinfo=UTC),
    datetime(2026, 10, 31, 20, tzinfo=UTC),
    datetime(2026, 4, 3, 20, tzinfo=UTC),
    datetime(2011, 12, 29, 3, tzinfo=UTC),
    datetime(2026, 12, 23, 20, tzinfo=UTC),
]


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    days = []
    for _ in range(7):
        marks = draw(st.lists(st.integers(0, 48), unique=True, max_size=4).map(sorted))
        days.append(
            tuple(Hours(start=low * 30, end=high * 30) for low, high in zip(marks[::2], marks[1::2], strict=False))
        )
    return Calendar(zone=draw(st.sampled_from(ZONES)), week=tuple(days), country=draw(st.sampled_from([None, "DK"])))


@cache
def danish(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("DK", years=year))


def is_open(calendar: Calendar, at: datetime) -> bool:
    """The oracle: what the clock on the wall shows in one minute."""
    local = at.astimezone(ZoneInfo(calendar.zone))
    if calendar.country and local.date() in danish(local.year):
        return False
    minute = local.hour * 60 + local.minute
    return any(hours.start <= minute < hours.end for hours in calendar.week[local.weekday()])


@settings(deadline=None, max_examples=25)
@given(calendars(), st.sampled_from(STARTS), st.integers(0, 600), st.integers(0, 3000))
def test_working_time_is_what_the_minutes_add_up_to(
    calendar: Calendar, start: datetime, skip: int, length: int
) -> None:
    begin = start + skip * MINUTE
    minutes = [begin + n * MINUTE for n in range(length)]
    worked = sum(is_open(calendar, minute) for minute in minutes)
    assert working_between(calendar, begin, begin + length * MINUTE) == worked * MINUTE


@settings(deadline=None, max_examples=25)
@given(calendars(), st.sampled_from(STARTS), st.integers(0, 600), st.integers(1, 900))
def test_what_is_added_is_reached_at_the_minute_that_the_oracle_counts_to(
    calendar: Calendar, start: datetime, skip: int, amount: int
) -> None:
    begin = start + skip * MINUTE
    counted, reached = 0, None
    for n in range(3000):
        counted += is_open(calendar, begin + n * MINUTE)
        if counted == amount:
            reached = begin + (n + 1) * MINUTE
            break
    found = add_working(calendar, begin, amount * MINUTE)
    if reached is not None:
        assert found == reached
    elif found is not None:
        assert found > begin + 3000 * MINUTE


@cache
def days_of_changes(zone: str, year: int) -> list[date]:
    """On which the clocks of a zone are put forward or back, or the first day of the year."""
    noons = [datetime(year, 1, 1, 12, tzinfo=UTC) + timedelta(days=each) for each in range(366)]
    offsets = [noon.astimezone(ZoneInfo(zone)).utcoffset() for noon in noons]
    changed = zip(noons, offsets, offsets[1:], strict=False)
    return [noon.date() for noon, before, after in changed if before != after] or [date(year, 1, 1)]


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_in_every_zone_working_time_adds_up_and_passes_at_its_last_instant(data: st.DataObject) -> None:
    """Whatever its clocks do: half an hour, a whole day, summers that go back, and offsets with seconds."""
    zone, year = data.draw(st.sampled_from(EVERY_ZONE)), data.draw(st.integers(1975, 2037))
    calendar = data.draw(calendars()).model_copy(update={"zone": zone})
    day = data.draw(st.sampled_from(days_of_changes(zone, year)))
    seconds = st.integers(0, 4 * 86_400).map(lambda each: timedelta(seconds=each))
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=1) + data.draw(seconds)
    first, second = sorted([data.draw(seconds), data.draw(seconds)])
    between, end = begin + first, begin + second
    worked = working_between(calendar, begin, end)
    assert working_between(calendar, begin, between) + working_between(calendar, between, end) == worked
    if worked:
        reached = add_working(calendar, begin, worked)
        assert reached is not None
        assert begin < reached <= end
        assert working_between(calendar, begin, reached) == worked
        assert working_between(calendar, begin, reached - timedelta(microseconds=1)) < worked


def test_an_hour_that_comes_twice_counts_twice_and_one_that_is_left_out_not_at_all() -> None:
    night = Calendar(zone="Europe/Copenhagen", week=((Hours(start=120, end=180),),) * 7)
    for day, worked in ((date(2026, 10, 25), 120), (date(2026, 3, 29), 0), (date(2026, 6, 1), 60)):
        begin = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo("Europe/Copenhagen")).astimezone(UTC)
        assert working_between(night, begin, begin + timedelta(hours=12)) == worked * MINUTE


def test_a_calendar_that_is_never_open_promises_nothing() -> None:
    closed = Calendar(zone="UTC", week=((),) * 7)
    assert add_working(closed, STARTS[0], MINUTE) is None


@pytest.mark.parametrize(
    "broken",
    [
        {"zone": "Mars/Base", "week": [[]] * 7},
        {"zone": "UTC", "week": [[]] * 6},
        {"zone": "UTC", "week": [[{"start": 60, "end": 60}], *[[]] * 6]},
        {"zone": "UTC", "week": [[{"start": 60, "end": 120}, {"start": 100, "end": 130}], *[[]] * 6]},
        {"zone": "UTC", "week": [[]] * 7, "country": "XX"},
    ],
)
def test_a_calendar_that_makes_no_sense_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Calendar.model_validate(broken)


def test_a_day_has_so_many_hours_and_what_was_defined_before_is_still_read() -> None:
    week = [[{"start": 2 * each, "end": 2 * each + 1} for each in range(24)]] * 7
    assert len(NewCalendar.model_validate({"zone": "UTC", "week": week}).week[6]) == 24
    more = [[{"start": 2 * each, "end": 2 * each + 1} for each in range(25)], *week[1:]]
    with pytest.raises(ValidationError, match="at most 24"):
        NewCalendar.model_validate({"zone": "UTC", "week": more})
    assert len(Calendar.model_validate({"zone": "UTC", "week": more}).week[0]) == 25


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ("first_response: 60 -> first_response:", "policies.default.targets.urgent.first_response"),
        ("first_response: 60 -> first_response: 0", "policies.default.targets.urgent.first_response"),
        ("urgent: -> pressing:", "policies.default.targets.pressing"),
        ("resolution: 480 -> solution: 480", "policies.default.targets.urgent.solution"),
        ("zone: Europe/Copenhagen -> zone: Mars/Base", "calendars.office.zone"),
        ("country: DK -> country: XX", "calendars.office.country"),
    ],
)
def test_a_file_of_promises_is_refused_by_its_field(tmp_path: Path, change: str, field: str) -> None:
    before, _, after = change.partition(" -> ")
    text = OWN_PROMISES.read_text("utf-8")
    assert before in text
    path = tmp_path / "slas.yaml"
    path.write_text(text.replace(before, after), "utf-8")
    with pytest.raises(ConfigurationError) as refused:
        load_promises(path)
    assert field in str(refused.value)


@pytest.mark.parametrize("load", [load_promises, load_categories, load_queues])
@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"", b"null", b"[" * 5_000, b"a: [", b"- 1"])
@pytest.mark.slow
def test_a_file_that_defines_nothing_is_refused_by_its_name(
    tmp_path: Path, load: Callable[[Path], object], content: bytes
) -> None:
    path = tmp_path / "defined.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"defined\.yaml"):
        load(path)


T = datetime(2026, 3, 2, 9, tzinfo=UTC)
POLICY = Policy(calendar="always", targets={"normal": Targets(first_response=60, next_response=30, resolution=240)})


def clocks(*happened: tuple[int, str]) -> dict[tuple[str, int], Clock]:
    """What happened, by the minute after the ticket was opened."""
    events = [Happened(T + minute * MINUTE, kind) for minute, kind in happened]  # type: ignore[arg-type]
    return {(clock.metric, clock.cycle): clock for clock in fold(T, events, "normal", POLICY, ALWAYS)}


def due(clock: Clock) -> float | None:
    return None if clock.due_at is None else (clock.due_at - T) / MINUTE


def test_clocks_begin_when_a_ticket_opens_and_warn_before_they_are_due() -> None:
    found = clocks()
    assert {key: due(clock) for key, clock in found.items()} == {("first_response", 1): 60, ("resolution", 1): 240}
    first = found["first_response", 1]
    assert (first.warned(T + 47 * MINUTE), first.warned(T + 48 * MINUTE)) == (False, True)
    assert (first.breached(T + 59 * MINUTE), first.breached(T + 60 * MINUTE), first.met) == (False, True, False)


@pytest.mark.parametrize(("minute", "met"), [(59, True), (60, False), (61, False)])
def test_an_answer_keeps_the_promise_before_the_moment_that_it_is_due(minute: int, met: bool) -> None:
    clock = clocks((minute, "agent"))["first_response", 1]
    assert (clock.met, clock.breached(T + 500 * MINUTE)) == (met, not met)


def test_each_message_that_nobody_answered_has_a_clock_of_its_own() -> None:
    found = clocks((10, "agent"), (20, "customer"), (25, "customer"), (40, "agent"), (90, "customer"))
    assert {key: due(clock) for key, clock in found.items() if key[0] == "next_response"} == {
        ("next_response", 1): 50,
        ("next_response", 2): 120,
    }
    assert found["next_response", 1].met
    assert found["next_response", 2].ended_at is None


def test_the_first_response_is_not_overruled_by_the_next_one() -> None:
    assert set(clocks((5, "customer"), (10, "customer"))) == {("first_response", 1), ("resolution", 1)}


def test_a_pause_stops_clocks_and_moves_what_is_due() -> None:
    assert due(clocks((10, "agent"), (100, "paused"))["resolution", 1]) is None
    assert due(clocks((10, "agent"), (100, "paused"), (160, "running"))["resolution", 1]) == 300


def test_a_pause_after_it_was_due_mends_nothing() -> None:
    assert clocks((250, "paused"), (260, "running"), (270, "resolved"))["resolution", 1].breached(T + 300 * MINUTE)


def test_what_is_reopened_goes_on_where_it_stood_as_a_further_cycle() -> None:
    found = clocks((10, "agent"), (100, "resolved"), (150, "resolved"), (200, "reopened"))
    first, second = found["resolution", 1], found["resolution", 2]
    assert (due(first), first.ended_at, first.met) == (240, T + 100 * MINUTE, True)
    assert (due(second), second.ended_at) == (340, None)


def test_spam_and_merged_tickets_owe_nothing() -> None:
    clock = clocks((30, "ended"))["first_response", 1]
    assert (clock.cancelled, clock.met, clock.breached(T + 500 * MINUTE)) == (True, False, False)


def test_what_is_no_spam_after_all_or_was_merged_wrongly_goes_on_where_it_stood() -> None:
    clock = clocks((30, "ended"), (130, "running"))["first_response", 1]
    assert (clock.cancelled, clock.ended_at, due(clock)) == (False, None, 160)


@pytest.mark.parametrize(("minute", "left"), [(0, 1.0), (45, 0.25), (60, 0.0)])
def test_slack_is_the_share_left_of_the_time_to_the_deadline_that_comes_first(minute: int, left: float) -> None:
    assert slack(clocks().values(), ALWAYS, T + minute * MINUTE) == left
    assert slack(clocks((5, "paused")).values(), ALWAYS, T) is None


def test_the_newest_agreement_that_names_a_policy_decides_else_the_default() -> None:
    rules = {name: Rule(name, 1, POLICY, 1, ALWAYS) for name in ("default", "gold")}
    names = [("gold", 1), ("unheard", 2), (None, 3)]
    terms = [Terms(UUID(int=number), policy, None, T) for policy, number in names]
    found = rule_for(terms, rules)
    assert found is not None
    assert (found.name, found.agreement_id) == ("gold", UUID(int=1))
    assert rule_for([], rules) == rules["default"]
    assert rule_for(terms, {}) is None


kinds = st.sampled_from(["customer", "agent", "paused", "running", "resolved", "reopened"])


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 400), kinds), max_size=8).map(sorted), calendars())
def test_the_resolution_is_due_when_the_minutes_that_run_add_up(
    happened: list[tuple[int, str]], calendar: Calendar
) -> None:
    events = [Happened(T + minute * MINUTE, kind) for minute, kind in happened]  # type: ignore[arg-type]
    clock = [each for each in fold(T, events, "normal", POLICY, calendar) if each.metric == "resolution"][-1]
    counted, reached, running = 0, None, True
    for n in range(2000):
        for minute, kind in happened:
            if minute != n or (clock.ended_at is not None and T + minute * MINUTE >= clock.ended_at):
                continue  # what comes as the clock ends says nothing of it
            if kind in {"paused", "resolved"}:
                running = False
            elif kind in {"running", "reopened"}:
                running = True
        counted += running and is_open(calendar, T + n * MINUTE)
        if counted == 240:
            reached = T + (n + 1) * MINUTE
            break
    if reached is not None:
        assert clock.due_at == reached
    else:
        assert clock.due_at is None or clock.due_at > T + 2000 * MINUTE


def test_an_office_keeps_no_promise_over_a_weekend_or_a_holiday() -> None:
    friday = datetime(2026, 4, 1, 14, 30, tzinfo=UTC)  # the Wednesday before Easter, 16:30 in Copenhagen
    found = fold(friday, [], "normal", POLICY, OFFICE)[0]
    assert found.due_at == datetime(2026, 4, 7, 7, 30, tzinfo=UTC)
