"""What follows from a score: automatic, a question for people, or nothing; and why, in words."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from services.contacts.matching.domain.certainty import (
    are_in_two_scripts,
    bear_more_names,
    certain,
    is_shared_day,
    named_otherwise,
    objection_to,
)
from services.contacts.matching.domain.comparison import FIELDS, LEVELS, Ints, Pairs, compare
from services.contacts.matching.domain.model import Floats, Model
from services.contacts.matching.domain.traits import Traits

AUTOMATIC, LIKELY, POSSIBLE = 6.0, 1.0, -2.0
"""Bits from which two parties are one without being asked, are rather one than two, and from which people are asked."""
DOUBTFUL = 5.5
"""Bits that no pair is above of which people are asked first, however much agrees."""
_GENERATION = 14
"""Years from which parent and child are apart."""
HOLDING = -1.0
"""Bits of a pair that holds a group together."""
Verdict = Literal["automatic", "possible", "none"]

_WORDS = {
    ("given", "same"): "the same given name",
    ("given", "form"): "given names that are forms of one name",
    ("given", "longer"): "one bears more given names than the other",
    ("given", "close"): "given names that differ by a slip",
    ("given", "crossed"): "given and family name the other way round",
    ("given", "other"): "other given names",
    ("family", "same"): "the same family name",
    ("family", "part"): "names that share their main words",
    ("family", "close"): "family names that differ by a slip",
    ("family", "other"): "other family names",
    ("birth", "same"): "the same date of birth",
    ("birth", "slip"): "dates of birth that differ by a slip",
    ("birth", "part"): "dates of birth that agree in two of day, month and year",
    ("birth", "other"): "other dates of birth",
    ("address", "same"): "the same address",
    ("address", "near"): "addresses that differ by a slip",
    ("address", "house"): "the same street or house in one place",
    ("address", "postal"): "the same postal code",
    ("address", "town"): "the same town",
    ("address", "other"): "other addresses",
    ("email", "same"): "the same e-mail",
    ("email", "close"): "nearly the same e-mail",
    ("email", "other"): "other e-mails",
    ("phone", "same"): "the same phone",
    ("phone", "slip"): "phones that differ by a digit",
    ("phone", "other"): "other phones",
}


class Likeness(NamedTuple):
    """How likely two parties are one, as log odds to the base of 2, and why; `certain` asks nobody. `model` is the
    version of the weights.
    """

    bits: float
    reasons: list[str]
    certain: bool
    model: int


def likenesses(
    model: Model, records: Mapping[UUID, Traits], pairs: Sequence[tuple[UUID, UUID]], least: float = POSSIBLE
) -> dict[tuple[UUID, UUID], Likeness]:
    """Of these pairs those of so many bits: those that are worth a question."""
    if not pairs:
        return {}
    known, places = list(records.values()), {party_id: place for place, party_id in enumerate(records)}
    left, right = (np.array([places[pair[side]] for pair in pairs], np.int64) for side in range(2))
    compared = compare(known, left, right)
    bits = settle(model, known, compared).tolist()
    surely = certain(model, known, compared).tolist()
    in_two = are_in_two_scripts(known, compared).tolist()
    found = {}
    for at, pair in enumerate(pairs):
        if bits[at] >= least:
            one, other = records[pair[0]], records[pair[1]]
            reasons = _reasons(model, one, other, compared.levels[at].tolist(), in_two_scripts=in_two[at])
            found[pair] = Likeness(bits[at], reasons, surely[at] and bits[at] >= AUTOMATIC, model.version)
    return found


def objection(model: Model, one: Traits, other: Traits) -> str | None:
    """Why two that these rules have read would not be merged unasked, in words; None where they are certainly one."""
    records = [one, other]
    compared = compare(records, np.array([0]), np.array([1]))
    found = objection_to(model, one, other, compared.levels[0].tolist())
    if found and one.kind != "organisation" and are_in_two_scripts(records, compared)[0]:
        return "names in two scripts"
    return found or (None if settle(model, records, compared)[0] >= AUTOMATIC else "too little that agrees")


def settle(model: Model, records: Sequence[Traits], pairs: Pairs) -> Floats:
    """The bits of each pair, after what no sum of agreements may overrule.

    Parties of two kinds, or with two different tax numbers, are never one. Those who share a home, a family and a
    birthday but not a given name are twins; those of one name and home a generation apart are parent and child; those
    of one home of whom one bears a given name more, and no birthday tells, may be mother and daughter or sisters;
    without a given name nobody of a household can be told apart. Of these people are asked, as of all who are
    `_doubtful`.
    """
    bits = model.bits(records, pairs)
    if not bits.size:
        return bits
    # Two who are asked about, and have an e-mail or a phone each, are rather two.
    reach = pairs.levels[:, 4:]
    apart = (reach == 3).any(axis=1) & ~((reach == 1) | (reach == 2)).any(axis=1)
    apart |= _of_two_generations(records, pairs)
    apart |= _are_longer_at_home(records, pairs) & (pairs.levels[:, 4] != 1)
    apart |= (pairs.levels[:, 0] == 5) & ((pairs.levels[:, 2] != 1) | _of_one_house(model, records, pairs))
    most = np.where(apart, LIKELY - 1, LIKELY + 1)
    bits = np.where(_asked(model, records, pairs), np.minimum(bits, most), bits)
    bits = np.where(_doubtful(model, records, pairs), np.minimum(bits, DOUBTFUL), bits)
    return np.where(_never(records, pairs), -60.0, bits)


def _never(records: Sequence[Traits], pairs: Pairs) -> NDArray[np.bool_]:
    company = np.array([record.kind == "organisation" for record in records])
    never = company[pairs.left] != company[pairs.right]
    taxed = np.array([bool(record.taxes) for record in records])
    for at in np.flatnonzero(taxed[pairs.left] & taxed[pairs.right]).tolist():
        one, other = (dict(tax.split(":", 1) for tax in records[side[at]].taxes) for side in (pairs.left, pairs.right))
        never[at] |= any(one[system] != other[system] for system in one.keys() & other.keys())
    return np.asarray(never, bool)


def _asked(model: Model, records: Sequence[Traits], pairs: Pairs) -> NDArray[np.bool_]:
    given, family, birth, address, email, phone = pairs.levels.T
    company = np.array([record.kind == "organisation" for record in records])[pairs.left]
    own = (birth > 0) & (birth <= 2)
    named = _both_named(model, records, pairs)
    others = (given == 5) & ~company & (named | ~own)
    nameless = (given == 0) & ~company & ~own & (email != 1)
    unnamed = (family == 0) & ~own & (email != 1)
    shared = company & (family == 5)
    generation = (birth == 4) & (given <= 4) & ((address <= 2) | (email == 1) | (phone == 1))
    generation &= _years_apart(records, pairs) >= _GENERATION
    twins = (given == 3) & (birth == 1) & (address > 0) & (address <= 2) & (family <= 2) & named
    generation |= _of_two_generations(records, pairs) | _are_longer_at_home(records, pairs)
    return np.asarray(others | nameless | unnamed | shared | generation | twins, bool)


def _are_longer_at_home(records: Sequence[Traits], pairs: Pairs) -> NDArray[np.bool_]:
    """Whether two of one home, such as Anne and Anne-Sofie, are one as often as two: no birthday says it."""
    given, family, birth, address, email, phone = pairs.levels.T
    home = ((address > 0) & (address <= 2)) | ((address == 0) & ((email == 1) | (phone == 1)))
    open_ = (given == 2) & (family > 0) & (family <= 3) & home & ~((birth > 0) & (birth <= 2))
    found = np.zeros(len(given), bool)
    for at in np.flatnonzero(open_).tolist():
        found[at] = bear_more_names(records[pairs.left[at]], records[pairs.right[at]])
    return found


def _of_two_generations(records: Sequence[Traits], pairs: Pairs) -> NDArray[np.bool_]:
    """The elder and the younger of one name, as both names say."""
    said = _generations(records)
    one, other = said[pairs.left], said[pairs.right]
    return np.asarray((one > 0) & (other > 0) & (one != other), bool)


def _generations(records: Sequence[Traits]) -> Ints:
    return np.array([int(record.generation or 0) for record in records], np.int64)


def _doubtful(model: Model, records: Sequence[Traits], pairs: Pairs) -> NDArray[np.bool_]:
    """People of whom too little is known to make one of them unasked, though all the rest agrees, as it does in a
    family: other given names, two that others bear and that are close, an initial; other dates of birth, or ones that
    look like a slip of a generation, or that many state; a record of two people, a name of the elder or the younger in
    one of the two, or in another script.
    """
    given, _, birth, *_ = pairs.levels.T
    people = np.array([record.kind != "organisation" for record in records])[pairs.left]
    short = np.array([len(record.given.partition(" ")[0]) == 1 for record in records])
    doubtful = (given == 5) | short[pairs.left] | short[pairs.right]
    doubtful |= (given == 3) & _both_named(model, records, pairs)
    doubtful |= (birth == 4) | (_years_apart(records, pairs) >= _GENERATION)
    shared = np.array([record.joint or is_shared_day(model, record.birth) for record in records], bool)
    doubtful |= shared[pairs.left] | shared[pairs.right]
    said = _generations(records)
    doubtful |= (said[pairs.left] != said[pairs.right]) | are_in_two_scripts(records, pairs)
    return np.asarray(people & doubtful, bool)


def _years_apart(records: Sequence[Traits], pairs: Pairs) -> Ints:
    """Between two births; 0 where one of them is not known."""
    year = np.array([int(record.birth[:4] or 0) for record in records], np.int64)
    return np.asarray(np.where(pairs.levels[:, 2] > 0, np.abs(year[pairs.left] - year[pairs.right]), 0), np.int64)


def torn(model: Model, records: Sequence[Traits], pairs: Pairs, bits: Floats, automatic: float) -> NDArray[np.bool_]:
    """Whether two may not come into one group of those who are one from so many bits on, whatever others link them:
    their given names are other ones. Where people are asked, that may still be a slip, unless others bear both names
    and both have an e-mail or a phone.
    """
    other = (pairs.levels[:, 0] == 5) & (bits < automatic)
    if automatic < AUTOMATIC:
        other &= _both_named(model, records, pairs) & (pairs.levels[:, 4:] > 0).any(axis=1)
    return np.asarray(other, bool)


def _of_one_house(model: Model, records: Sequence[Traits], pairs: Pairs) -> NDArray[np.bool_]:
    """Whether two given names that others bear have one e-mail or phone, which a household shares."""
    shared = (pairs.levels[:, 4:] == 1).any(axis=1)
    return np.asarray(_both_named(model, records, pairs) & shared, bool)


def have_other_names(records: Mapping[UUID, Traits], pairs: Sequence[tuple[UUID, UUID]]) -> bool:
    """Whether the given names of any of these pairs are other ones; who is not among the records has none."""
    known, places = list(records.values()), {party_id: place for place, party_id in enumerate(records)}
    kept = [(places[one], places[other]) for one, other in pairs if one in places and other in places]
    if not kept:
        return False
    left, right = (np.array(side, np.int64) for side in zip(*kept, strict=True))
    return bool(named_otherwise(known, compare(known, left, right)).any())


def _both_named(model: Model, records: Sequence[Traits], pairs: Pairs) -> NDArray[np.bool_]:
    """Whether both given names are ones that other people have: no slip of the pen made one of the other."""
    names = model.common.get("given")
    if names is None:
        return np.ones(len(pairs.left), bool)
    real = np.array([record.given.split(" ")[0] in names for record in records])
    return np.asarray(real[pairs.left] & real[pairs.right])


def verdict_of(bits: float) -> Verdict:
    return "automatic" if bits >= AUTOMATIC else "possible" if bits >= POSSIBLE else "none"


def _reasons(model: Model, one: Traits, other: Traits, levels: Sequence[int], *, in_two_scripts: bool) -> list[str]:
    """With what the names say beside, and a date of birth that tells little."""
    found = reasons_of(levels)
    if levels[0] == 2 and bear_more_names(one, other):
        found[0] = _WORDS["given", "longer"]
    if in_two_scripts:
        found.append("names in two scripts")
    if one.generation != other.generation:
        found.append("one is called the elder or the younger")
    if one.joint or other.joint:
        found.append("a record of two people")
    if one.birth == other.birth and is_shared_day(model, one.birth):
        found.append("a date of birth that many state")
    return found


def reasons_of(levels: Sequence[int]) -> list[str]:
    """What speaks for and against, in words, in the order of fields."""
    named = [(name, LEVELS[name][level]) for name, level in zip(FIELDS, levels, strict=True) if level]
    return [_WORDS[each] for each in named if each in _WORDS]
