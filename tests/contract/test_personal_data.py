"""Keys and headers hold ids only; topics that promise no personal data have no field for any."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.asyncapi.samples import sample_of
from shared.engine.event import Emission
from shared.engine.ledger import Outgoing
from shared.engine.outbox import COLUMNS, encode, headers_of
from shared.events.contract import Contract, contracts
from shared.events.topics import OWNERS, TOPICS

OURS = [entry for entry in contracts() if entry.topic in OWNERS and entry.key is not None]
# Every field that may name a record or its subject, and why it tells nothing of a person.
IDS = {
    "party_id": "our pseudonym",
    "sale_id": "the shop's number",
    "ticket_id": "ours",
    "agreement_id": "ours",
    "address_id": "made with a key that only the database holds",
    "action_id": "ours",
    "article_id": "ours",
    "dispute_id": "ours",
    "enrolment_id": "ours",
    "message_id": "ours",
    "forecast_id": "ours",
    "warning_id": "ours",
    "trend_id": "ours",
    "promotion_id": "ours",
    "model": "the name of a kind of model",
    "about": "a party_id, or a series",
    "campaign": "the name of a definition file",
    "series": "the name of an aggregate",
    "sku": "a product",
}
PERSONAL = re.compile(
    r"(^|_)(name|names|first_name|last_name|email|e_mail|phone|address|street|city|postal_code|birth_date|body|text"
    r"|subject|summary|evidence|value_text|identities|comment|note|message|title)$"
)


@pytest.mark.parametrize("entry", OURS, ids=lambda entry: f"{entry.topic} {entry.type}")
def test_keys_and_subjects_are_made_of_ids(entry: Contract) -> None:
    assert entry.key in IDS
    assert entry.subject is not None
    kind, _, field = entry.subject.partition("/")
    assert re.fullmatch(r"[a-z]+", kind)
    assert field[1:-1] in IDS


@pytest.mark.parametrize("entry", OURS, ids=lambda entry: f"{entry.topic} {entry.type}")
def test_no_text_of_an_event_gets_into_its_headers(entry: Contract) -> None:
    """Every text that is no id and no choice is marked; the marks may stand in the value and nowhere else."""
    sample = _marked(sample_of(entry), entry.schema(), entry.schema())
    data = entry.adapter.validate_python(sample)
    (row,) = encode([Emission(data=data, time=datetime(2026, 3, 1, tzinfo=UTC))])
    columns = dict(zip(COLUMNS, row, strict=True))
    outgoing = Outgoing(id=1, **columns)  # type: ignore[arg-type]
    headers = headers_of(outgoing, OWNERS[entry.topic].encode(), 1)
    assert "Marked" not in columns["key"]  # type: ignore[operator]
    assert "Marked" not in str(headers)
    for name, value in headers:
        assert name.isascii()
        assert value.isascii()
        assert len(value) <= 1024


@pytest.mark.parametrize(
    "entry",
    [entry for entry in contracts() if TOPICS[entry.topic].personal == "none"],
    ids=lambda entry: f"{entry.topic} {entry.type}",
)
def test_topics_without_personal_data_have_no_field_for_it(entry: Contract) -> None:
    """A product's name is the one exception; free text is told of by `has_text` or `has_evidence`."""
    schema = entry.schema()
    names = set(schema["properties"])
    for definition in schema.get("$defs", {}).values():
        names |= set(definition.get("properties", {}))
    if entry.topic == "crm.products":
        names.discard("name")
    assert [name for name in sorted(names) if PERSONAL.search(name) and not name.startswith("has_")] == []


def test_the_test_marks_something() -> None:
    described = next(entry for entry in OURS if entry.type == "crm.party.described.v1")
    sample = _marked(sample_of(described), described.schema(), described.schema())
    assert sample["name"] == "Marked"
    assert sample["identities"][0]["value"] == "Marked"
    assert sample["party_id"] == sample_of(described)["party_id"]


def _marked(value: Any, schema: dict[str, Any], root: dict[str, Any], name: str = "") -> Any:
    """The sample with a mark in every text that is neither an id, a choice, a time nor bound by a pattern."""
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        schema = next(part for part in schema["anyOf"] if part.get("type") != "null")
        return _marked(value, schema, root, name)
    if isinstance(value, dict):
        fields, others = schema.get("properties", {}), schema.get("additionalProperties")
        return {key: _marked(each, fields.get(key, others), root, key) for key, each in value.items()}
    if isinstance(value, list):
        return [_marked(each, schema["items"], root, name) for each in value]
    bound = {"enum", "const", "format", "pattern"} & schema.keys() or name in IDS
    return "Marked" if isinstance(value, str) and not bound else value
