"""The fields of a schema as people read them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]
_LIMITS = {
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {}",
    "maxItems": "at most {}",
    "minimum": "from {}",
    "maximum": "up to {}",
    "exclusiveMinimum": "above {}",
    "exclusiveMaximum": "below {}",
    "pattern": "matches `{}`",
}


@dataclass(frozen=True, slots=True)
class Field:
    """`kind` is in Markdown; `rules` are what JSON Schema demands beyond it."""

    name: str
    kind: str
    required: bool
    rules: str


def fields_of(schema: Schema) -> list[Field]:
    required = set(schema.get("required", ()))
    return [
        Field(name, kind_of(part), name in required, ", ".join(_rules(part)))
        for name, part in schema.get("properties", {}).items()
    ]


def kind_of(schema: Schema) -> str:
    """`text`, `UUID`, `time`, `list of Line`, `Money or null`, or the values that are possible."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    union = schema.get("anyOf") or schema.get("oneOf")
    if union:
        return " or ".join(dict.fromkeys(kind_of(part) for part in union))
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return " ".join(f"`{value}`" for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {kind_of(schema.get('items', {}))}"
    formats = {"uuid": "UUID", "date-time": "time"}
    names = {"string": "text", "integer": "integer", "number": "number", "boolean": "true or false", "null": "null"}
    return formats.get(schema.get("format", "")) or names.get(schema.get("type", ""), "object")


def _rules(schema: Schema) -> Iterator[str]:
    for part in schema.get("anyOf", (schema,)):
        yield from (words.format(part[key]) for key, words in _LIMITS.items() if key in part)
    items = schema.get("items", {})
    if any(key in items for key in _LIMITS):
        yield "each " + ", ".join(_rules(items))
    if "description" in schema:
        yield schema["description"]
