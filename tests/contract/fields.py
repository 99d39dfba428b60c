"""Every parameter and every field of every operation of an OpenAPI document, each in turn with a value that is odd."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]
NOBODY = "6f1c2a0e-5f0c-5c39-9a44-2f8f1f0c7d11"
_SAMPLES = {"date-time": "2026-03-01T09:30:00Z", "date": "2026-03-01", "uuid": NOBODY, "base64": "YQ=="}
ABSENT = object()

ODD_TEXTS = {"empty": "", "blank": "%20", "nul": "%00", "a nul within": "a%00b", "no text": "%FF", "long": "a" * 20_000}
ODD_VALUES: dict[str, object] = {
    "absent": ABSENT,
    "null": None,
    "empty": "",
    "blank": " \t",
    "nul": "\0",
    "a nul within": "a\0b",
    "long": "a" * 200_000,
    "no character": "\ufffe\U0010ffff\u202e",
    "truth": True,
    "below zero": -1,
    "beyond 64 bits": 2**64,
    "beyond a double": 10**400,
    "a fraction": 0.5,
    "no items": [],
    "no members": {},
    "a null within": [None],
}


@dataclass(frozen=True, slots=True)
class Request:
    """`field` is what an answer that refuses it has to name."""

    method: str
    address: str
    field: str
    odd: str
    body: bytes | None = None


def odd_parameters(document: Json) -> Iterator[Request]:
    """Each query and path parameter with each odd text, the others left out or sound."""
    for method, path, operation in _operations(document):
        body = json.dumps(sample_of(schema, document)).encode() if (schema := _body(operation)) else None
        parameters = [each for each in operation.get("parameters", []) if each["in"] in {"path", "query"}]
        for parameter in parameters:
            for odd, text in ODD_TEXTS.items():
                name, place = parameter["name"], parameter["in"]
                address = _address(path, parameters, document, {name: text})
                yield Request(method, address, f"{place}.{name}", odd, body)


def odd_fields(document: Json) -> Iterator[Request]:
    """Each field of each body with each odd value, beside the fields that have to be there."""
    for method, path, operation in _operations(document):
        if schema := _body(operation):
            parameters = [each for each in operation.get("parameters", []) if each["in"] in {"path", "query"}]
            address = _address(path, parameters, document, {})
            sample = sample_of(schema, document)
            for place in places_of(schema, document):
                for odd, value in ODD_VALUES.items():
                    body = json.dumps(with_value(sample, place, value, schema, document)).encode()
                    yield Request(method, address, ".".join(("body", *place)), odd, body)


def _operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield method.upper(), path, operation


def _body(operation: Json) -> Json | None:
    content: Json = operation.get("requestBody", {}).get("content", {})
    schema: Json | None = content.get("application/json", {}).get("schema")
    return schema


def _address(path: str, parameters: list[Json], document: Json, odd: Mapping[str, str]) -> str:
    query = []
    for parameter in parameters:
        name = parameter["name"]
        value = odd.get(name) if name in odd else sample_of(parameter["schema"], document)
        if parameter["in"] == "path":
            path = path.replace("{" + name + "}", str(value))
        elif name in odd or parameter.get("required"):
            query.append(f"{name}={value}")
    return f"{path}?{'&'.join(query)}" if query else path


def resolved(schema: Json, document: Json) -> Json:
    """The schema itself; of several the first that is not null."""
    if "$ref" in schema:
        return resolved(document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], document)
    for part in schema.get("anyOf", ()):
        if part.get("type") != "null":
            return resolved(part, document)
    return schema


def sample_of(schema: Json, document: Json) -> Any:
    """A sound value with nothing in it that may be left out."""
    schema = resolved(schema, document)
    if values := schema.get("enum") or ([schema["const"]] if "const" in schema else None):
        return values[0]
    match schema.get("type"):
        case "object":
            fields = schema.get("properties", {})
            return {name: sample_of(fields[name], document) for name in schema.get("required", ())}
        case "array":
            return [sample_of(schema["items"], document)] if schema.get("minItems") else []
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case _:
            return _SAMPLES.get(schema.get("format", ""), "a")


def places_of(schema: Json, document: Json, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Where a value of the schema has fields and items, of each list the first."""
    schema = resolved(schema, document)
    if above:
        yield above
    if len(above) > 6:  # relations of a party have parties
        return
    for name, part in schema.get("properties", {}).items():
        yield from places_of(part, document, (*above, name))
    if "items" in schema:
        yield from places_of(schema["items"], document, (*above, "0"))


def with_value(sample: Any, place: tuple[str, ...], value: object, schema: Json, document: Json) -> Any:
    """The sample with the value at a place, and what the place needs around it."""
    if not place:
        return value
    schema = resolved(schema, document)
    if place[0] == "0":
        if value is ABSENT and len(place) == 1:
            return []
        return [with_value(sample_of(schema["items"], document), place[1:], value, schema["items"], document)]
    part = schema["properties"][place[0]]
    rest = {name: each for name, each in (sample or {}).items() if name != place[0]}
    if value is ABSENT and len(place) == 1:
        return rest
    inner = (sample or {}).get(place[0]) or sample_of(part, document)
    return {**rest, place[0]: with_value(inner, place[1:], value, part, document)}
