"""When a trend is told, what it is told as, and when it is over."""

import random
from datetime import date
from math import exp

import numpy as np
import pytest

from services.forecasting.cuts.domain import WEEK
from services.forecasting.fitting.breaks import find_breaks
from services.forecasting.fitting.trends import find_trends
from services.forecasting.trends.domain import Because, Finding, Found, Kind, Trend, Watched, decide
from shared.ids import derived_id

END = date(2026, 1, 5)
TOYS = "sales:department:TOYS:week:DKK"


def noise(name: str, count: int = 60, spread: float = 0.06) -> list[float]:
    rng = random.Random(name)
    return [1e6 * exp(rng.gauss(0, spread)) for _ in range(count)]


def sales(**changed: list[float]) -> Watched:
    """Beside eleven departments in which nothing happens."""
    return Watched({**{f"calm-{n}": noise(f"calm-{n}") for n in range(11)}, **changed}, {}, {})


def news(found: Found) -> list[tuple[str, Kind, int, float]]:
    return [(one.series, one.kind, one.weeks, one.change) for one in found.findings if one.news]


@pytest.mark.parametrize(
    ("changed", "kind", "weeks", "change"),
    [
        ([1.0] * 52 + [1.5] * 8, "level", 8, 0.5),
        ([1.0] * 53 + [0.6] * 7, "level", 7, -0.4),
        ([1.0] * 48 + [1.06**n for n in range(1, 13)], "slope", 12, 1.0),
        ([1.0] * 59 + [1.8], "anomaly", 1, 0.8),
    ],
    ids=["more", "less", "more and more", "one week"],
)
def test_a_change_is_told_as_what_it_is(changed: list[float], kind: Kind, weeks: int, change: float) -> None:
    one = [value * times for value, times in zip(noise("one"), changed, strict=True)]

    told = news(find_trends(sales(one=one)))

    assert [(series, known) for series, known, _, _ in told] == [("one", kind)]
    assert told[0][2] == pytest.approx(weeks, abs=2)
    assert told[0][3] == pytest.approx(change, abs=0.3)


@pytest.mark.parametrize(
    "values",
    [
        noise("calm", spread=0.3),
        [value * 1.02**week for week, value in enumerate(noise("grows"))],
        [value * (1.6 if week == 50 else 1) for week, value in enumerate(noise("was odd"))],
        [value * (1.5 if week >= 30 else 1) for week, value in enumerate(noise("long ago"))],
        [0.0, 0.0, 900.0] * 20,
        [7.0] * 60,
        [0.0] * 60,
        [1e22] * 60,
        [-5.0] * 60,
        noise("short", 8),
        [],
    ],
    ids=["calm", "grows", "odd once", "broke", "at times", "same", "zeros", "absurd", "below zero", "short", "empty"],
)
def test_nothing_is_told_where_nothing_changes(values: list[float]) -> None:
    assert news(find_trends(sales(one=values))) == []


@pytest.mark.parametrize("weeks", [25, 26, 27, 52, 53, 77, 78, 79, 104, 120])
@pytest.mark.parametrize("since", [5, 14, 20])
def test_however_long_a_series_is_known_it_can_be_looked_at(weeks: int, since: int) -> None:
    bent = [value * 1.06 ** max(week - weeks + since, 0) for week, value in enumerate(noise("bent", weeks))]

    found = find_trends(Watched({"one": bent}, {"one": bent, "two": noise("two", weeks)}, {}))

    assert found.looked == ({"one", "two"} if weeks >= 26 else set())


def test_what_comes_every_year_is_a_season_and_no_break() -> None:
    rng = random.Random(9)
    summer = [1e6 * exp(rng.gauss(0, 0.05)) * (1.6 if week % 52 in range(43, 52) else 1) for week in range(104)]

    assert news(find_trends(sales(one=summer))) == []
    assert news(find_trends(sales(one=summer[52:]))) != []


def test_tastes_move_from_one_department_to_another() -> None:
    rng = random.Random(2)
    lines = {f"d{n}": [float(rng.randint(930, 1070)) for _ in range(50)] for n in range(8)}
    lines["d3"][-7:] = [float(rng.randint(1500, 1700)) for _ in range(7)]

    assert [(series, kind) for series, kind, _, _ in news(find_trends(Watched({}, lines, {})))] == [("d3", "share")]


def test_a_department_that_began_later_has_a_share_too() -> None:
    rng = random.Random(2)
    lines = {f"d{n}": [float(rng.randint(930, 1070)) for _ in range(150)] for n in range(8)}
    lines["later"] = [float(rng.randint(930, 1070)) for _ in range(55)]

    assert find_trends(Watched({}, lines, {})).looked == lines.keys()


def test_products_come_up_and_fade_beside_all_others() -> None:
    rng = random.Random(7)
    units = {f"p{n}": [rng.randint(20, 30) for _ in range(26)] for n in range(30)}
    units["new"] = [*[0] * 14, 3, 5, 8, 15, 19, 26, 30, 34, 41, 44, 46, 45]
    units["old"] = units["new"][::-1]

    found = find_trends(Watched({}, {}, units))

    assert [(one.sku, one.kind, one.change > 0) for one in found.findings if one.news] == [
        ("new", "emerging", True),
        ("old", "fading", False),
    ]


def test_a_product_of_a_season_neither_emerges_nor_fades() -> None:
    rng = random.Random(3)
    units = {f"p{n}": [rng.randint(20, 30) for _ in range(78)] for n in range(30)}
    wave = [2, 3, 5, 8, 14, 20, 28, 35, 42, 50, 55, 60, 64]
    units["ice"] = [*[2] * 13, *wave, *[20] * 26, *[2] * 13, *wave]

    assert news(find_trends(Watched({}, {}, units))) == []


def finding(weeks: int, change: float = 0.3, kind: Kind = "level", *, new: bool = True) -> Finding:
    return Finding(kind, TOYS, weeks, change, 0.001, new)


def trend(weeks: int, change: float = 0.3, kind: Kind = "level") -> Trend:
    return Trend(derived_id("t", weeks), kind, TOYS, END - WEEK * weeks, change, 0.001, END - WEEK, ())


@pytest.mark.parametrize(
    ("told", "findings", "looked", "because"),
    [
        (trend(6), [finding(6)], True, None),
        (trend(6), [finding(6, new=False)], True, None),
        (trend(6), [finding(6, kind="slope")], True, None),
        (trend(6), [], True, "over"),
        (trend(6), [], False, None),
        (trend(9), [finding(4, -0.3)], True, "turned"),
        (trend(14), [finding(13)], True, "settled"),
        (trend(14), [], False, "settled"),
        (trend(2, kind="anomaly"), [finding(2)], True, "over"),
        (trend(30, kind="emerging"), [finding(13, kind="emerging")], True, None),
        (trend(30, kind="emerging"), [], False, "settled"),
    ],
)
def test_a_trend_stands_until_it_is_over(
    told: Trend, findings: list[Finding], because: Because | None, *, looked: bool
) -> None:
    _, cleared = decide(Found(findings, {TOYS} if looked else ()), [told], {}, END, END)

    assert [one.because for one in cleared] == ([because] if because else [])


@pytest.mark.parametrize(
    ("found", "before", "told"),
    [
        (finding(5), None, 1),
        (finding(5, new=False), None, 0),
        (finding(10), trend(14), 0),  # the same one, whose week was found otherwise
        (finding(5), trend(14), 1),
        (finding(10, -0.3), trend(14), 1),
    ],
)
def test_a_trend_is_told_once(found: Finding, before: Trend | None, told: int) -> None:
    lately = {(TOYS, "trend"): before} if before else {}

    assert len(decide(Found([found], {TOYS}), [], lately, END, END)[0]) == told
    open_ = [trend(6)]
    assert decide(Found([finding(5)], {TOYS}), open_, {}, END, END) == ([], [])


@pytest.mark.parametrize(("weeks", "alike"), [(26, 0.0), (26, 0.6), (52, 0.3)])
def test_a_chance_is_one_in_short_series_too_whose_weeks_go_on_from_each_other(weeks: int, alike: float) -> None:
    """Of series without a break about a hundredth have a chance of a hundredth; of the most alike ones no more than
    three, for how alike they are must be guessed from few weeks.
    """
    rng = np.random.default_rng(3)
    chances = []
    for _ in range(400):
        values = rng.standard_normal(weeks + 40)
        for week in range(1, len(values)):
            values[week] += alike * values[week - 1]
        chances.append(find_breaks(values[40:]).recent.chance)

    assert sum(chance <= 0.01 for chance in chances) <= 400 * 0.03
    assert sum(chance <= 0.1 for chance in chances) >= 400 * 0.02
