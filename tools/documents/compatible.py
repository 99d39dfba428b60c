"""Whether all that one schema lets a writer send, another schema lets a reader take.

The writer is closed: it sends the fields that its version names and no others. The reader is open: it ignores fields
that it does not know. JSON Schema itself is open on both sides, which would forbid even a new optional field.
The rules are cautious: what they do not understand, they report.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]

WORDS = frozenset({"title", "description", "default", "examples", "discriminator", "$defs", "$schema", "$id"})
_SCALARS = frozenset({"minLength", "maxLength", "pattern", "format"})
_NUMBERS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})
_ARRAYS = frozenset({"items", "minItems", "maxItems", "uniqueItems"})
_OBJECTS = frozenset({"properties", "required", "additionalProperties"})
_KNOWN = _SCALARS | _NUMBERS | _ARRAYS | _OBJECTS | {"type", "enum", "const", "anyOf", "oneOf", "$ref"} | WORDS
_LOWER = ("minLength", "minItems", "minimum", "exclusiveMinimum")
_PARTNER = {
    "minimum": "exclusiveMinimum",
    "exclusiveMinimum": "minimum",
    "maximum": "exclusiveMaximum",
    "exclusiveMaximum": "maximum",
}
_UPPER = ("maxLength", "maxItems", "maximum", "exclusiveMaximum")


def breaches(writer: Schema, reader: Schema) -> list[str]:
    """Every reason why something of the writer could be refused by the reader, with its path; empty if none."""
    return list(_Comparison(writer, reader).compare(writer, reader, "$"))


@dataclass
class _Comparison:
    """Two documents with their own `$defs`; pairs under way are taken to fit, so that recursive schemas end."""

    writer_root: Schema
    reader_root: Schema

    def __post_init__(self) -> None:
        self._under_way: set[tuple[int, int]] = set()

    def compare(self, writer: Schema, reader: Schema, path: str) -> Iterator[str]:
        pair = (id(writer), id(reader))
        if pair in self._under_way:
            return
        self._under_way.add(pair)
        try:
            readers = list(_alternatives(reader, self.reader_root))
            for sent in _alternatives(writer, self.writer_root):
                yield from self._one_of(sent, readers, path)
        finally:
            self._under_way.discard(pair)

    def _one_of(self, writer: Schema, readers: Sequence[Schema], path: str) -> Iterator[str]:
        """One thing that is sent has to fit one thing that is taken as a whole; tells of the closest if none does."""
        attempts = []
        for reader in readers:
            found = list(self._fits(writer, reader, path))
            if not found:
                return
            attempts.append(found)
        yield from min(attempts, key=len, default=[f"{path}: nothing is accepted any more"])

    def _fits(self, writer: Schema, reader: Schema, path: str) -> Iterator[str]:
        unknown = sorted((writer.keys() | reader.keys()) - _KNOWN)
        if unknown:
            yield f"{path}: {', '.join(unknown)} is not understood here"
        if "const" in writer:
            yield from _value_fits(writer["const"], reader, path)
            return
        if "const" in reader:
            yield f"{path}: only {reader['const']!r} is accepted"
            return
        yield from _type_fits(writer, reader, path)
        yield from _limits_fit(writer, reader, path)
        if "items" in reader:
            yield from self.compare(writer.get("items", {}), reader["items"], f"{path}[]")
        if _OBJECTS & reader.keys():
            yield from self._objects_fit(writer, reader, path)

    def _objects_fit(self, writer: Schema, reader: Schema, path: str) -> Iterator[str]:
        sent, taken = writer.get("properties", {}), reader.get("properties", {})
        # A writer without properties sends any field; one with them sends no others unless it says so.
        others = writer.get("additionalProperties", "properties" not in writer)
        for name in sorted(set(reader.get("required", ())) - set(writer.get("required", ()))):
            yield f"{path}.{name}: required, but may be missing"
        for name, schema in taken.items():
            if name in sent:
                yield from self.compare(sent[name], schema, f"{path}.{name}")
            elif others is not False:
                yield from self.compare({} if others is True else others, schema, f"{path}.{name}")
        rest = reader.get("additionalProperties", True)
        if rest is True:
            return
        for name in [name for name in sent if name not in taken]:
            if rest is False:
                yield f"{path}.{name}: unknown fields are refused"
            else:
                yield from self.compare(sent[name], rest, f"{path}.{name}")
        if others is not False:
            if rest is False:
                yield f"{path}: unknown fields are refused"
            else:
                yield from self.compare({} if others is True else others, rest, f"{path}.*")


def _alternatives(schema: Schema, root: Schema) -> Iterator[Schema]:
    """The schema as a union of schemas without `$ref`, `anyOf`, `oneOf`, lists of types and enums."""
    if "$ref" in schema:
        yield from _alternatives(root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root)
        return
    for union in ("anyOf", "oneOf"):
        if union in schema:
            rest = {key: value for key, value in schema.items() if key not in {*WORDS, union}}
            for part in schema[union]:
                # Words beside a union are common, rules beside one are not: both would have to hold.
                yield from ({**each, "allOf": rest} if rest else each for each in _alternatives(part, root))
            return
    if "enum" in schema:
        yield from ({"const": value} for value in schema["enum"])
    elif isinstance(schema.get("type"), list):
        for each in schema["type"]:
            yield from _alternatives({**schema, "type": each}, root)
    elif schema.get("type") == "boolean" and "const" not in schema:
        yield from ({"const": value} for value in (False, True))
    else:
        yield schema


def _type_fits(writer: Schema, reader: Schema, path: str) -> Iterator[str]:
    taken, sent = reader.get("type"), writer.get("type")
    if taken is not None and sent != taken and (sent, taken) != ("integer", "number"):
        yield f"{path}: {taken} is accepted, {sent or 'anything'} may come"


def _limits_fit(writer: Schema, reader: Schema, path: str) -> Iterator[str]:
    for key in ("pattern", "format", "uniqueItems"):
        if reader.get(key) and writer.get(key) != reader[key]:
            yield f"{path}: {key} {reader[key]!r} is demanded, {writer.get(key)!r} is kept"
    for keys, sign in ((_LOWER, 1), (_UPPER, -1)):
        for key in keys:
            if key in reader and not _within(writer, key, reader[key], sign):
                yield f"{path}: {key} {reader[key]} is demanded, {writer.get(key)} is kept"


def _within(writer: Schema, key: str, limit: float, sign: int) -> bool:
    """Whether the writer's own limits imply this one; an inclusive limit implies an exclusive one only beyond it."""
    if key in writer and sign * writer[key] >= sign * limit:
        return True
    other = _PARTNER.get(key)
    if other is None or other not in writer:
        return False
    implied: float = sign * (writer[other] - limit)
    return implied >= 0 if other.startswith("exclusive") else implied > 0


def _value_fits(value: object, reader: Schema, path: str) -> Iterator[str]:
    """A single value that is sent, against a reader without unions."""
    if "const" in reader:
        if value != reader["const"] or type(value) is not type(reader["const"]):
            yield f"{path}: {value!r} is not accepted"
        return
    rules = reader.keys() - WORDS
    if not rules <= {"type"}:
        yield f"{path}: {value!r} meets {', '.join(sorted(rules))}, which is not understood here"
    elif reader.get("type", _type_of(value)) not in {
        _type_of(value),
        "number" if _type_of(value) == "integer" else None,
    }:
        yield f"{path}: {value!r} is not {reader['type']}"


def _type_of(value: object) -> str:
    names = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}
    return names.get(type(value), "object")
