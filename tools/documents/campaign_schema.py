"""The JSON Schema of a campaign's file, by which editors complete and check it."""

from pathlib import Path
from typing import Any

from services.marketing.catalogue.domain.definition import Definition

CAMPAIGN_SCHEMA = Path("services/marketing/campaigns/schema.json")


def campaign_schema() -> dict[str, Any]:
    """As people write it: texts stand in templates, and a trigger may be the name of an event alone."""
    schema = Definition.model_json_schema()
    content = schema["$defs"]["Content"]
    del content["properties"]["texts"]
    content["required"].remove("texts")
    trigger = schema["properties"]["trigger"]
    events = schema["$defs"]["Trigger"]["properties"]["event"]["enum"]
    schema["properties"]["trigger"] = {"anyOf": [{"enum": events}, trigger]}
    del schema["$defs"]["Text"]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
