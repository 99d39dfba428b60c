"""docs/events.md: every topic, every type, every field, and a sample of each."""

import json
from collections.abc import Iterator
from typing import Any

from shared.asyncapi.document import OUR_HEADERS
from shared.asyncapi.fields import fields_of
from shared.asyncapi.samples import sample_of
from shared.events.contract import Contract, contracts
from shared.events.topic import CLEANUPS, Topic
from shared.events.topics import TOPICS

_RECEPTION = """## What becomes of a record from outside

- **Understood**: contacts publishes it again without personal data, keyed by its party. `origin` is your `ce_source`.
- **Sent twice**: the same `ce_source` and `ce_id` as a record that was applied within 30 days is passed over. The same
  `ce_source` and `sale_id` with the same content counts as a duplicate.
- **Unreadable**: quarantined with its bytes for 30 days, under a reason that names the header (`missing_ce_id`,
  `unreadable_ce_time`). A required header is missing or unreadable, the JSON is broken (`bad_json`; NaN and a lone
  surrogate are no JSON), the value is null, the type is unknown, `ce_source` is one of ours, `ce_partitionkey` is not
  the key, `ce_time` is no RFC 3339 time or more than 5 minutes ahead, or there is neither `ce_time` nor a timestamp.
- **Refused**: parked, and the later ones of its key on this topic behind it, in order, until an operator redrives,
  repairs or drops it. It breaks the schema, is of an unknown major version, or a rule refuses it.
- **Refused alone**: parked, and nobody waits for it. It contradicts what is known (`conflict`), names nobody
  (`no_identity`), or has no key or an empty one.
- **Corrected**: the `ce_id` of a record that is parked, quarantined or given up is free, so a corrected one may have
  it.
- **Aborted**: what a sender's transaction took back is never read, and what is in an open transaction not yet.

Nothing of this holds up another customer's records. Keys are bytes: two that differ are two. Judged are the four
required headers, `ce_time` and `ce_partitionkey`; any other may hold anything and counts as left out where it cannot be
read. A byte order mark before the value is removed; a second `:60` is the one after it.

Structured mode is read by the same rules: `content-type: application/cloudevents+json`, the event's attributes and
`data` or `data_base64` in the value. Batches of events in one record are quarantined as `batched_mode`.
"""

_DATASCHEMA = r"""### `ce_dataschema`

`urn:rapport:<topic>:<type>:<major>.<minor>:<hash>`: the version, and the first 16 hexadecimal digits of a SHA-256
over the schema's rules. The rules are the schema without `$schema`, `$id` and every `title` and `description` that is
not the name of a field, as JSON with sorted keys, without spaces, and with what is beyond ASCII escaped. So a reader
who keeps the schema that a program was made from sees by the header whether the rules are still the same:

```python
def hash_of(schema):
    return hashlib.sha256(json.dumps(rules(schema), sort_keys=True, separators=(",", ":")).encode()).hexdigest()[:16]


def rules(part, names=False):
    # With `names` the keys of this part are names of fields or of definitions, not words of JSON Schema.
    if isinstance(part, list):
        return [rules(each) for each in part]
    if not isinstance(part, dict):
        return part
    words = () if names else ("title", "description", "$schema", "$id")
    return {
        key: rules(value, names=not names and key in ("properties", "$defs"))
        for key, value in part.items()
        if key not in words
    }
```
"""

_INTRODUCTION = """# Events

Generated from `shared/events/` by `python -m tools.documents write`; `make test` fails if it is out of date.

Records are CloudEvents 1.0 in Kafka's binary mode: attributes are headers (`ce_id`, `ce_type`, …), the value is the
data as JSON in UTF-8. Every topic has 12 partitions; a key's partition is murmur2 of the key, as Kafka's own clients
compute it (librdkafka: `partitioner=murmur2_random`). There is order within a key on one topic, and no other.
A record may come twice: on our topics both carry the same `ce_sequence`, so a reader that remembers one number per
partition drops every duplicate and sees that nothing is missing. Unknown fields and unknown types are to be ignored.

A new minor version has one optional field more; anything else is a new type `….v2` beside the old one. The JSON Schema
and a sample of every version lie in `shared/contracts/<topic>/<type>/`; each service answers with them at their `$id`,
`/schemas/<topic>/<type>/<version>.json`.

## Headers

From outside, `ce_specversion`, `ce_id`, `ce_source` and `ce_type` are required; `ce_sequence` is ignored there.

| header | holds |
|---|---|
"""


def events_page() -> str:
    """The whole page in Markdown."""
    parts = [_INTRODUCTION.rstrip(), *_headers(), _DATASCHEMA, _RECEPTION, *_overview()]
    for topic in TOPICS.values():
        entries = [entry for entry in contracts() if entry.topic == topic.name]
        if entries:
            parts += _topic(topic, entries)
    parts += _values()
    return "\n".join(parts).rstrip() + "\n"


def _headers() -> Iterator[str]:
    for name, schema in OUR_HEADERS.items():
        words = schema.get("description") or (f"`{schema['const']}`" if "const" in schema else "")
        yield f"| `{name}` | {words} |"
    yield ""


def _overview() -> Iterator[str]:
    yield "## Topics\n"
    yield "| topic | written by | records are | personal data | types |"
    yield "|---|---|---|---|---|"
    for topic in TOPICS.values():
        entries = [entry for entry in contracts() if entry.topic == topic.name]
        if entries:
            cleanup, count = CLEANUPS[topic.cleanup].partition(":")[0], len(entries)
            anchor = topic.name.replace(".", "")
            yield f"| [`{topic.name}`](#{anchor}) | {topic.writer} | {cleanup} | {topic.personal} | {count} |"
    yield ""


def _topic(topic: Topic, entries: list[Contract]) -> Iterator[str]:
    yield f"## {topic.name}\n\n{topic.about}\n"
    yield f"- written by {topic.writer}"
    yield f"- {CLEANUPS[topic.cleanup]}"
    yield f"- key: {topic.key}"
    yield f"- personal data: {topic.personal}\n"
    for entry in entries:
        yield from _type(entry)


def _type(entry: Contract) -> Iterator[str]:
    schema = entry.schema()
    yield f"### {entry.type}\n\n{_sentence(schema)}\n"
    facts = [f"version {entry.major}.{entry.minor}"]
    if entry.key is not None:
        facts.append(f"key `{entry.key}`")
    if entry.subject is not None:
        facts.append(f"subject `{entry.subject}`")
    yield (
        ", ".join(facts) + f", schema `shared/contracts/{entry.topic}/{entry.type}/{entry.major}.{entry.minor}.json`\n"
    )
    yield from _table(schema)
    yield f"```json\n{json.dumps(sample_of(entry), ensure_ascii=False, indent=2)}\n```\n"


def _values() -> Iterator[str]:
    """What several types use, once each."""
    shared: dict[str, Any] = {}
    for entry in contracts():
        shared |= entry.schema().get("$defs", {})
    yield "## Values\n"
    for name, schema in sorted(shared.items()):
        yield f"### {name}\n\n{_sentence(schema)}\n"
        yield from _table(schema)


def _table(schema: dict[str, Any]) -> Iterator[str]:
    yield "| field | is | required | rules |"
    yield "|---|---|---|---|"
    for field in fields_of(schema):
        rules = field.rules.replace("|", "\\|")
        yield f"| `{field.name}` | {field.kind} | {'yes' if field.required else ''} | {rules} |"
    yield ""


def _sentence(schema: dict[str, Any]) -> str:
    return " ".join(schema.get("description", "").split())
