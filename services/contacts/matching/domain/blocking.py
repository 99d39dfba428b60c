"""Which records are compared at all: those that share a key. Each kind of key forgives what others do not."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import NamedTuple

import numpy as np

from services.contacts.matching.domain.comparison import Ints
from services.contacts.matching.domain.folding import romanised, sound
from services.contacts.matching.domain.nicknames import root_of
from services.contacts.matching.domain.traits import Traits

FIELDS_OF: dict[str, frozenset[str]] = {
    "email": frozenset({"email"}),
    "local": frozenset({"email"}),
    "phone": frozenset({"phone"}),
    "family birth": frozenset({"family", "birth"}),
    "given birth": frozenset({"given", "birth"}),
    "name": frozenset({"given", "family"}),
    "family place": frozenset({"family", "address"}),
    "given place": frozenset({"given", "address"}),
    "street": frozenset({"address"}),
    "birth place": frozenset({"birth", "address"}),
    "birth": frozenset({"birth"}),
    "company": frozenset({"family"}),
}
"""The kinds of keys, and the fields that each is made of."""
_LONG_LOCAL = 6
LARGEST = 60
"""A key that more records share than this tells nothing."""


class Key(NamedTuple):
    kind: str
    value: str

    @property
    def number(self) -> int:
        """As the index has it: 63 bits."""
        return int.from_bytes(blake2b(f"{self.kind}\0{self.value}".encode(), digest_size=8).digest()) >> 1


def keys_of(record: Traits) -> list[Key]:
    """Every key of a record, each once."""
    return list(dict.fromkeys(Key(kind, value) for kind, value in _keys(record)))


def _keys(record: Traits) -> Iterator[tuple[str, str]]:
    yield from _address_book_keys(record)
    if record.kind == "organisation":
        yield from _company_keys(record)
        return
    given, family = record.given.split(), sound(record.family) if record.family else ""
    first = _root(given[0]) if given else ""
    if record.birth:
        yield from _birth_keys(record, first, family)
    if family and given:
        for word in given[:3]:
            yield "name", " ".join(sorted((_root(word), family)))
        yield "name", " ".join(sorted((sound(given[0]), _root(record.family))))
        if record.house:
            yield "family place", f"{family} {romanised(given[0])[:1]} {record.house}"
    for place in _places(record):
        if family:
            yield "family place", f"{family} {place}"
        if first:
            yield "given place", f"{first} {place}"


def _root(word: str) -> str:
    return root_of(romanised(word)) or sound(word)


def _address_book_keys(record: Traits) -> Iterator[tuple[str, str]]:
    for email in record.emails:
        yield "email", email
        local = email.partition("@")[0].partition("+")[0].replace(".", "").replace("_", "").replace("-", "")
        if len(local) >= _LONG_LOCAL:
            yield "local", local
    for phone in record.phones:
        yield "phone", phone[-8:]
    if record.street and record.house:
        yield "street", f"{sound(record.street)} {record.house} {record.postal[:3]}"


def _birth_keys(record: Traits, first: str, family: str) -> Iterator[tuple[str, str]]:
    year, month, day = record.birth.split("-")
    # A day and a month that were turned round are the same here.
    turned = f"{year}{min(month, day)}{max(month, day)}"
    if family:
        for part in (turned, f"{month}{day}", f"{year}{month}"):
            yield "family birth", f"{family} {part}"
    if first:
        for part in (turned, f"{month}{day}"):
            yield "given birth", f"{first} {part}"
        # The given name may stand where the family name does.
        yield "family birth", f"{sound(record.given.split()[0])} {turned}"
    if record.postal:
        yield "birth place", f"{turned} {record.postal}"
    yield "birth", turned


def _places(record: Traits) -> Iterator[str]:
    if record.postal:
        yield record.postal
    if record.street:
        yield sound(record.street)
    if record.house and record.town:
        yield f"{record.house} {sound(record.town)}"


def _company_keys(record: Traits) -> Iterator[tuple[str, str]]:
    words = record.family.split()
    if words:
        yield "company", " ".join(sorted(sound(word) for word in words))
        for word in words[:3]:
            for place in _places(record):
                yield "family place", f"{sound(word)} {place}"
        if len(words) > 1:
            yield "company", " ".join(sorted(sound(word) for word in words[:2]))


def pairs_of(records: Sequence[Traits], largest: int = LARGEST) -> tuple[Ints, Ints, dict[str, tuple[Ints, Ints]]]:
    """Every pair of places that shares a key, the lower place first; and by kind of key its own pairs."""
    blocks: defaultdict[Key, list[int]] = defaultdict(list)
    for place, record in enumerate(records):
        for key in keys_of(record):
            blocks[key].append(place)
    by_kind: defaultdict[str, list[Ints]] = defaultdict(list)
    size = max(len(records), 1)
    triangles = {}
    for key, places in blocks.items():
        if 2 <= len(places) <= largest:
            count = len(places)
            if count not in triangles:
                triangles[count] = np.triu_indices(count, 1)
            low, high = triangles[count]
            at = np.array(places, np.int64)
            by_kind[key.kind].append(at[low] * size + at[high])
    found = {kind: np.unique(np.concatenate(parts)) for kind, parts in by_kind.items()}
    every = np.unique(np.concatenate(list(found.values()))) if found else np.zeros(0, np.int64)
    return every // size, every % size, {kind: (codes // size, codes % size) for kind, codes in found.items()}
