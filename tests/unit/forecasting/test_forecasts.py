from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from math import nan
from types import MappingProxyType
from uuid import UUID

import pytest

from services.forecasting.cuts.domain import WEEK
from services.forecasting.forecasts.domain.forecast import Standard, publish
from services.forecasting.forecasts.domain.outlook import SEASONAL_NAIVE, Outlook, Track
from services.forecasting.series.domain import DepartmentWeek
from shared.events.insights import ForecastPublished
from shared.ids import derived_id

FIRST, NOW = date(2026, 1, 5), datetime(2026, 3, 2, 9, tzinfo=UTC)
CUT = FIRST + WEEK * 8
OLDER = derived_id("older")


def fitted(department: str, *origins: int, spread: float = 5.0) -> dict[DepartmentWeek, Track]:
    """A series with outlooks from earlier origins, and the one from the cut on."""
    outlooks = tuple(_outlook(origin, spread) for origin in (*origins, 8))
    return {DepartmentWeek(department, "DKK"): Track(FIRST, (100.0,) * 8, outlooks)}


def published(
    tracks: Mapping[DepartmentWeek, Track], latest: Mapping[str, UUID] = MappingProxyType({})
) -> tuple[list[ForecastPublished], dict[str, str]]:
    standard = Standard()
    standard.weigh(tracks.values())
    standard.judge(tracks.values())
    return publish(CUT, standard.combined(tracks), standard.factors(), latest, NOW)


def _outlook(weeks: int, spread: float) -> Outlook:
    said = {SEASONAL_NAIVE: (100.0,) * 4}
    return Outlook(FIRST + WEEK * weeks, "log", said, (spread,) * 4, 4.0)


def test_each_series_gets_four_weeks_from_the_cut_on() -> None:
    (one,), _ = published(fitted("TOYS"))

    assert [point.at.date() for point in one.points] == [CUT + WEEK * ahead for ahead in range(4)]
    assert (one.series, one.unit, one.horizon) == ("sales:department:TOYS:week:DKK", "DKK minor", 4)
    assert one.backtest is None


def test_a_forecast_names_the_one_that_it_replaces() -> None:
    series = DepartmentWeek("TOYS", "DKK").id
    (one,), _ = published(fitted("TOYS"), {series: OLDER})

    assert one.supersedes == OLDER


def test_the_same_input_gives_the_same_forecasts_in_the_same_order() -> None:
    toys, bread = fitted("TOYS", 4), fitted("BREAD")

    assert published(toys | bread) == published(bread | toys)


def test_an_outlook_that_another_instance_kept_meanwhile_stops_nothing() -> None:
    standard, ((series, track), *_) = Standard(), fitted("TOYS", 4, 6).items()
    standard.weigh([track])
    standard.judge([replace(track, outlooks=track.outlooks[:1] + track.outlooks[2:])])

    (one,), failed = publish(CUT, standard.combined({series: track}), standard.factors(), {}, NOW)

    assert (one.series, failed) == (series.id, {})


def test_a_series_without_an_outlook_from_the_cut_is_set_aside() -> None:
    (series, track), *_ = fitted("TOYS", 4).items()

    forecasts, failed = published({series: replace(track, outlooks=track.outlooks[:1])} | fitted("BREAD"))

    assert [one.series for one in forecasts] == ["sales:department:BREAD:week:DKK"]
    assert failed == {series.id: "forecast: ValueError: there is no outlook from the cut"}


@pytest.mark.parametrize(
    ("name", "key"), [("DRUG GM", "DRUG GM"), ("a:b", "a%3Ab"), ("Brød", "Br%C3%B8d"), ("100%", "100%25")]
)
def test_a_series_id_is_ascii_and_unambiguous(name: str, key: str) -> None:
    assert DepartmentWeek(name, "EUR").id == f"sales:department:{key}:week:EUR"


def test_numbers_beyond_calculation_set_one_series_aside_and_the_others_stand() -> None:
    wild = fitted("WILD", spread=nan)

    forecasts, failed = published(wild | fitted("TOYS"))

    assert [one.series for one in forecasts] == ["sales:department:TOYS:week:DKK"]
    assert list(failed) == ["sales:department:WILD:week:DKK"]
    assert failed["sales:department:WILD:week:DKK"].startswith("forecast: ValueError")


@pytest.mark.parametrize("name", ["\N{PILE OF POO}" * 100, "B" * 100, "Å" * 60 + "\0" * 40])
def test_a_long_name_makes_a_key_that_a_header_can_hold_and_that_is_its_own(name: str) -> None:
    key, other = (DepartmentWeek(name + end, "EUR").id for end in ("", "x"))

    assert key.isascii()
    assert len(key) < 400
    assert key != other
