from datetime import UTC, date, datetime
from math import nan

import pytest

from services.forecasting.cuts.domain import WEEK
from services.forecasting.forecasts.domain.forecast import combined, publish, quality_of
from services.forecasting.forecasts.domain.outlook import SEASONAL_NAIVE, Outlook, Track
from services.forecasting.series.domain import DepartmentWeek
from shared.ids import derived_id

FIRST, NOW = date(2026, 1, 5), datetime(2026, 3, 2, 9, tzinfo=UTC)
CUT = FIRST + WEEK * 8
OLDER = derived_id("older")


def fitted(department: str, *origins: int, spread: float = 5.0) -> dict[DepartmentWeek, Track]:
    """A series with outlooks from earlier origins, and the one from the cut on."""
    outlooks = tuple(_outlook(origin, spread) for origin in (*origins, 8))
    return combined({DepartmentWeek(department, "DKK"): Track(FIRST, (100.0,) * 8, outlooks)})


def _outlook(weeks: int, spread: float) -> Outlook:
    said = {SEASONAL_NAIVE: (100.0,) * 4}
    return Outlook(FIRST + WEEK * weeks, "log", said, (spread,) * 4, 4.0)


def test_each_series_gets_four_weeks_from_the_cut_on() -> None:
    (one,), _ = publish(CUT, fitted("TOYS"), {}, NOW)

    assert [point.at.date() for point in one.points] == [CUT + WEEK * ahead for ahead in range(4)]
    assert (one.series, one.unit, one.horizon) == ("sales:department:TOYS:week:DKK", "DKK minor", 4)
    assert one.backtest is None


def test_a_forecast_names_the_one_that_it_replaces() -> None:
    series = DepartmentWeek("TOYS", "DKK").id
    (one,), _ = publish(CUT, fitted("TOYS"), {series: OLDER}, NOW)

    assert one.supersedes == OLDER


def test_the_same_input_gives_the_same_forecasts_in_the_same_order() -> None:
    toys, bread = fitted("TOYS", 4), fitted("BREAD")

    assert publish(CUT, toys | bread, {}, NOW) == publish(CUT, bread | toys, {}, NOW)


def test_quality_is_kept_apart_by_model() -> None:
    forecasts, _ = publish(CUT, fitted("TOYS", 4) | fitted("BREAD"), {}, NOW)

    assert quality_of(forecasts)["weighted/1"]["series"] == 1
    assert quality_of(forecasts)["weighted/1"]["coverage80"] == 1.0


@pytest.mark.parametrize(
    ("name", "key"), [("DRUG GM", "DRUG GM"), ("a:b", "a%3Ab"), ("Brød", "Br%C3%B8d"), ("100%", "100%25")]
)
def test_a_series_id_is_ascii_and_unambiguous(name: str, key: str) -> None:
    assert DepartmentWeek(name, "EUR").id == f"sales:department:{key}:week:EUR"


def test_numbers_beyond_calculation_set_one_series_aside_and_the_others_stand() -> None:
    wild = fitted("WILD", spread=nan)

    forecasts, failed = publish(CUT, wild | fitted("TOYS"), {}, NOW)

    assert [one.series for one in forecasts] == ["sales:department:TOYS:week:DKK"]
    assert list(failed) == ["sales:department:WILD:week:DKK"]
    assert failed["sales:department:WILD:week:DKK"].startswith("forecast: ValueError")


@pytest.mark.parametrize("name", ["\N{PILE OF POO}" * 100, "B" * 100, "Å" * 60 + "\0" * 40])
def test_a_long_name_makes_a_key_that_a_header_can_hold_and_that_is_its_own(name: str) -> None:
    key, other = (DepartmentWeek(name + end, "EUR").id for end in ("", "x"))

    assert key.isascii()
    assert len(key) < 400
    assert key != other
