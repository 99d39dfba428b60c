"""How far two addresses agree."""

from typing import NamedTuple

from rapidfuzz.distance import OSA, JaroWinkler

from services.contacts.matching.domain.folding import romanised
from services.contacts.parties.domain.letters import script_of

_CLOSE = 0.88


class Place(NamedTuple):
    street: str
    house: str
    postal: str
    town: str
    country: str


def address_level(one: Place, other: Place) -> int:
    if not (one.street and other.street) and not (one.postal and other.postal) and not (one.town and other.town):
        return 0
    if one.country and other.country and one.country != other.country:
        return 6
    place = _place(one, other)
    if one.street and other.street:
        same, close = one.street == other.street, _close_street(one.street, other.street)
        same_house = bool(one.house) and one.house == other.house
        if (same or close) and same_house:
            return 1 if same and place != 3 else 2
        if (same or close) and place in {1, 2}:
            return 3
        if place == 1 and same_house:
            return 3
    # Towns or streets in two scripts are never spelt alike: by them alone nobody can tell two addresses apart.
    is_told = bool(one.street and other.street) and script_of(one.street) == script_of(other.street)
    return {0: 6 if is_told else 0, 1: 4, 2: 5, 3: 6, 4: 4}[place]


def _close_street(one: str, other: str) -> bool:
    if script_of(one) != script_of(other):
        one, other = romanised(one), romanised(other)
    first, second = set(one.split()), set(other.split())
    return bool(first and second) and (JaroWinkler.similarity(one, other) >= _CLOSE or first < second or second < first)


def share_a_town(one: str, other: str) -> bool:
    """Whether both are said, and are one town or nearly."""
    if one and script_of(one) != script_of(other):
        one, other = romanised(one), romanised(other)
    return bool(one and other) and (one == other or JaroWinkler.similarity(one, other) >= _CLOSE)


def _place(one: Place, other: Place) -> int:
    """1: the same postal code or nearly, and no other town; 2: the same town; 3: another place; 4: the same postal
    code, which may be one of two countries; 0: nobody can say.
    """
    same_town = share_a_town(one.town, other.town)
    # A town has other names in other languages, and is never spelt alike in another script.
    other_town = bool(one.town and other.town) and not same_town and script_of(one.town) == script_of(other.town)
    if one.postal and other.postal:
        if one.postal == other.postal:
            return 4 if other_town and not (one.country and other.country) else 1
        if OSA.distance(one.postal, other.postal, score_cutoff=1) <= 1 and same_town:
            return 1
        return 2 if same_town else 3
    if one.town and other.town:
        return 2 if same_town else 3 if other_town else 0
    return 0
