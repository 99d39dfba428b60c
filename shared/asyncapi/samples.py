"""A sample of each contract: every field filled, the same on every machine, and accepted by the contract itself."""

from collections.abc import Mapping
from typing import Any

from shared.events.contract import Contract
from shared.ids import derived_id

Schema = Mapping[str, Any]

# Values that a reader recognises; what is not named here follows from its schema.
_BY_NAME: dict[str, Any] = {
    "sku": "A-17",
    "sale_id": "shop-20391",
    "origin": "/shop",
    "currency": "DKK",
    "minor": 12995,
    "country": "DK",
    "city": "København",
    "region": "Hovedstaden",
    "postal_code": "2100",
    "lines[]": "Strandvejen 12",
    "birth_date": "1990-04-17",
    "locale": "da",
    "time_zone": "Europe/Copenhagen",
    "agent": "staff-12",
    "owner": "staff-12",
    "store": "cph-1",
    "revision": 2,
    "coupon": "SPRING",
    "campaign": "thanks",
    "channel": "email",
    "purpose": "marketing",
    "topic": "newsletter",
    "basis": "opt_in",
    "text_version": "2026-03",
    "subject": "The lamp stays dark",
    "body": "I changed the bulb, and it still does not light.",
    "thread": "<20260301.1@example.com>",
    "in_reply_to": "<20260228.7@example.com>",
    "system": "shop",
    "reason": "damaged",
    "stage": "purchase",
    "current": "purchase",
    "series": "sales/department/GROCERY",
    "model": "ets+theta+ces",
    "unit": "DKK",
    "score": "p_alive",
    "band": "high",
    "input": "days_since_last_sale",
    "category[]": "Lighting",
    "roles[]": "customer",
    "fields[]": "locale",
    "missing[]": "phone",
    "completeness": 90,
    "since": "2026-01-01",
    "ended_on": "2026-02-28",
    "name": "Ada Holm",
    "summary": "Asked how to change the bulb.",
    "evidence": "form 7, ticked by hand",
    "text": "Quick and kind.",
}
# Where a name alone would tell too little.
_BY_OWNER: dict[tuple[str, str], Any] = {
    ("ReportedIdentity", "value"): "81",
    ("KnownIdentity", "value"): "81",
    ("ReportedRelation", "kind"): "employs",
    ("ProductDescribed", "name"): "Table lamp",
    ("SaleState", "revision"): 1,
    ("Line", "discount"): {"minor": 0, "currency": "DKK"},
    ("MessageSkipped", "reason"): "no_consent",
    ("EnrolmentExited", "reason"): "refunded",
    ("PointsReversed", "reason"): "refunded",
    ("DuplicateSuspected", "reason"): "shared_identity",
    ("TicketStatusChanged", "previous"): "open",
    ("TicketStatusChanged", "status"): "pending",
    ("TicketReplied", "author"): "agent",
    ("CampaignPublished", "definition_hash"): "9f2c4a7be01d5e68",
    ("ReportedSurvey", "value"): 4,
    ("SurveyAnswered", "value"): 4,
}
_MOMENT = "2026-03-01T09:30:00Z"


def sample_of(contract: Contract) -> Any:
    """The value of one event as JSON data. Raises pydantic's ValidationError if the model refuses it."""
    schema = contract.schema()
    sample = _sample(schema, schema, "", "")
    contract.adapter.validate_python(sample)
    return sample


def _sample(schema: Schema, root: Schema, name: str, owner: str) -> Any:
    """A value for the field `name` of the model `owner`; what is named above comes first, then the schema's rules."""
    if (owner, name) in _BY_OWNER:
        return _BY_OWNER[owner, name]
    if "$ref" in schema:
        return _sample(root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root, name, owner)
    union = schema.get("anyOf") or schema.get("oneOf")
    if union:
        return _sample(next(part for part in union if part.get("type") != "null"), root, name, owner)
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    if values:
        return _BY_NAME[name] if _BY_NAME.get(name) in values else values[0]
    return _of_type(schema, root, name, owner)


def _of_type(schema: Schema, root: Schema, name: str, owner: str) -> Any:
    match schema.get("type"):
        case "object":
            title = schema.get("title", "")
            return {field: _sample(part, root, field, title) for field, part in schema.get("properties", {}).items()}
        case "array":
            return [_sample(schema.get("items", {}), root, f"{name}[]", owner)]
        case "boolean":
            return True
        case "integer":
            return _BY_NAME.get(name, 1)
        case "number":
            return 0.5
        case _:
            return _text(schema, name)


def _text(schema: Schema, name: str) -> str:
    if schema.get("format") == "date-time":
        return _MOMENT
    usual = _BY_NAME.get(name)
    if isinstance(usual, str):
        return usual
    stem = name.removesuffix("[]").removesuffix("s")
    return str(derived_id("sample", stem)) if stem.endswith("id") or schema.get("format") == "uuid" else name or "text"
