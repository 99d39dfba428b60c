"""What the texts of a column say: numbers, times, yes or no. Each is read as the whole column makes it plain.

Where a column leaves open how it is to be read, UnfitError says so, and how the reader of the error may tell.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from math import isfinite
from typing import TypeVar

from eval.setting import UnfitError
from eval.tables import Table

Told = Mapping[str, str]
"""What was said on the command line of this file, by role or option."""
R = TypeVar("R")
_MOSTLY = 0.8
_MISSING = frozenset({"", "-", "?", "na", "n/a", "nan", "null", "none", "nat", "#n/a", "inf", "-inf"})
_MARKS = {"point": ".", "comma": ","}
_YES = frozenset({"1", "1.0", "yes", "y", "true", "true.", "t", "ja", "j", "churn", "churned", "left", "fraud"})
_NO = frozenset({"0", "0.0", "no", "n", "false", "false.", "f", "nej", "nein", "stayed", "kept", "genuine", "legit"})
_SYMBOLS = re.compile(r"[\s'\u2019€$£¥%]|kr\.?$|[A-Z]{3}$|^[A-Z]{3}")
_THOUSANDS = re.compile(r"[-+]?[1-9]\d{0,2},\d{3}")
_WHOLE = re.compile(r"(\d{4})(?:-?(?:Q|q)([1-4])|-(\d{1,2})|M(\d{1,2}))?")
_NUMBERS = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})(?:[ T,]+(\d.*))?")
_EPOCH = re.compile(r"\d{10}(?:\.\d+)?|\d{13}")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})?")
_DATED = ("%d-%b-%Y", "%d %b %Y", "%d-%b-%y", "%b %d, %Y", "%b %d %Y", "%d %B %Y", "%B %d, %Y")
_NAMED = (*_DATED, "%b %Y", "%b-%Y", "%B %Y")


def read_numbers(table: Table, column: str, told: Told) -> list[float | None]:
    """None for what is missing, or no finite number."""
    cells = [_bare(cell) for cell in table.columns[column]]
    mark = _MARKS[told["decimal"]] if "decimal" in told else _decimal(cells, table, column)
    return _each(table, cells, lambda cell: _number(cell, mark), "no number")


def is_number(text: str) -> bool:
    """However its decimals and thousands are parted."""
    try:
        float(re.sub(r"[.,]", "", _bare(text)))
    except ValueError:
        return False
    return True


def _bare(cell: str) -> str:
    """Without what stands beside a number; the minus of typesetters is one."""
    return _SYMBOLS.sub("", cell).replace("\u2212", "-")


def is_missing(text: str) -> bool:
    return text.lower() in _MISSING


def read_times(table: Table, column: str, told: Told) -> list[datetime | None]:
    """In UTC where the text says no zone. A month, a quarter or a year is told by its first day."""
    cells = table.columns[column]
    order = told.get("dates") or _order(cells, table, column)
    return _each(table, cells, lambda cell: read_time(cell, order), "no date that is known, such as 2026-03-31")


def read_flags(table: Table, column: str, told: Told) -> list[bool | None]:
    """Of two values which one is yes; any other is `positive` where that was said."""
    cells = table.columns[column]
    if (positive := told.get("positive")) is not None:
        if positive not in cells:
            raise UnfitError(f"{table.path.name}: no {column} is {positive!r}")
        return [None if is_missing(cell) else cell == positive for cell in cells]
    values = sorted({cell for cell in cells if not is_missing(cell)})
    if not all(value.lower() in _YES | _NO for value in values):
        shown = ", ".join(map(repr, values[:5]))
        raise UnfitError(
            f"{table.path.name}: which {column} is yes? There are {shown}; say positive=VALUE in --columns"
        )
    return [None if is_missing(cell) else cell.lower() in _YES for cell in cells]


def are_flags(cells: Sequence[str]) -> bool:
    """Whether they say yes and no."""
    return {cell.lower() for cell in cells} - _MISSING <= _YES | _NO


def are_times(cells: Sequence[str]) -> bool:
    """Whether most of what is there can be a time, whichever comes first of day and month."""
    told = [cell for cell in cells if not is_missing(cell)]
    can = [any(_can(read_time, cell, order) for order in ("dmy", "mdy")) for cell in told]
    return sum(can) >= len(told) * _MOSTLY


def read_time(text: str, order: str) -> datetime:
    """Raises ValueError for another text; `order` is dmy or mdy."""
    text = text.strip()
    if whole := _WHOLE.fullmatch(text):
        month = int(whole[2]) * 3 - 2 if whole[2] else int(whole[3] or whole[4] or 1)
        return datetime(int(whole[1]), month, 1, tzinfo=UTC)
    if _EPOCH.fullmatch(text):
        return datetime.fromtimestamp(float(text) / (1000 if len(text) == 13 else 1), UTC)
    if compact := _COMPACT.fullmatch(text):
        return datetime(int(compact[1]), int(compact[2]), int(compact[3] or 1), tzinfo=UTC)
    if parts := _NUMBERS.fullmatch(text):
        first, _, second, short, rest = parts.groups()
        day, monthly = (first, second) if order == "dmy" else (second, first)
        century = 0 if len(short) == 4 else 2000 if int(short) < 70 else 1900
        return datetime.combine(date(century + int(short), int(monthly), int(day)), _clock(rest), UTC)
    for form in _NAMED if re.search("[a-z]{2}", text) else ():
        if (when := _can(datetime.strptime, text, form)) is not None:
            return when.replace(tzinfo=UTC)
    when = datetime.fromisoformat(text.replace("/", "-"))
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _clock(text: str | None) -> time:
    for form in ("%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p") if text else ():
        if (when := _can(datetime.strptime, str(text), form)) is not None:
            return when.time()
    if text:
        raise ValueError("no time of a day")
    return time()


def _each(table: Table, cells: Sequence[str], read: Callable[[str], R], why: str) -> list[R | None]:
    known: dict[str, R | None] = {cell: None for cell in set(cells) if is_missing(cell)}
    found: list[R | None] = []
    for row, cell in enumerate(cells):
        if cell not in known:
            try:
                known[cell] = read(cell)
            except (ValueError, OverflowError):
                raise UnfitError(f"{table.where(row)}: {cell!r} is {why}") from None
        found.append(known[cell])
    return found


def _can(read: Callable[[str, str], R], text: str, more: str) -> R | None:
    try:
        return read(text, more)
    except (ValueError, OverflowError):
        return None


def _number(text: str, mark: str) -> float | None:
    if text.startswith("(") and text.endswith(")"):
        text = f"-{text[1:-1]}"
    number = float(text.replace("." if mark == "," else ",", "").replace(mark, "."))
    return number if isfinite(number) else None


def _decimal(cells: Sequence[str], table: Table, column: str) -> str:
    """What parts the decimals of this column."""
    both = next((cell for cell in cells if "," in cell and "." in cell), None)
    if both is not None:
        return "," if both.rfind(",") > both.rfind(".") else "."
    if any(cell.count(".") > 1 for cell in cells):
        return ","
    parted = [cell for cell in cells if "," in cell]
    if not parted or any(cell.count(",") > 1 for cell in parted):
        return "."
    if not all(map(_THOUSANDS.fullmatch, parted)):
        return ","
    if any("." in cell for cell in cells):
        return "."
    raise UnfitError(
        f"{table.path.name}: is {parted[0]!r} of {column} above a thousand? Say decimal=point or decimal=comma"
    )


def _order(cells: Sequence[str], table: Table, column: str) -> str:
    """Whether the day or the month comes first in this column."""
    parts = [found.groups() for cell in set(cells) if (found := _NUMBERS.fullmatch(cell.strip()))]
    first, second = (any(int(part[place]) > 12 for part in parts) for place in (0, 2))
    if first and second:
        raise UnfitError(f"{table.path.name}: in {column} the day comes first in some rows and the month in others")
    if not parts or first or second or all(part[1] == "." for part in parts):
        return "mdy" if second else "dmy"
    one = next(cell for cell in cells if _NUMBERS.fullmatch(cell.strip()))
    raise UnfitError(f"{table.path.name}: is {one!r} of {column} a day first? Say dates=dmy or dates=mdy in --columns")
