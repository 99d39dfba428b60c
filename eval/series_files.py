"""Series of other people's files: a row a value, a column a series, or a row a series, of any spacing and with gaps."""

import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import log
from pathlib import Path

from eval.cells import is_number, read_numbers, read_time, read_times
from eval.columns import SERIES, Roles, plain, steps_of
from eval.setting import Setting, UnfitError, say
from eval.tables import Table, read_table
from eval.values import SPACINGS, Set, Spacing, fewest, make_set

_MOST_MISSING = 100
"""Steps that a series may span for each of its values."""
_MOST_SERIES = 60
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
_ALONE = ("series", "uniqueid", "seriesid")
"""Columns that name a series by themselves."""
_PARTS = "store storeid shop dept department item itemid sku product productid family category region channel symbol"
_PART_OF = frozenset(_PARTS.split())
Values = Mapping[str, Mapping[datetime, float]]


def read_series(path: Path, roles: Roles, setting: Setting) -> Set:
    """Raises UnfitError, naming the line, where a value is no number or a date none; and where it is not clear what is
    what. Of very many series some are drawn, unless everything is asked for.
    """
    table = read_table(path)
    steps = steps_of(table) if roles.kind != SERIES and "date" not in roles.columns else []
    if steps and not re.search(r"\d{4}", steps[0]):
        found = _rows_of_steps(table, steps, roles)
    else:
        rows = _rows_of_dates(table, steps, roles) if steps else _long(table, roles)
        found = make_series(path.name, rows, roles.told.get("spacing"))
    if len(found.series) > _MOST_SERIES and not setting.full:
        say(f"  {path.name}: {_MOST_SERIES} of {len(found.series)} series are drawn; --full measures all")
        chosen = random.Random(setting.seed).sample(sorted(found.series), _MOST_SERIES)
        found = replace(found, series={name: found.series[name] for name in sorted(chosen)})
    return found


def make_series(name: str, values: Values, spacing: str | None = None) -> Set:
    """What is missing between two is drawn as a line, or 0 where zeros are usual. Values of one step are added up.

    Raises UnfitError where no series is long enough to be judged, or one ends beyond all reason.
    """
    chosen = _named(spacing) if spacing else _spacing_of(values.values())
    filled = {}
    for one, known in values.items():
        sums: defaultdict[int, float] = defaultdict(float)
        for at, value in known.items():
            sums[_place(at, chosen.name)] += value
        if sums:
            if (most := max(sums) - min(sums)) > _MOST_MISSING * len(sums):
                raise UnfitError(
                    f"{name}: series {one!r} has {len(known)} values for {most} steps, a date may be wrong"
                )
            filled[one] = _fill(sums)
    return _checked(make_set(f"{chosen.name}, {name.rpartition('.')[0] or name}", filled, chosen), filled, chosen)


def _checked(found: Set, filled: Mapping[str, list[float]], spacing: Spacing) -> Set:
    if not found.series:
        longest = max(map(len, filled.values()), default=0)
        raise UnfitError(
            f"{found.name}: more than {fewest(spacing)} values of a series are needed, {longest} are there"
        )
    return found


def _long(table: Table, roles: Roles) -> Values:
    """A row a value; without a column of values, each column of numbers is a series."""
    dates = read_times(table, roles.column("date", table.path), roles.told)
    names = _names_of(table, roles)
    measures = (
        [roles.columns["value"]]
        if "value" in roles.columns and roles.kind == SERIES
        else [
            column
            for column in table.columns
            if column not in (roles.columns["date"], roles.columns.get("series"))
            and any(map(is_number, table.columns[column]))
        ]
    )
    found: defaultdict[str, defaultdict[datetime, float]] = defaultdict(lambda: defaultdict(float))
    for measure in measures:
        for row, value in enumerate(read_numbers(table, measure, roles.told)):
            if value is not None:
                if (at := dates[row]) is None:
                    raise UnfitError(f"{table.where(row)}: '' is no date; a value stands beside it")
                found[_joined(names[row], measure if len(measures) > 1 else "")][at] += value
    return found


def _names_of(table: Table, roles: Roles) -> list[str]:
    """Of each row; where no column names the series by itself, those of store, product and the like do together."""
    own = roles.columns.get("series")
    parts = [own] if own else []
    if own and plain(own) not in _ALONE:
        parts = [column for column in table.columns if column == own or plain(column) in _PART_OF]
    return [" ".join(cells) for cells in zip(*(table.columns[part] for part in parts), strict=True)] or [""] * len(
        table.lines
    )


def _joined(name: str, measure: str) -> str:
    return " ".join(part for part in (name, measure) if part) or "values"


def _rows_of_dates(table: Table, steps: list[str], roles: Roles) -> Values:
    """A row a series, whose columns are named by times."""
    times = [read_time(step, roles.told.get("dates", "dmy")) for step in steps]
    return {name: dict(zip(times, values, strict=False)) for name, values in _read_rows(table, steps, roles).items()}


def _rows_of_steps(table: Table, steps: list[str], roles: Roles) -> Set:
    """A row a series, as in the M competitions, whose columns are numbered; values that are told apart by the name
    (`NAME-train`, `NAME-test`) go on from each other. The spacing is in the file's name, or is said.
    """
    stem = table.path.stem.lower()
    told = roles.told.get("spacing") or next((one.name for one in SPACINGS if one.name in stem), None)
    if told is None:
        raise UnfitError(f"{table.path.name}: how far apart are its values? Say spacing=monthly or the like")
    values = _read_rows(table, steps, roles)
    after = table.path.with_name(re.sub(r"train(?=\.\w+$)", "test", table.path.name))
    if after != table.path and after.is_file():
        later = read_table(after)
        for name, more in _read_rows(later, steps_of(later), roles).items():
            values[name] = [*values.get(name, []), *more]
    chosen = _named(told)
    return _checked(make_set(f"{chosen.name}, {table.path.stem}", values, chosen), values, chosen)


def _read_rows(table: Table, steps: list[str], roles: Roles) -> dict[str, list[float]]:
    """By the first column; what is missing within is as the value before, at the ends there is nothing."""
    named = roles.columns.get("series") or next((name for name in table.columns if name not in steps), None)
    rows = zip(*(read_numbers(table, step, roles.told) for step in steps), strict=True)
    found: dict[str, list[float]] = {}
    for row, values in enumerate(rows):
        kept = list[float]()
        known = [place for place, value in enumerate(values) if value is not None]
        for value in values[known[0] : known[-1] + 1] if known else ():
            kept.append(kept[-1] if value is None else value)
        found[table.columns[named][row] if named else f"row {row + 1}"] = kept
    return found


def _named(spacing: str) -> Spacing:
    return next(one for one in SPACINGS if one.name == spacing)


def _spacing_of(series: Iterable[Mapping[datetime, float]]) -> Spacing:
    """The nearest to the step that is usual; where steps differ, to the median one."""
    steps = Counter(after - before for known in series for before, after in pairwise(sorted(known)))
    if not steps:
        return _named("daily")
    usual, count = steps.most_common(1)[0]
    if count < steps.total() / 2:
        usual = sorted(steps.elements())[steps.total() // 2]
    return min(SPACINGS, key=lambda one: abs(log(max(usual, timedelta(seconds=1)) / one.step)))


def _place(at: datetime, spacing: str) -> int:
    """The number of the step of the calendar in which a time lies; a week begins on a Sunday."""
    at = at.astimezone(UTC) if spacing == "hourly" else at
    match spacing:
        case "hourly":
            return (at - _FIRST) // timedelta(hours=1)
        case "daily":
            return at.toordinal()
        case "weekly":
            return at.toordinal() // 7
        case "monthly":
            return at.year * 12 + at.month
        case "quarterly":
            return at.year * 4 + (at.month - 1) // 3
    return at.year


def _fill(known: Mapping[int, float]) -> list[float]:
    """Gaps as a line, or as 0 where more than a twentieth of what is known is 0."""
    places = sorted(known)
    zeros = sum(value == 0 for value in known.values()) > len(known) / 20
    found = [known[places[0]]]
    for before, after in pairwise(places):
        gap = after - before
        rise = known[after] - known[before]
        found += [0.0 if zeros else known[before] + rise * step / gap for step in range(1, gap)]
        found.append(known[after])
    return found
