"""Names as they are searched for, with one error of typing in each word.

Two words that are the same once each has lost at most one letter differ by one letter that is missing, too much, wrong,
swapped or moved. So each word is kept with those forms, and what is typed is looked up by its own.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from services.contacts.custom import CustomFields
from services.contacts.parties.domain.letters import (
    has_ideographs,
    in_latin,
    may_be_chinese,
    may_be_japanese,
    plain_words,
)
from services.contacts.parties.domain.party import Party
from services.contacts.parties.domain.surnames import readings_of
from shared.events.parties import PartyDescribed

RULES = 4
"""The version of how words are made: whoever changes that adds one, and all parties are searched by the new ones."""
_LETTERS = {"ø": "o", "æ": "ae", "ł": "l", "đ": "d", "ð": "d", "þ": "th"}
_SYLLABLE = re.compile(r"[A-Z][a-z]*")
_MOST_SYLLABLES = 4
"""Of a person's name; what has more is a company's."""
_MOST_OF_ALL = 48
_MOST_WORDS, _LONGEST, _SHORTEST_MISSPELT = 12, 40, 4
SEARCHED = 4
"""So many of the words that are typed count."""


class Said(NamedTuple):
    """What a party is searched by. Chinese characters in it are read as Chinese, as Japanese, or, where nobody said
    which they are, as both.
    """

    texts: list[str]
    chinese: bool
    japanese: bool


class Similar(NamedTuple):
    """A word of names that the typed word of this place may mean, and by how much they differ."""

    place: int
    word: str
    cost: int


def fold(text: str) -> str:
    """Words without case, accents and ligatures, whether letters came composed or not."""
    return plain_words(text, _LETTERS)


def words_of(name: str) -> list[str]:
    """The words of a name, each once, in their order."""
    return list(dict.fromkeys(word[:_LONGEST] for word in fold(name).split()))[:_MOST_WORDS]


def said_of(of: Party | PartyDescribed, details: Mapping[str, Any], custom: CustomFields) -> Said:
    """What a party is searched by: its name, its tags, and those of its own fields that are searched."""
    name = of.name or ""
    tags = [each.removeprefix("tags.") for each in sorted(details) if each.startswith("tags.")]
    own = [str(details[each]) for each in sorted(details) if custom.is_searched(each.removeprefix("custom."))]
    return Said([name, *tags, *own], may_be_chinese(name, of.locale), may_be_japanese(name, of.locale))


def words_of_all(said: Said) -> list[str]:
    """Its words, each once, as many as are kept of a party; those of another script in Latin letters too, after all
    others. Japanese in Chinese characters is found by a frequent family name.
    """
    words = [word for text in said.texts for word in words_of(text)]
    return list(dict.fromkeys([*words, *(each for word in words for each in _read(word, said))]))[:_MOST_OF_ALL]


def _read(word: str, said: Said) -> Iterator[str]:
    """In Latin letters."""
    are_ideographs = has_ideographs(word)
    if said.chinese or not are_ideographs:
        yield from latin_of(word)
        yield from _parts_of(word)
    if said.japanese and are_ideographs:
        yield from readings_of(word)


def latin_of(word: str) -> list[str]:
    """A word of another script in Latin letters; of one in Latin letters nothing."""
    return [] if word.isascii() else words_of(in_latin(word))


def _parts_of(word: str) -> Iterator[str]:
    """Of a name whose characters are a syllable each, as in Chinese and Korean, the two words that it is in Latin
    letters: family and given name, wherever one ends.
    """
    syllables = [] if word.isascii() else _SYLLABLE.findall(in_latin(word))
    for place in range(1, len(syllables) if len(word) == len(syllables) <= _MOST_SYLLABLES else 0):
        yield "".join(syllables[:place]).lower()
        yield "".join(syllables[place:]).lower()


def forms_of(word: str) -> set[str]:
    """The word, and it without each of its letters. A short one would be like too many others, and so would a number,
    of which one with another digit is another.
    """
    if len(word) < _SHORTEST_MISSPELT or word.isdecimal():
        return {word}
    return {word} | {word[:place] + word[place + 1 :] for place in range(len(word))}


def cost_of(typed: str, word: str, form: str) -> int:
    """What was changed to make both the form that they share: 0 to 2."""
    return (form != typed) + (form != word)


def rank(
    candidates: Mapping[UUID, Collection[str]], similar: Iterable[Similar], without: Collection[UUID]
) -> list[UUID]:
    """The parties that have a word for every place, the most similar first."""
    costs: dict[int, dict[str, int]] = {}
    for place, word, cost in similar:
        known = costs.setdefault(place, {})
        known[word] = min(cost, known.get(word, cost))
    found = []
    for party_id, words in candidates.items():
        best = [min((known[word] for word in words if word in known), default=None) for known in costs.values()]
        total = sum(cost for cost in best if cost is not None)
        if None not in best and party_id not in without:
            found.append((total, len(words), party_id))
    return [party_id for _, _, party_id in sorted(found)]
