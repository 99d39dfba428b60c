"""The registry of contracts: a pair (topic, type) and the dataclass that carries its data."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

T = TypeVar("T", bound=type[Any])
_EXACT = 2**53
"""Above it a double is no longer one integer."""
_WORDS = {"title", "description", "$schema", "$id"}


@dataclass(frozen=True, slots=True)
class Contract:
    """What is promised about one type on one topic.

    `key` and `subject` are templates over the data's own fields (`"party_id"`, `"sale/{sale_id}"`); an outside type has
    none, its key is the sender's. `minor` counts the optional fields that came later.
    """

    topic: str
    model: type[Any]
    type: str
    key: str | None
    subject: str | None
    minor: int

    @property
    def adapter(self) -> TypeAdapter[Any]:
        """Built when it is first asked for: a service reads and writes a part of the types."""
        return _adapter(self.model)  # type: ignore[arg-type]  # mypy takes a class for unhashable

    @property
    def parse(self) -> Callable[[bytes], Any]:
        """JSON to the dataclass; raises pydantic's ValidationError. Look it up once where the caller is hot.

        `100.0` is the integer 100, as JSON Schema has it; `"100"` and `true` are none.
        """
        validate = self.adapter.validator.validate_json

        def parse(value: bytes) -> Any:
            try:
                return validate(value)
            except ValidationError as error:
                if not any(map(_is_whole, error.errors(include_url=False, include_context=False))):
                    raise
            return validate(to_json(_with_integers(from_json(value))))

        return parse

    @property
    def write(self) -> Callable[..., bytes]:
        """The dataclass to JSON, as `dump_json` of the adapter does; look it up once where the caller is hot."""
        return self.adapter.serializer.to_json

    @property
    def major(self) -> int:
        return int(self.type.rpartition(".v")[2])

    def schema(self) -> dict[str, Any]:
        return self.adapter.json_schema(mode="validation")

    def figures(self) -> tuple[str, ...]:
        """The fields that hold a number that is no integer, or may hold one at any depth."""
        schema = self.schema()
        defined = schema.get("$defs", {})
        return tuple(name for name, part in schema.get("properties", {}).items() if _has_figures(part, defined))

    def document(self) -> dict[str, Any]:
        """The schema as it is committed and served: with its dialect, and where each service answers with it."""
        where = f"/schemas/{self.topic}/{self.type}/{self.major}.{self.minor}.json"
        return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": where, **self.schema()}

    def dataschema(self) -> str:
        """The `ce_dataschema` urn: the version and a hash of the schema's rules, which other words do not change."""
        canonical = json.dumps(rules_of(self.schema()), sort_keys=True, separators=(",", ":")).encode()
        digest = hashlib.sha256(canonical).hexdigest()[:16]
        return f"urn:rapport:{self.topic}:{self.type}:{self.major}.{self.minor}:{digest}"


def rules_of(schema: dict[str, Any], *, names: bool = False) -> dict[str, Any]:
    """A schema without words and its own name; with `names`, its keys are names of fields or definitions."""
    return {
        key: [rules_of(part) if isinstance(part, dict) else part for part in value]
        if isinstance(value, list)
        else rules_of(value, names=not names and key in {"properties", "$defs"})
        if isinstance(value, dict)
        else value
        for key, value in schema.items()
        if names or key not in _WORDS
    }


def _has_figures(part: object, defined: Mapping[str, object]) -> bool:
    """Whether this part of a schema, or a definition that it leads to, is of a number that is no integer."""
    waiting, reached = [part], set[str]()
    while waiting:
        text = to_json(waiting.pop())
        if b'"number"' in text:
            return True
        fresh = {name for name in defined.keys() - reached if f'"#/$defs/{name}"'.encode() in text}
        waiting += [defined[name] for name in fresh]
        reached |= fresh
    return False


@cache
def _adapter(model: Any) -> TypeAdapter[Any]:
    return TypeAdapter(model)


def _is_whole(error: Mapping[str, Any]) -> bool:
    return error["type"] == "int_type" and isinstance(error["input"], float) and error["input"].is_integer()


def _with_integers(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _with_integers(part) for name, part in value.items()}
    if isinstance(value, list):
        return list(map(_with_integers, value))
    exact = isinstance(value, float) and value.is_integer() and abs(value) <= _EXACT
    return int(value) if exact else value


_by_type: dict[tuple[str, str], Contract] = {}
_by_model: dict[type[Any], Contract] = {}


def contract(
    topic: str, type_: str, *, key: str | None = None, subject: str | None = None, minor: int = 0
) -> Callable[[T], T]:

    def register(model: T) -> T:
        entry = Contract(topic, model, type_, key, subject, minor)
        if (topic, type_) in _by_type:
            raise ValueError(f"{type_} on {topic} is registered twice")
        _by_type[topic, type_] = entry
        _by_model.setdefault(model, entry)
        return model

    return register


def contract_of(model: type[Any]) -> Contract:
    return _by_model[model]


def find_contract(topic: str, type_: str) -> Contract | None:
    return _by_type.get((topic, type_))


def contracts() -> list[Contract]:
    return [entry for _, entry in sorted(_by_type.items())]
