"""What services hear and say on Kafka as AsyncAPI 3, headers and keys included, from the registry of contracts."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from shared.asyncapi.samples import sample_of
from shared.engine.partitions import PARTITIONS
from shared.engine.subscription import Subscription
from shared.events.contract import Contract, contracts
from shared.events.topic import CLEANUPS
from shared.events.topics import OUTSIDE, TOPICS, topics_of

Json = dict[str, Any]

_TEXT = {"type": "string", "maxLength": 1024}
_REQUIRED = ["ce_specversion", "ce_id", "ce_source", "ce_type"]
OUR_REQUIRED = [*_REQUIRED, "content-type", "ce_time", "ce_subject", "ce_sequence", "ce_dataschema", "ce_correlationid"]
_KAFKA = {
    "host": "{brokers}",
    "protocol": "kafka",
    "description": "The brokers, as RAPPORT_KAFKA__BROKERS names them.",
    "variables": {"brokers": {"default": "127.0.0.1:9092", "description": "One of them, host:port."}},
}
_HEADERS: Json = {
    "content-type": {"const": "application/json"},
    "ce_specversion": {"const": "1.0"},
    "ce_id": {**_TEXT, "maxLength": 200, "description": "With ce_source the identity of the event."},
    "ce_source": {**_TEXT, "description": "The system that wrote it, such as /shop; ours alone write our topics."},
    "ce_type": {**_TEXT, "description": "The type of the event, such as crm.sale.completed.v1."},
    "ce_time": {"type": "string", "format": "date-time", "description": "When it happened."},
    "ce_partitionkey": {**_TEXT, "description": "The same as the record's key."},
}
OUR_HEADERS: Json = {
    **_HEADERS,
    "ce_id": {"type": "string", "format": "uuid", "description": "With ce_source the identity of the event; a UUIDv7."},
    "ce_subject": {**_TEXT, "description": "What it is about, such as party/<id>; says nothing about order."},
    "ce_sequence": {
        "type": "string",
        "pattern": "^[0-9]{20}$",
        "description": "Counts the records of a partition from 1, without gaps, padded with zeros so that it sorts as "
        "text; a second sending has the same number.",
    },
    "ce_dataschema": {**_TEXT, "description": "Version and hash of the schema of the data; see below."},
    "ce_correlationid": {**_TEXT, "description": "The same on all events of one flow."},
    "ce_causationid": {**_TEXT, "description": "The ce_id of the event that led to this one."},
    "traceparent": {**_TEXT, "description": "W3C trace context."},
}


class Described(Protocol):
    """A service, as far as its events go."""

    @property
    def name(self) -> str: ...

    @property
    def subscriptions(self) -> Sequence[Subscription]: ...


def asyncapi(service: Described) -> Json:
    said = [entry for entry in contracts() if entry.topic in topics_of(f"/{service.name}")]
    heard = {
        f"{subscription.group}.{topic}": list(handler.contracts.values())
        for subscription in service.subscriptions
        for topic, handler in subscription.topics.items()
    }
    operations = {name: _operation("receive", entries, name) for name, entries in heard.items() if entries}
    for topic in sorted({entry.topic for entry in said}):
        operations[f"{service.name}.says.{topic}"] = _operation("send", [e for e in said if e.topic == topic], None)
    used = {(entry.topic, entry.type): entry for entries in (said, *heard.values()) for entry in entries}
    title = f"Rapport {service.name}"
    return _document(title, [entry for _, entry in sorted(used.items())], operations)


def everything() -> Json:
    """All topics and all contracts of the system, which says what its services own and hears the rest."""
    operations = {}
    for topic in sorted({entry.topic for entry in contracts()}):
        entries = [entry for entry in contracts() if entry.topic == topic]
        heard = topic in OUTSIDE
        name = f"rapport.{'hears' if heard else 'says'}.{topic}"
        operations[name] = _operation("receive" if heard else "send", entries, None)
    return _document("Rapport", contracts(), operations)


def _document(title: str, entries: Sequence[Contract], operations: Mapping[str, Json]) -> Json:
    topics = [name for name in TOPICS if any(entry.topic == name for entry in entries)]
    schemas: Json = {
        "OurHeaders": _headers(OUR_HEADERS, OUR_REQUIRED),
        "OutsideHeaders": _headers(_HEADERS, _REQUIRED),
    }
    messages = {_name(entry): _message(entry, schemas) for entry in entries}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": title,
            "version": "1.0.0",
            "description": "CloudEvents 1.0 in Kafka's binary mode. Unknown fields are to be ignored.",
        },
        "defaultContentType": "application/json",
        "servers": {"kafka": _KAFKA},
        "channels": {name: _channel(name, [e for e in entries if e.topic == name]) for name in topics},
        "operations": dict(operations),
        "components": {"messages": messages, "schemas": schemas},
    }


def _name(entry: Contract) -> str:
    return f"{entry.topic}.{entry.type}"


def _headers(properties: Json, required: Sequence[str]) -> Json:
    return {"type": "object", "properties": properties, "required": list(required)}


def _channel(name: str, entries: Iterable[Contract]) -> Json:
    topic = TOPICS[name]
    compact = topic.cleanup == "compact"
    retention = {} if compact else {"retention.ms": 604_800_000 if topic.cleanup == "week" else -1}
    return {
        "address": name,
        "description": f"{topic.about} Written by {topic.writer}; {CLEANUPS[topic.cleanup]}. "
        f"Key: {topic.key}. Personal data: {topic.personal}.",
        "messages": {entry.type: {"$ref": f"#/components/messages/{_name(entry)}"} for entry in entries},
        "bindings": {
            "kafka": {
                "topic": name,
                "partitions": PARTITIONS,
                "topicConfiguration": {"cleanup.policy": ["compact" if compact else "delete"], **retention},
                "bindingVersion": "0.5.0",
            }
        },
    }


def _message(entry: Contract, schemas: Json) -> Json:
    headers = "OutsideHeaders" if entry.topic in OUTSIDE else "OurHeaders"
    payload = _moved(entry.schema())
    for name, schema in payload.pop("$defs", {}).items():
        if schemas.setdefault(name, schema) != schema:
            raise ValueError(f"two models are called {name}: AsyncAPI has one place for both, rename one")
    key: Json = {"type": "string", "description": TOPICS[entry.topic].key}
    if entry.key is not None:
        key["description"] = f"The event's {entry.key}"
    return {
        "name": entry.type,
        "title": entry.model.__name__,
        "summary": (entry.model.__doc__ or "").strip(),
        "contentType": "application/json",
        "headers": {"$ref": f"#/components/schemas/{headers}"},
        "payload": payload,
        "examples": [{"name": f"{entry.major}.{entry.minor}", "payload": sample_of(entry)}],
        "bindings": {"kafka": {"key": key, "bindingVersion": "0.5.0"}},
        "x-dataschema": entry.dataschema(),
        "x-schema": entry.document()["$id"],
    }


def _moved(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {
            key: value.replace("#/$defs/", "#/components/schemas/") if key == "$ref" else _moved(value)
            for key, value in schema.items()
        }
    return [_moved(part) for part in schema] if isinstance(schema, list) else schema


def _operation(action: str, entries: Sequence[Contract], group: str | None) -> Json:
    topic = entries[0].topic
    operation: Json = {
        "action": action,
        "title": f"{'Hears' if action == 'receive' else 'Says'} {topic}",
        "summary": TOPICS[topic].about,
        "channel": {"$ref": f"#/channels/{topic}"},
        "messages": [{"$ref": f"#/channels/{topic}/messages/{entry.type}"} for entry in entries],
    }
    if group is not None:
        group_id = {"type": "string", "enum": [group.removesuffix(f".{topic}")]}
        operation["bindings"] = {"kafka": {"groupId": group_id, "bindingVersion": "0.5.0"}}
    return operation
