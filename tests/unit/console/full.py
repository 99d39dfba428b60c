"""Services that answer what their OpenAPI documents say, with a thousand of everything that they list.

Each answer is made of its schema: every field is there, and of a list as many items as were asked for.
"""

import asyncio
import json
import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from services.console.shell.asking import SERVICES, Answer, Service

EACH = 1_000
"""So many items has each list."""
_API = Path(__file__).parents[3] / "docs" / "api"
_DEEPEST = 9
"""Where a schema holds itself, no more is made of it."""
_TURNS = 1_000
"""Of the loop, within which a page has asked whatever it asks side by side."""
_SIGNS = ("DKK", "2026-03-12", "2.1.1", "da", "DA", "orders", "ada@mail.example", "parcels: late")
"""One of them is of every pattern that documents have."""
_SAID: dict[str, Any] = {
    "type": "crm.sale.completed.v1",
    "summary": {"sale_id": "s-1", "total": {"minor": 12_995, "currency": "DKK"}, "channel": "web"},
    "definition": {
        "trigger": "sale.completed",
        "steps": [{"wait": "P1D", "content": [{"template": "hello"}]}],
        "when": {"party.sales": {"at_least": 1}},
    },
    "currency": "DKK",
    "key": "2026-03-12",
    "birth_date": "1971-03-09",
    "locale": "da-DK",
    "time_zone": "Europe/Copenhagen",
    "next_cursor": "2",
}
"""What fields say that documents call a text or an object and no more."""


class Full:
    """The service that hangs does not answer; the others do at once."""

    def __init__(self) -> None:
        self.hanging = ""
        self.waits = 0
        """How often a page waited for services that hang, those counted once that it asked side by side."""
        self.asked: set[str] = set()
        self.paths: list[str] = []
        self.listed: dict[str, set[int]] = defaultdict(set)
        """From which places on each list that goes on was asked for; a list is `support /v1/tickets`."""
        self._waiting = 0
        self._documents = {
            service: json.loads((_API / f"{service}.openapi.json").read_text("utf-8")) for service in SERVICES
        }

    async def exchange(self, _: object, service: Service, method: str, path: str, *rest: object) -> Answer:
        """In the place of what goes over the network."""
        del rest
        self.asked.add(service)
        self.paths.append(path)
        if service == self.hanging:
            await self._hang()
        return Answer(self._answer(service, method.lower(), path), '"1"')

    async def _hang(self) -> None:
        self.waits += not self._waiting
        self._waiting += 1
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        self._waiting -= 1
        raise TimeoutError

    def _answer(self, service: Service, method: str, path: str) -> Any:
        plain, _, query = path.partition("?")
        template, operation = self._operation(service, method, f"/v1/{plain}")
        given = dict(parse_qsl(query))
        schema = _schema_of(operation)
        for each in schema.get("anyOf", ()):
            if ("Listing_" in each.get("$ref", "")) == ("outcome" in given):
                schema = each
        schemas = self._documents[service]["components"]["schemas"]
        if "Listing_" not in schema.get("$ref", ""):
            parts = schemas.get(schema.get("$ref", "").rpartition("/")[2], {}).get("properties", {})
            for name in (each for each, kind in parts.items() if "Listing_" in kind.get("$ref", "")):
                self.listed[f"{service} {template.rpartition('/')[0]}/{name}"].add(0)  # its beginning
            return _made(schema, schemas, 1)
        first, most = int(given.get("cursor", 0)), int(given.get("limit", 50))
        places = range(first, min(first + most, EACH))
        if first + most < EACH and "ids" not in given:
            self.listed[f"{service} {template}"].add(first)
        item = schemas[schema["$ref"].rpartition("/")[2]]["properties"]["items"]["items"]
        following = str(first + most) if first + most < EACH else None
        return {"items": [_made(item, schemas, 1 + place) for place in places], "next_cursor": following}

    def _operation(self, service: Service, method: str, path: str) -> tuple[str, Mapping[str, Any]]:
        paths = self._documents[service]["paths"]
        fits = [each for each in paths if method in paths[each] and _takes(each, path)]
        template = min(fits, key=lambda each: each.count("{"))
        return template, paths[template][method]


def _takes(template: str, path: str) -> bool:
    return re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template)), path) is not None


def _schema_of(operation: Mapping[str, Any]) -> Mapping[str, Any]:
    """Of what is answered where all goes well; empty where that is no JSON."""
    answers = (operation["responses"][status] for status in sorted(operation["responses"]) if status.startswith("2"))
    return next((each["content"]["application/json"]["schema"] for each in answers if "content" in each), {})


def _made(schema: Mapping[str, Any], schemas: Mapping[str, Any], place: int, name: str = "", depth: int = 0) -> Any:
    """A value of a schema, another one for each place."""
    if name in _SAID and not {"enum", "$ref"} & schema.keys():
        return _SAID[name]
    if "$ref" in schema:
        return _made(schemas[schema["$ref"].rpartition("/")[2]], schemas, place, name, depth + 1)
    for kind in ("anyOf", "oneOf", "allOf"):
        if kind in schema:
            return _made(schema[kind][0], schemas, place, name, depth + 1)
    if "const" in schema or "enum" in schema:
        return schema["const"] if "const" in schema else schema["enum"][place % len(schema["enum"])]
    if schema.get("type") == "array":
        given = schema.get("prefixItems") or [schema.get("items", {})] * 2
        return [_made(each, schemas, place + n, name, depth + 1) for n, each in enumerate(given) if depth < _DEEPEST]
    return _object(schema, schemas, place, depth) if schema.get("type") == "object" else _plain(schema, place, name)


def _object(schema: Mapping[str, Any], schemas: Mapping[str, Any], place: int, depth: int) -> dict[str, Any]:
    known = {
        name: _made(each, schemas, place, name, depth + 1)
        for name, each in schema.get("properties", {}).items()
        if depth < _DEEPEST or name in schema.get("required", ())
    }
    free = schema.get("additionalProperties")
    names = schema.get("propertyNames", {}).get("enum", ["one"])
    return known | (
        {each: _made(free, schemas, place, each, depth + 1) for each in names} if isinstance(free, dict) else {}
    )


def _plain(schema: Mapping[str, Any], place: int, name: str) -> Any:
    kind = schema.get("type")
    if kind in {"integer", "number"}:
        least = schema.get("minimum", schema.get("exclusiveMinimum", -1) + 1)
        found = max(least, min(schema.get("maximum", place), schema.get("exclusiveMaximum", 1 + place) - 1, place))
        return int(found) if kind == "integer" else float(found)
    if kind == "boolean":
        return place % 2 == 0
    if kind != "string":
        return {}
    return _text(schema, place, name)


def _text(schema: Mapping[str, Any], place: int, name: str) -> str:
    formats = {
        "uuid": f"01a21a0a-7237-7b83-b613-{place:012x}",
        "date-time": f"2026-03-{1 + place % 28:02}T12:00:00Z",
        "date": f"2026-03-{1 + place % 28:02}",
    }
    if schema.get("format") in formats:
        return formats[schema["format"]]
    plain = f"{name.replace('_', '-')}-{place}"
    if "pattern" in schema:
        return next(each for each in (plain, *_SIGNS) if re.search(schema["pattern"], each))
    return plain[: schema.get("maxLength", 100)]
