"""Facts of every type that comes from outside, each field in turn with every value that is odd."""

import json
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from shared.events.contract import Contract, contracts
from shared.events.money import MOST_MINOR
from shared.events.topics import OWNERS
from tests.contract.fields import ODD_VALUES, places_of, resolved, sample_of, with_value

HOLE = '"@"'
SCRIPTS = "".join(filter(str.isalpha, map(chr, range(0x10400, 0x10480))))
"""Letters beyond the basic plane, which take four bytes each and no two of them the same."""

ODD_JSON: Mapping[str, bytes] = {
    **{name: json.dumps(value).encode() for name, value in ODD_VALUES.items() if name not in {"absent", "long"}},
    "too long": json.dumps("a" * 2_001).encode(),
    "no number": b"NaN",
    "no end": b"-Infinity",
    "beyond a double by its exponent": b"1e400",
    "more digits than are read": b"9" * 5_000,
    "minus nothing": b"-0.0",
    "a whole fraction": b"1.0",
    "a whole exponent": b"1e3",
    "the least of 64 bits": str(-(2**63)).encode(),
    "the largest of 64 bits": str(2**63 - 1).encode(),
    "the largest exact": str(2**53 - 1).encode(),
    "no text": b'"a\xff\xfe"',
    "half a letter": b'"\\ud800"',
    "half a letter within": b'"a\\udc00b"',
    "a raw control": b'"a\x01b"',
    "deep": b"[" * 150 + b"]" * 150,
    "too deep": b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    "grows composed": json.dumps("\ufb2c" * 110).encode(),
    "grows decomposed": json.dumps("\ufdfa" * 100).encode(),
    "shrinks composed": json.dumps(unicodedata.normalize("NFD", "\u1ec7") * 60).encode(),
    "grows in capitals": json.dumps("\u0390\ufb03" * 50).encode(),
    "turned round": json.dumps("\u202eolleh\u2066").encode(),
    "a name of its own with nul": b'{"a\\u0000b": 1}',
    "a name of its own": b'{"ada@example.com": {"": null}}',
    "a field twice": b'{"a": 1, "a": 2}',
    "the year 0": b'"0000-01-01T00:00:00Z"',
    "the year 1": b'"0001-01-01T00:00:00Z"',
    "the year 1, before it elsewhere": b'"0001-01-01T00:00:00+14:00"',
    "the year 9999": b'"9999-12-31T23:59:59.999999Z"',
    "the year 9999, after it elsewhere": b'"9999-12-31T23:59:59-14:00"',
    "the last second of the year 9999": b'"9999-12-31T23:59:59Z"',
    "before Christ": b'"-0044-03-15T12:00:00Z"',
    "an unknown offset": b'"2026-03-01T00:00:00-00:00"',
    "a leap second": b'"2016-12-31T23:59:60Z"',
    "no such second": b'"2016-12-31T23:59:61Z"',
    "no such day": b'"2026-02-30"',
    "the first day": b'"0001-01-01"',
    "the last day": b'"9999-12-31"',
    "a truth as a text": b'"true"',
    "a number as a text": b'"1"',
}
"""As they are written in JSON, or would be if they were any."""


@dataclass(frozen=True, slots=True)
class OddFact:
    """`place` is the field with the odd value; `key` and `id` tell the fact from all others."""

    topic: str
    type: str
    place: tuple[str, ...]
    odd: str
    id: str
    value: bytes

    @property
    def field(self) -> str:
        return ".".join(self.place)


def odd_facts(share: int) -> Iterator[OddFact]:
    """Odd facts of every type, and of each type one that is sound. With a `share` of 1 each field meets every value;
    else so much fewer, another part at each field, so that every value is met by its part of the fields.
    """
    entries = [entry for entry in contracts() if entry.topic not in OWNERS and "clock" not in entry.type]
    for entry in entries:
        for number, (place, odd, value) in enumerate(_values(entry)):
            if place and crc32(f"{entry.type} {place} {odd}".encode()) % share:
                continue
            yield OddFact(entry.topic, entry.type, place, odd, f"{entry.type}-{number}", value)


def _values(entry: Contract) -> Iterator[tuple[tuple[str, ...], str, bytes]]:
    schema = entry.schema()
    document = {"components": {"schemas": schema.get("$defs", {})}}
    number = 0

    def write(place: tuple[str, ...], value: object, raw: bytes = b"") -> bytes:
        nonlocal number
        number += 1
        sample = _sample(schema, document, f"{entry.type}-{number}")
        changed = with_value(sample, place, value, schema, document) if place else sample
        return json.dumps(_sound(changed, number)).encode().replace(HOLE.encode(), raw)

    yield (), "sound", write((), None)
    for place in _places(schema, document, whole="profile" in entry.type):
        yield place, "absent", write(place, ODD_VALUES["absent"])
        for odd, raw in _raw(_schema_at(schema, document, place)):
            yield place, odd, write(place, "@", raw)
    if "profile" in entry.type:  # names of fields of one's own stand in no schema
        for odd, raw in ODD_JSON.items():
            yield ("party", "custom"), f"of its own, {odd}", write(("party", "custom"), {"own": "@"}, raw)


def _places(schema: Mapping[str, Any], document: Mapping[str, Any], *, whole: bool) -> Iterator[tuple[str, ...]]:
    """What a party may say of itself is the same in every type: only a profile is looked at throughout."""
    for place in places_of(schema, document):
        if place.count("relations") <= 1 and (whole or place[:1] != ("party",) or len(place) == 1):
            yield place


def _raw(schema: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    yield from ODD_JSON.items()
    if most := schema.get("maxLength"):
        for odd, length in (("at its limit", most), ("beyond its limit", most + 1)):
            yield odd, _text((SCRIPTS * (length // len(SCRIPTS) + 1))[:length])
    for name in ("minimum", "maximum"):
        if (limit := schema.get(name)) is not None:
            yield f"its {name}", json.dumps(limit).encode()


def _text(text: str) -> bytes:
    return json.dumps(text, ensure_ascii=False).encode()


def _schema_at(schema: Mapping[str, Any], document: Mapping[str, Any], place: tuple[str, ...]) -> Mapping[str, Any]:
    for part in place:
        schema = resolved(schema, document)
        schema = schema["items"] if part == "0" else schema["properties"][part]
    return resolved(schema, document)


def _sample(schema: Mapping[str, Any], document: Mapping[str, Any], id_: str) -> Any:
    """A sound fact of somebody, and of something, that no other fact is about."""
    sample = sample_of(schema, document)
    named: dict[str, Any] = {"sale_id": id_, "sku": id_, "series": id_} | {
        "party": {"identities": [{"type": "external", "system": "shop", "value": id_}]}
    }
    if "survey" in sample:
        named["value"] = 4
    return {name: named.get(name, part) for name, part in sample.items()}


def _sound(value: Any, number: int, name: str = "") -> Any:
    """With the words and amounts that a sample can have, where a text and the least number are none, and everybody with
    an identity.
    """
    if isinstance(value, dict):
        known = {"identities": [{"type": "external", "system": "crm", "value": str(number)}]} if name == "party" else {}
        return {name: _sound(part, number, name) for name, part in {**known, **value}.items()}
    if isinstance(value, list):
        return [_sound(part, number, name) for part in value]
    words = {("currency", "a"): "DKK", ("kind", "a"): "employs", ("minor", -MOST_MINOR): 1}
    return words.get((name, value), value)
