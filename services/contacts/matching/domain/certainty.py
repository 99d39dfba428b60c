"""Who is one without asking anybody: stricter than the sum of what agrees, which weighs a name without knowing how many
bear it here.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from services.contacts.matching.domain.comparison import Pairs
from services.contacts.matching.domain.model import Model
from services.contacts.matching.domain.nicknames import groups_of
from services.contacts.matching.domain.places import share_a_town
from services.contacts.matching.domain.traits import RULES, Traits
from services.contacts.parties.domain.letters import script_of

_STANDING_FIRST = """
    nguyen tran le pham huynh hoang phan vu vo dang bui do ho ngo duong ly kim lee yi park pak choi jung jeong kang
    cho jo yoon yun jang chang lim im han oh seo suh shin sin kwon hwang ahn an song ryu yoo hong wang li zhang liu
    chen yang huang zhao wu zhou xu sun ma zhu hu guo lin gao luo zheng liang xie tang deng feng nagy kovacs toth
    szabo horvath varga molnar nemeth farkas balogh papp takacs juhasz lakatos meszaros olah racz fekete szilagyi
    feher sato suzuki takahashi tanaka watanabe ito yamamoto nakamura kobayashi kato
"""
_NO_HOME = "no home, e-mail or phone in common"
_FIRST_OF_ALL = frozenset(_STANDING_FIRST.split())
"""Family names of people who mostly write them before the given one, so that the last word may be the given name."""


def certain(model: Model, records: Sequence[Traits], pairs: Pairs) -> NDArray[np.bool_]:
    """Companies that have the same tax number, and people of one birthday and one first name, since twins may bear two
    forms of a name, or each the other's in the middle, and no other names behind it, since a family may give all its
    sons the same first one. The better the family name agrees, the less of the home has to: the same one, of one
    place; one that differs by a slip, or the shorter of a double name, of one street; either, of one home or with an
    e-mail or phone that both have. First and family name may be turned round.

    Never a record of two people, nor one that is called the elder or the younger and one that is not; nor who has a
    birthday that says little: the first of January, by which forms begin and which is said of those of whom no more
    than the year is known, and one that many state here. Records that were read by other rules are no ground.
    """
    given, birth = pairs.levels[:, 0], pairs.levels[:, 2]
    company = np.array([record.kind == "organisation" for record in records], bool)[pairs.left]
    found = np.zeros(len(given), bool)
    for at in np.flatnonzero(company | ((birth == 1) & (given > 0) & (given <= 4))).tolist():
        one, other = records[pairs.left[at]], records[pairs.right[at]]
        if one.rules == other.rules == RULES:
            found[at] = objection_to(model, one, other, pairs.levels[at].tolist()) is None
    return found


def objection_to(model: Model, one: Traits, other: Traits, levels: Sequence[int]) -> str | None:
    """Why two that are not of different kinds are not one without asking, in words; None where they are."""
    if one.kind == "organisation":
        return "no tax number in common" if set(one.taxes).isdisjoint(other.taxes) else None
    said = {
        "a record of two people": one.joint or other.joint,
        "one is called the elder or the younger": one.generation != other.generation,
        "no date of birth in common": levels[2] != 1,
        "a date of birth that many state": is_shared_day(model, one.birth),
    }
    return next((words for words, is_said in said.items() if is_said), None) or _objection_to_names(
        model, one, other, levels
    )


def _objection_to_names(model: Model, one: Traits, other: Traits, levels: Sequence[int]) -> str | None:
    """Of two people of one birthday."""
    given, family, _, address, email, phone = levels
    reached = address in {1, 2} or 1 in {email, phone}
    is_near = reached or (address in {3, 4} and _share_a_place(one, other))
    if given == 4 and (one.given, one.family) == (other.family, other.given):
        return None if is_near else _NO_HOME
    if (
        not 0 < given < 4
        or one.given.partition(" ")[0] != other.given.partition(" ")[0]
        or _go_on_otherwise(one, other)
    ):
        return "given names that may be those of two people"
    if family == 1:
        return None if is_near else _NO_HOME
    if family not in {2, 3} or not _share_a_family(model, one, other):
        return "family names that may be those of two people"
    return None if reached or (address == 3 and is_near) else _NO_HOME


def _share_a_place(one: Traits, other: Traits) -> bool:
    """Two countries may have the same postal code."""
    return bool(one.country and one.country == other.country) or share_a_town(one.town, other.town)


def _share_a_family(model: Model, one: Traits, other: Traits) -> bool:
    """Whether a slip, or half of a double name, is all that two family names differ by. What stands last may be the
    given name, and that of twins: so the first word has to be none that is a family's, and one of the last two has to
    be one that nobody else here bears.
    """
    first, common = one.given.partition(" ")[0], model.common
    given, family = common.get("given", {}), common.get("family", {})
    if not (given and family and (first + one.family + other.family).isascii()):
        return False
    if first in _FIRST_OF_ALL or family.get(first, 0.0) > given.get(first, 0.0):
        return False
    words, others = set(one.family.split()), set(other.family.split())
    if len(words) + len(others) > 2:
        return words <= others or others <= words
    return not all(each in given or each in family or groups_of(each) for each in (one.family, other.family))


def is_shared_day(model: Model, birth: str) -> bool:
    return birth.endswith("-01-01") or birth in model.common.get("birth", {})


def are_in_two_scripts(records: Sequence[Traits], pairs: Pairs) -> NDArray[np.bool_]:
    """Whether a given or a family name of one stands in another script than that of the other."""
    known = {"": 0, "LATIN": 1}
    found = np.zeros(len(pairs.left), bool)
    for names in ([each.given for each in records], [each.family for each in records]):
        scripts = [known.setdefault(script_of(name) if name else "", len(known)) for name in names]
        one, other = np.array(scripts, np.int64)[pairs.left], np.array(scripts, np.int64)[pairs.right]
        found |= (one > 0) & (other > 0) & (one != other)
    return found


def named_otherwise(records: Sequence[Traits], pairs: Pairs) -> NDArray[np.bool_]:
    """Whether the given names of each pair are other ones, the first or those behind it."""
    sides = zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)
    behind = np.array([_go_on_otherwise(records[one], records[other]) for one, other in sides], bool)
    return np.asarray((pairs.levels[:, 0] == 5) | behind, bool)


def _go_on_otherwise(one: Traits, other: Traits) -> bool:
    """Whether the names behind one first name are others, as of two sons Mohamed Ali and Mohamed Hassan. One of the two
    may leave some out or write initials.
    """
    (first, *names), (second, *others) = one.given.split() or [""], other.given.split() or [""]
    fewer, more = sorted((names, others), key=len)
    return first == second and not all(any(_may_be(name, each) for each in more) for name in fewer)


def bear_more_names(one: Traits, other: Traits) -> bool:
    """Whether one bears all given names of the other and others, as Anne-Sofie those of Anne; an initial is none."""
    fewer, more = sorted(([word for word in each.given.split() if len(word) > 1] for each in (one, other)), key=len)
    return 0 < len(fewer) < len(more) and set(fewer) <= set(more)


def _may_be(one: str, other: str) -> bool:
    return one == other or (min(len(one), len(other)) == 1 and one[0] == other[0])
