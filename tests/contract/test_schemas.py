"""Contracts only grow: the checker's rules, and every committed version against every other."""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings, strategies as st

from shared.events.contract import contracts, find_contract, rules_of
from tools.documents.compatible import breaches
from tools.documents.schemas import CONTRACTS, Version, committed, complaints, load, render, version_of

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}


def thing(required: tuple[str, ...] = (), **fields: Schema) -> Schema:
    return {"type": "object", "properties": fields, "required": list(required)}


def both(old: Schema, new: Schema) -> tuple[bool, bool]:
    """Whether new code reads old events, and old code new events."""
    return not breaches(old, new), not breaches(new, old)


CASES = {
    "nothing changed": (thing(("a",), a=TEXT), thing(("a",), a=TEXT), (True, True)),
    "an optional field more": (thing(("a",), a=TEXT), thing(("a",), a=TEXT, b=WHOLE), (True, True)),
    "a required field more": (thing(a=TEXT), thing(("b",), a=TEXT, b=WHOLE), (False, True)),
    "an optional field less": (thing(a=TEXT, b=WHOLE), thing(a=TEXT), (True, True)),
    "a required field less": (thing(("b",), a=TEXT, b=WHOLE), thing(a=TEXT), (True, False)),
    "optional becomes required": (thing(a=TEXT), thing(("a",), a=TEXT), (False, True)),
    "another type": (thing(a=TEXT), thing(a=WHOLE), (False, False)),
    "integer becomes number": (thing(a=WHOLE), thing(a={"type": "number"}), (True, False)),
    "null becomes possible": (thing(a=TEXT), thing(a={"anyOf": [TEXT, {"type": "null"}]}), (True, False)),
    "a list of types": (thing(a=TEXT), thing(a={"type": ["string", "null"]}), (True, False)),
    "an enum grows": (thing(a={"enum": ["x"]}), thing(a={"enum": ["x", "y"]}), (True, False)),
    "an enum from text": (thing(a=TEXT), thing(a={"enum": ["x"], "type": "string"}), (False, True)),
    "another constant": (thing(a={"const": 1}), thing(a={"const": 2}), (False, False)),
    "a constant is no boolean": (thing(a={"const": 1}), thing(a={"const": True}), (False, False)),
    "a boolean becomes a constant": (thing(a={"type": "boolean"}), thing(a={"const": True}), (False, True)),
    "a limit is lowered": (thing(a=TEXT | {"maxLength": 9}), thing(a=TEXT | {"maxLength": 5}), (False, True)),
    "a limit appears": (thing(a=WHOLE), thing(a=WHOLE | {"minimum": 0}), (False, True)),
    "an exclusive limit": (
        thing(a=WHOLE | {"exclusiveMinimum": 0}),
        thing(a=WHOLE | {"minimum": 0}),
        (True, False),
    ),
    "a stricter exclusive limit": (
        thing(a=WHOLE | {"minimum": 1}),
        thing(a=WHOLE | {"exclusiveMinimum": 0}),
        (True, False),
    ),
    "an upper limit turned": (
        thing(a=WHOLE | {"exclusiveMaximum": 9}),
        thing(a=WHOLE | {"maximum": 9}),
        (True, False),
    ),
    "a pattern": (thing(a=TEXT), thing(a=TEXT | {"pattern": "^x"}), (False, True)),
    "a format": (thing(a=TEXT), thing(a=TEXT | {"format": "uuid"}), (False, True)),
    "items change": (
        thing(a={"type": "array", "items": TEXT}),
        thing(a={"type": "array", "items": WHOLE}),
        (False, False),
    ),
    "a list must not be empty": (
        thing(a={"type": "array", "items": TEXT}),
        thing(a={"type": "array", "items": TEXT, "minItems": 1}),
        (False, True),
    ),
    "items of any kind become text": (
        thing(a={"type": "array"}),
        thing(a={"type": "array", "items": TEXT}),
        (False, True),
    ),
    "unknown fields are refused": (
        thing(a=TEXT, b=TEXT),
        thing(a=TEXT) | {"additionalProperties": False},
        (False, True),
    ),
    "a map's values change": (
        {"type": "object", "additionalProperties": TEXT},
        {"type": "object", "additionalProperties": WHOLE},
        (False, False),
    ),
    "a map becomes an object": (
        {"type": "object", "additionalProperties": TEXT},
        thing(a=WHOLE),
        (False, False),
    ),
    "an object becomes a map": (thing(a=TEXT, b=TEXT), {"type": "object", "additionalProperties": TEXT}, (True, True)),
    "a map with no more fields": (
        {"type": "object", "additionalProperties": TEXT},
        {"type": "object", "additionalProperties": False},
        (False, True),
    ),
    "words change": (thing(a=TEXT | {"title": "A"}), thing(a=TEXT | {"description": "b"}), (True, True)),
    "what nobody understands is reported": (thing(a=TEXT), thing(a=TEXT | {"contentEncoding": "x"}), (False, False)),
    "a rule beside a union is reported": (
        thing(a=TEXT),
        thing(a={"anyOf": [TEXT, {"type": "null"}], "minLength": 1}),
        (False, False),
    ),
    "a limited text beside a constant": (thing(a={"const": "x"}), thing(a=TEXT | {"maxLength": 3}), (False, False)),
}


@pytest.mark.parametrize("case", CASES)
def test_each_change_is_judged_in_both_directions(case: str) -> None:
    old, new, expected = CASES[case]
    assert both(old, new) == expected


def test_a_breach_names_its_place() -> None:
    old = thing(lines={"type": "array", "items": {"$ref": "#/$defs/Line"}}) | {"$defs": {"Line": thing(sku=TEXT)}}
    new = deepcopy(old)
    new["$defs"]["Line"]["required"] = ["sku"]
    assert breaches(old, new) == ["$.lines[].sku: required, but may be missing"]


def test_recursive_schemas_end() -> None:
    tree: Schema = {"$ref": "#/$defs/Tree", "$defs": {"Tree": thing(child={"$ref": "#/$defs/Tree"}, name=TEXT)}}
    other = deepcopy(tree)
    other["$defs"]["Tree"]["properties"]["name"] = WHOLE
    assert both(tree, deepcopy(tree)) == (True, True)
    assert both(tree, other) == (False, False)


limits = st.integers(0, 3)
scalars = st.one_of(
    st.just({"type": "null"}),
    st.just({"type": "boolean"}),
    st.builds(lambda low, more: {"type": "string", "minLength": low, "maxLength": low + more}, limits, limits),
    st.builds(lambda low, more: {"type": "integer", "minimum": low, "maximum": low + more}, limits, limits),
    st.builds(lambda low: {"type": "number", "exclusiveMinimum": low}, limits),
    st.builds(lambda values: {"enum": sorted(values)}, st.sets(st.sampled_from("abc"), min_size=1)),
)


def objects(parts: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    fields = st.dictionaries(st.sampled_from("pqr"), parts, max_size=3)
    return fields.flatmap(
        lambda properties: st.sets(st.sampled_from(sorted(properties)) if properties else st.nothing()).map(
            lambda required: {"type": "object", "properties": properties, "required": sorted(required)}
        )
    )


schemas = st.recursive(
    scalars,
    lambda parts: st.one_of(
        objects(parts),
        st.builds(lambda items: {"type": "array", "items": items, "maxItems": 3}, parts),
        st.builds(lambda left, right: {"anyOf": [left, right]}, parts, parts),
    ),
    max_leaves=6,
)


def sent(schema: Schema) -> st.SearchStrategy[Any]:
    """What a closed writer may send."""
    if "anyOf" in schema:
        return st.one_of([sent(part) for part in schema["anyOf"]])
    return st.sampled_from(schema["enum"]) if "enum" in schema else SENT[schema["type"]](schema)


def sent_object(schema: Schema) -> st.SearchStrategy[Any]:
    fields = {name: sent(part) for name, part in schema["properties"].items()}
    required = {name: fields.pop(name) for name in schema["required"]}
    return st.fixed_dictionaries(required, optional=fields)


SENT: dict[str, Callable[[Schema], st.SearchStrategy[Any]]] = {
    "null": lambda _: st.none(),
    "boolean": lambda _: st.booleans(),
    "string": lambda schema: st.text(alphabet="xyz", min_size=schema["minLength"], max_size=schema["maxLength"]),
    "integer": lambda schema: st.integers(schema["minimum"], schema["maximum"]),
    "number": lambda schema: st.floats(schema["exclusiveMinimum"], 9, exclude_min=True),
    "array": lambda schema: st.lists(sent(schema["items"]), max_size=schema["maxItems"]),
    "object": sent_object,
}


@settings(max_examples=300, deadline=None)
@given(st.data(), objects(schemas), objects(schemas))
def test_what_the_checker_allows_is_always_readable(data: st.DataObject, writer: Schema, reader: Schema) -> None:
    """Differential: where no breach is found, whatever the writer sends is valid for the reader, by another library."""
    if not breaches(writer, reader):
        jsonschema.validate(data.draw(sent(writer)), reader)


@settings(max_examples=200, deadline=None)
@given(objects(schemas), st.sampled_from("stu"), schemas)
def test_a_new_optional_field_never_breaks_anybody(old: Schema, name: str, part: Schema) -> None:
    new = deepcopy(old)
    new["properties"][name] = part
    assert both(old, new) == (True, True)


@settings(max_examples=200, deadline=None)
@given(st.data(), objects(schemas))
def test_a_field_made_required_is_always_found(data: st.DataObject, old: Schema) -> None:
    optional = sorted(set(old["properties"]) - set(old["required"]))
    if optional:
        new = deepcopy(old)
        new["required"] = sorted([*old["required"], data.draw(st.sampled_from(optional))])
        assert both(old, new) == (False, True)


def test_every_contract_is_committed_with_a_sample() -> None:
    missing = [
        str(version)
        for version in map(version_of, contracts())
        if not ((CONTRACTS / version.path).exists() and (CONTRACTS / version.sample_path).exists())
    ]
    assert missing == []


def test_no_promise_is_broken() -> None:
    assert list(complaints()) == []


@pytest.mark.parametrize("version", committed(), ids=str)
def test_samples_of_every_version_are_read_by_the_newest_model(version: Version) -> None:
    contract = find_contract(version.topic, version.type)
    assert contract is not None
    sample = json.loads((CONTRACTS / version.sample_path).read_text("utf-8"))
    jsonschema.validate(sample, load(version))
    read = contract.parse(json.dumps(sample).encode())
    assert contract.parse(json.dumps(as_doubles(sample)).encode()) == read


def as_doubles(value: Any) -> Any:
    """The same JSON as a writer without integers writes it: 100.0, which JSON Schema takes for the integer 100."""
    if isinstance(value, dict):
        return {name: as_doubles(part) for name, part in value.items()}
    if isinstance(value, list):
        return list(map(as_doubles, value))
    return float(value) if type(value) is int else value


def test_a_changed_version_a_lost_type_and_a_broken_reader_are_each_reported(tmp_path: Path) -> None:
    contract = contracts()[0]
    changed, gone = version_of(contract), Version("crm.sales", "crm.gift.given.v1", 1, 0)
    later = Version(gone.topic, gone.type, 1, 1)
    for version, schema in (
        (changed, thing(a=TEXT)),
        (gone, thing(("a",), a=TEXT)),
        (later, thing(("a",), a=WHOLE)),
    ):
        (tmp_path / version.path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / version.path).write_text(render(schema), "utf-8")
    found = "\n".join(complaints(tmp_path))
    assert f"{changed} has changed" in found
    assert f"{gone} was promised and has no model any more" in found
    assert f"{later} cannot read what {gone} wrote: $.a: integer is accepted, string may come" in found
    assert f"{gone} cannot read what {later} writes" in found


def test_words_are_no_rules_but_fields_may_be_called_like_them() -> None:
    schema = thing(title=TEXT | {"title": "Title"}, description=TEXT) | {"title": "Thing", "description": "A thing."}
    assert rules_of(schema) == thing(title=TEXT, description=TEXT)
