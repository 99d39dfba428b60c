"""How far two records agree, field by field: a level for each, for many pairs at once."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.process import cpdist

from services.contacts.matching.domain.folding import romanised, sound
from services.contacts.matching.domain.nicknames import groups_of
from services.contacts.matching.domain.places import Place, address_level
from services.contacts.matching.domain.traits import Traits
from services.contacts.parties.domain.letters import script_of

Ints = NDArray[np.int64]
Levels = NDArray[np.int8]
"""A row a pair, a column a field; 0: one of the two does not say."""

FIELDS = ("given", "family", "birth", "address", "email", "phone")
LEVELS: dict[str, tuple[str, ...]] = {
    "given": ("", "same", "form", "close", "crossed", "other"),
    "family": ("", "same", "part", "close", "crossed", "other"),
    "birth": ("", "same", "slip", "part", "other"),
    "address": ("", "same", "near", "house", "postal", "town", "other"),
    "email": ("", "same", "close", "other"),
    "phone": ("", "same", "slip", "other"),
}
"""What each level of a field is called; the first is silence."""
_FEW = 200
"""Of so many pairs, as of one record, a dictionary tells the distinct ones sooner than sorting."""
_CLOSE_GIVEN, _CLOSE_FAMILY = 0.87, 0.89
_CLOSE_ACROSS = 0.8
"""Of two scripts, in which a word is never spelt quite alike."""
_SPELT_OUT = frozenset({"LATIN", "CYRILLIC", "GREEK"})
"""Scripts that write down what is heard, so that two names that are not alike in them are other ones."""


class Pairs(NamedTuple):
    """Places in a list of records, and how far the two agree."""

    left: Ints
    right: Ints
    levels: Levels


def compare(records: Sequence[Traits], left: Ints, right: Ints) -> Pairs:
    """The levels of these pairs of records. What two records say is compared once, however many say the same."""
    given, family = _coded(records, "given"), _coded(records, "family")
    names = _names(given, family, left, right)
    kanji = np.array([each.kanji for each in records], bool)
    if kanji.any():
        _leave_unread(names, (given, family), kanji[left] | kanji[right], (left, right))
    columns = [
        *names,
        _by_value(_coded(records, "birth"), left, right, _births),
        _addresses(records, left, right),
        _by_value(_coded(records, "emails"), left, right, _emails),
        _by_value(_coded(records, "phones"), left, right, _phones),
    ]
    return Pairs(left, right, np.stack(columns, axis=1).astype(np.int8))


class _Coded(NamedTuple):
    """The values of a column and which of them each record has."""

    values: list[Any]
    codes: Ints


def _coded(records: Sequence[Traits], name: str) -> _Coded:
    found: dict[Any, int] = {}
    codes = np.fromiter((found.setdefault(getattr(each, name), len(found)) for each in records), np.int64, len(records))
    return _Coded(list(found), codes)


def _distinct(one: Ints, other: Ints, width: int) -> tuple[Ints, Ints, Ints]:
    """The distinct pairs of codes, and which of them each pair is."""
    if len(one) <= _FEW:
        found: dict[tuple[int, int], int] = {}
        few = [found.setdefault(pair, len(found)) for pair in zip(one.tolist(), other.tolist(), strict=True)]
        known = np.array(list(found), np.int64).reshape(-1, 2)
        return known[:, 0], known[:, 1], np.array(few, np.int64)
    both, place = np.unique(one * width + other, return_inverse=True)
    return both // width, both % width, place.reshape(-1)


def _by_value(column: _Coded, left: Ints, right: Ints, level: Callable[[Any, Any], int]) -> Levels:
    one, other, place = _distinct(column.codes[left], column.codes[right], len(column.values))
    values = column.values
    levels = [level(values[a], values[b]) for a, b in zip(one.tolist(), other.tolist(), strict=True)]
    return np.array(levels, np.int8)[place] if levels else np.zeros(0, np.int8)


def _similar(one: Sequence[str], other: Sequence[str]) -> NDArray[np.float32]:
    return np.asarray(cpdist(one, other, scorer=JaroWinkler.similarity, dtype=np.float32))


def _names(given: _Coded, family: _Coded, left: Ints, right: Ints) -> tuple[Levels, Levels]:
    """Given and family names; where they agree better the other way round, both are `crossed`."""
    straight_given = _levels_of(given, given, left, right, _given_level)
    straight_family = _levels_of(family, family, left, right, _family_level)
    doubtful = np.flatnonzero((straight_given != 1) | (straight_family != 1))
    if doubtful.size:
        a, b = left[doubtful], right[doubtful]
        forth = _levels_of(given, family, a, b, _given_level)
        back = _levels_of(family, given, a, b, _given_level)
        agree = (forth > 0) & (forth <= 3) & (back > 0) & (back <= 3)
        agree &= (forth == 1) | (back == 1) | _in_two_scripts(given, a, b)
        crossed = agree & ((straight_given[doubtful] == 5) | (straight_family[doubtful] == 5))
        straight_given[doubtful[crossed]] = 4
        straight_family[doubtful[crossed]] = 4
        # One says a single name, which may be the given one of the other.
        alone = (straight_given[doubtful] == 0) & (straight_family[doubtful] == 5) & ((forth == 1) | (back == 1))
        straight_family[doubtful[alone]] = 4
    # An initial says something of somebody whose family name is the same, and of nobody else.
    short = np.array([len(value) == 1 for value in given.values], bool)
    initial = (short[given.codes[left]] | short[given.codes[right]]) & (straight_given == 2) & (straight_family == 5)
    straight_given[initial] = 0
    return straight_given, straight_family


def _leave_unread(
    names: tuple[Levels, Levels], columns: tuple[_Coded, _Coded], kanji: NDArray[np.bool_], sides: tuple[Ints, Ints]
) -> None:
    """Take back what these names say across scripts: Japanese in Chinese characters is not read as Chinese."""
    unread = [kanji & _in_two_scripts(column, *sides) for column in columns]
    crossed = (names[0] == 4) & (unread[0] | unread[1])
    for level, each in zip(names, unread, strict=True):
        level[each | crossed] = 0


def _in_two_scripts(column: _Coded, left: Ints, right: Ints) -> NDArray[np.bool_]:
    names: dict[str, int] = {}
    scripts = np.array([names.setdefault(script_of(value), len(names)) for value in column.values], np.int64)
    return np.asarray(scripts[column.codes[left]] != scripts[column.codes[right]])


def _levels_of(one: _Coded, other: _Coded, left: Ints, right: Ints, level: Callable[[str, str, float], int]) -> Levels:
    a, b, place = _distinct(one.codes[left], other.codes[right], max(len(other.values), 1))
    first = [one.values[code] for code in a.tolist()]
    second = [other.values[code] for code in b.tolist()]
    likeness = _similar(first, second).tolist() if first else []
    found = [level(*each) for each in zip(first, second, likeness, strict=True)]
    return np.array(found, np.int8)[place] if found else np.zeros(0, np.int8)


def _given_level(one: str, other: str, likeness: float) -> int:
    if not one or not other:
        return 0
    if one == other:
        return 1
    if script_of(one) != script_of(other):
        return _across_level(one, other, 2)
    first, second = one.split(), other.split()
    # A name in the middle is the whole family's in many countries; the first one may be left out of several.
    if _is_form(first[0], second[0]) or first[0] in second or second[0] in first:
        return 2
    head, tail = first[0], second[0]
    if JaroWinkler.similarity(head, tail) >= _CLOSE_GIVEN or _one_slip(head, tail):
        return 3
    # A blank too many is a slip as well; what two have in common behind the first name is none.
    return 3 if likeness >= _CLOSE_GIVEN and len(first) != len(second) else 5


def _is_form(one: str, other: str) -> bool:
    """Whether both may be one name: a nickname, an initial, or another spelling that sounds the same."""
    if one == other or groups_of(one) & groups_of(other):
        return True
    if min(len(one), len(other)) == 1:
        return one[0] == other[0]
    return one[0] == other[0] and len(sound(one)) >= 3 and sound(one) == sound(other)


def _family_level(one: str, other: str, likeness: float) -> int:
    if not one or not other:
        return 0
    if one == other:
        return 1
    if script_of(one) != script_of(other):
        return _across_level(one, other, 3)
    first, second = set(one.split()), set(other.split())
    if len(first) + len(second) > 2:
        # Companies: all words of the shorter one, or most of both.
        shared = len(first & second)
        if shared and (shared == min(len(first), len(second)) or shared * 2 >= max(len(first), len(second))):
            return 2
    elif likeness >= _CLOSE_FAMILY or _one_slip(one, other) or (len(sound(one)) >= 3 and sound(one) == sound(other)):
        return 3
    return 3 if likeness >= 0.93 else 5


def _across_level(one: str, other: str, alike: int) -> int:
    """Of two scripts: `alike`, or other names, or nothing where a script says too little of how a name is heard."""
    first, second = romanised(one), romanised(other)
    # Only the first words count: what stands behind may be left out in one of the two.
    head, tail = first.partition(" ")[0], second.partition(" ")[0]
    if head and tail:
        heard, heard_ = (sound(each).replace("g", "k") for each in (head, tail))
        if JaroWinkler.similarity(head, tail) >= _CLOSE_ACROSS or (len(heard) >= 2 and heard == heard_):
            return alike
    return 5 if {script_of(one), script_of(other)} <= _SPELT_OUT else 0


def _one_slip(one: str, other: str) -> bool:
    """One letter more, less, another or turned round in a word of some length."""
    return min(len(one), len(other)) >= 4 and OSA.distance(one, other, score_cutoff=1) <= 1


def _births(one: str, other: str) -> int:
    if not one or not other:
        return 0
    if one == other:
        return 1
    year, month, day = one.split("-")
    year_, month_, day_ = other.split("-")
    if year == year_ and (month, day) == (day_, month_):
        return 2
    if OSA.distance(one.replace("-", ""), other.replace("-", ""), score_cutoff=1) <= 1:
        return 2
    agree = (year == year_) + (month == month_) + (day == day_)
    return 3 if agree == 2 else 4


def _emails(one: Sequence[str], other: Sequence[str]) -> int:
    if not one or not other:
        return 0
    if not set(one).isdisjoint(other):
        return 1
    return 2 if any(_email_slip(a, b) for a in one for b in other) else 3


def _email_slip(one: str, other: str) -> bool:
    """The same name at another provider, or a slip."""
    local, _, domain = one.partition("@")
    local_, _, domain_ = other.partition("@")
    local, local_ = (
        each.partition("+")[0].replace(".", "").replace("_", "").replace("-", "") for each in (local, local_)
    )
    if local == local_:
        return len(local) >= 5
    return domain == domain_ and min(len(local), len(local_)) >= 5 and OSA.distance(local, local_, score_cutoff=1) <= 1


def _phones(one: Sequence[str], other: Sequence[str]) -> int:
    if not one or not other:
        return 0
    short, short_ = {each[-8:] for each in one}, {each[-8:] for each in other}
    if not short.isdisjoint(short_):
        return 1
    return 2 if any(OSA.distance(a, b, score_cutoff=1) <= 1 for a in short for b in short_) else 3


def _addresses(records: Sequence[Traits], left: Ints, right: Ints) -> Levels:
    found: dict[Place, int] = {}
    codes = np.fromiter(
        (
            found.setdefault(Place(each.street, each.house, each.postal, each.town, each.country), len(found))
            for each in records
        ),
        np.int64,
        len(records),
    )
    return _by_value(_Coded(list(found), codes), left, right, address_level)
