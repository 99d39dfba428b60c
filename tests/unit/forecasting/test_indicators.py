from dataclasses import replace
from datetime import UTC, datetime

from services.forecasting.indicators.domain import Observation, newest
from tests.unit.forecasting.facts import at, observed


def test_of_one_moment_what_is_said_last_holds_whatever_came_between() -> None:
    events = [
        observed("cpi", "2026-02-01", 101.5, "2015=100"),
        observed("rate", "2026-01-01", 3.5),
        observed("cpi", "2026-01-01", 101.0),
        observed("cpi", "2026-02-01", 101.7, name="revised"),
    ]
    assert newest(events) == [
        Observation("cpi", at("2026-01-01"), 101.0),
        Observation("cpi", at("2026-02-01"), 101.7),
        Observation("rate", at("2026-01-01"), 3.5),
    ]


def test_the_first_moment_there_is_can_be_written() -> None:
    said = replace(observed("cpi", "2026-01-01", 1.0), time=datetime.min.replace(tzinfo=UTC))
    assert newest([said]) == [Observation("cpi", datetime(1, 1, 2, tzinfo=UTC), 1.0)]
