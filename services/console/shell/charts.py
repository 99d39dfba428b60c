"""Charts as SVG geometry: numbers in, points and ticks out; templates draw them, and show the numbers as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

WIDTH, HEIGHT = 760, 240
LEFT, RIGHT, TOP, BOTTOM = 76, 8, 10, 24


@dataclass(frozen=True, slots=True)
class Tick:
    """Where a value or a label stands."""

    at: float
    value: float


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to places along one axis."""

    least: float
    most: float
    begin: float
    end: float

    def __call__(self, value: float) -> float:
        span = self.most - self.least or 1
        return round(self.begin + (value - self.least) / span * (self.end - self.begin), 1)


def steps(least: float, most: float, wanted: int = 4, finest: float = 0) -> list[float]:
    """Round values from below `least` to above `most`, some `wanted` of them, `finest` apart or more."""
    span = (most - least) or abs(most) or 1
    rough = span / wanted
    magnitude = 10 ** floor(log10(rough))
    step = max(finest, next(factor * magnitude for factor in (1, 2, 2.5, 5, 10) if factor * magnitude >= rough))
    first, last = floor(least / step), ceil(most / step)
    return [number * step for number in range(first, last + 1)]


@dataclass(frozen=True, slots=True)
class Plot:
    """The area of a chart over `count` equal places from left to right."""

    count: int
    values: Scale
    ticks: list[Tick]

    def x(self, index: int) -> float:
        """The middle of a place."""
        return round(LEFT + (index + 0.5) * (WIDTH - LEFT - RIGHT) / max(self.count, 1), 1)

    def y(self, value: float) -> float:
        return self.values(value)

    @property
    def breadth(self) -> float:
        """Of a bar."""
        return min(round((WIDTH - LEFT - RIGHT) / max(self.count, 1) * 0.7, 1), 40)

    def line(self, values: Sequence[float | None], first: int = 0) -> str:
        """The points of a polyline; places without a value are left out."""
        return " ".join(f"{self.x(first + i)},{self.y(v)}" for i, v in enumerate(values) if v is not None)

    def band(self, low: Sequence[float], high: Sequence[float], first: int = 0) -> str:
        """The points of a polygon between two lines."""
        there = [f"{self.x(first + i)},{self.y(v)}" for i, v in enumerate(high)]
        back = [f"{self.x(first + i)},{self.y(v)}" for i, v in reversed(list(enumerate(low)))]
        return " ".join((*there, *back))

    def labelled(self, most: int = 6) -> list[int]:
        """The places whose labels fit, the last one among them."""
        every = max(1, ceil(self.count / most))
        return [index for index in range(self.count) if (self.count - 1 - index) % every == 0]


def plot(count: int, values: Sequence[float | None], *, from_zero: bool = True, finest: float = 0) -> Plot:
    """A plot that has room for all of these values; its ticks are `finest` apart or more."""
    known = [value for value in values if value is not None] or [0]
    least = min(0, *known) if from_zero else min(known)
    round_values = steps(least, max(least + 1, *known), finest=finest)
    scale = Scale(round_values[0], round_values[-1], HEIGHT - BOTTOM, TOP)
    return Plot(count, scale, [Tick(scale(value), value) for value in round_values])


@dataclass(frozen=True, slots=True)
class Spark:
    """A line of 120 by 28 without axes, and where it ends."""

    points: str
    x: float
    y: float


def spark(values: Sequence[float]) -> Spark:
    """From zero or below up to the most; of at least one value."""
    across = Scale(0, max(len(values) - 1, 1), 3, 117)
    up = Scale(min(0, *values, 0), max(*values, 0), 25, 3)
    places = [(across(index), up(value)) for index, value in enumerate(values)]
    return Spark(" ".join(f"{x},{y}" for x, y in places), *places[-1])


STEP, BOX_WIDTH, BOX_HEIGHT, LANE = 68, 300, 44, 26


@dataclass(frozen=True, slots=True)
class Arrow:
    """A way between two boxes of a flow: its line, and where its text stands."""

    path: str
    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Flow:
    """Boxes under each other, the last one for the end; arrows that pass a box by run beside them, each in a lane."""

    height: int
    tops: list[int]
    arrows: list[Arrow]


def flow(count: int, ways: Sequence[tuple[int, int, str]]) -> Flow:
    """Of so many boxes before the end, and ways from box to box with their texts."""
    tops = [4 + STEP * place for place in range(count + 1)]
    taken: list[list[tuple[int, int]]] = []
    arrows = []
    for source, target, text in sorted(ways, key=lambda way: (abs(way[1] - way[0]), way[0])):
        if target == source + 1:
            x, foot = 2 + BOX_WIDTH / 2, tops[source] + BOX_HEIGHT
            arrows.append(Arrow(f"M{x} {foot}V{tops[target] - 3}", x + 8, foot + 15, text))
            continue
        low, high = sorted((source, target))
        lane = next((at for at, spans in enumerate(taken) if all(high <= a or b <= low for a, b in spans)), len(taken))
        if lane == len(taken):
            taken.append([])
        taken[lane].append((low, high))
        edge, bend = 2 + BOX_WIDTH, 2 + BOX_WIDTH + LANE * (lane + 1)
        begin, end = tops[source] + BOX_HEIGHT * 0.6, tops[target] + BOX_HEIGHT * 0.4
        arrows.append(Arrow(f"M{edge} {begin}H{bend}V{end}H{edge + 3}", bend + 6, begin + 4, text))
    return Flow(STEP * count + BOX_HEIGHT + 8, tops, arrows)
