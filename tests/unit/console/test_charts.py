"""The geometry of charts."""

import pytest
from hypothesis import given, strategies as st

from services.console.shell import charts

AMOUNTS = st.floats(min_value=-1e12, max_value=1e12, allow_nan=False)


@given(values=st.lists(AMOUNTS, min_size=1, max_size=60))
def test_everything_is_drawn_within_the_chart(values: list[float]) -> None:
    plot = charts.plot(len(values), values)
    for index, value in enumerate(values):
        assert charts.LEFT <= plot.x(index) <= charts.WIDTH - charts.RIGHT
        assert charts.TOP - 0.1 <= plot.y(value) <= charts.HEIGHT - charts.BOTTOM + 0.1


@given(values=st.lists(AMOUNTS, min_size=1, max_size=60))
def test_ticks_are_few_and_rise(values: list[float]) -> None:
    ticks = charts.plot(len(values), values).ticks
    assert 2 <= len(ticks) <= 8
    assert [tick.value for tick in ticks] == sorted({tick.value for tick in ticks})


@pytest.mark.parametrize(("least", "most", "values"), [(0, 95, [0, 25, 50, 75, 100]), (0, 4, [0, 1, 2, 3, 4])])
def test_steps_are_round(least: float, most: float, values: list[float]) -> None:
    assert charts.steps(least, most) == values


def test_a_line_leaves_out_what_is_not_known() -> None:
    plot = charts.plot(3, [1, 2, 3])
    assert len(plot.line([1, None, 3]).split()) == 2


def test_a_band_goes_there_and_back() -> None:
    plot = charts.plot(4, [0, 10])
    assert len(plot.band([1, 2], [3, 4], 2).split()) == 4


def test_nothing_at_all_is_still_a_chart() -> None:
    assert charts.plot(0, []).ticks


def test_a_spark_goes_from_left_to_right_and_ends_where_its_point_is() -> None:
    line = charts.spark([0, 10, 5])
    assert line.points == "3.0,25.0 60.0,3.0 117.0,14.0"
    assert (line.x, line.y) == (117.0, 14.0)
    assert charts.spark([7]).points == "3.0,3.0"


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 8)), max_size=20))
def test_no_two_arrows_of_a_flow_lie_upon_each_other(ways: list[tuple[int, int]]) -> None:
    asked = sorted({way for way in ways if way[0] != way[1]})
    drawn = charts.flow(8, [(*way, "") for way in asked])
    assert len(drawn.arrows) == len(asked)
    spans: dict[str, list[tuple[int, int]]] = {}
    beside = sorted((way for way in asked if way[1] != way[0] + 1), key=lambda way: (abs(way[1] - way[0]), way[0]))
    paths = [arrow.path for arrow in drawn.arrows if "H" in arrow.path]
    for path, (source, target) in zip(paths, beside, strict=True):
        lane = path.split("H")[1].split("V")[0]
        low, high = sorted((source, target))
        assert all(high <= begin or end <= low for begin, end in spans.get(lane, ()))
        spans.setdefault(lane, []).append((low, high))
    assert drawn.tops == sorted(drawn.tops)
    assert drawn.tops[-1] + charts.BOX_HEIGHT < drawn.height
