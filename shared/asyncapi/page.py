"""An AsyncAPI document as one plain HTML page that needs nothing from elsewhere."""

import json
from collections.abc import Iterator
from html import escape
from typing import Any

from shared.asyncapi.fields import fields_of

Json = dict[str, Any]

_STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
body { max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
td, th { text-align: left; padding: .2rem .6rem; border-bottom: 1px solid #8884 }
code, pre { font-size: 13px } pre { overflow: auto; padding: .6rem; background: #8881 } summary { cursor: pointer }
"""


def page(document: Json) -> str:
    return "".join(_page(document))


def _page(document: Json) -> Iterator[str]:
    title = escape(document["info"]["title"])
    yield '<!doctype html><html lang="en"><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{title}</title><style>{_STYLE}</style><h1>{title}</h1>"
    yield f'<p>{escape(document["info"]["description"])} <a href="asyncapi.json">AsyncAPI document</a></p>'
    for action, heading in (("receive", "Hears"), ("send", "Says")):
        operations = {name: each for name, each in document["operations"].items() if each["action"] == action}
        if operations:
            yield f"<h2>{heading}</h2>"
        for name, operation in operations.items():
            yield from _operation(name, operation, document)


def _operation(name: str, operation: Json, document: Json) -> Iterator[str]:
    topic = operation["channel"]["$ref"].rpartition("/")[2]
    about = document["channels"][topic]["description"]
    yield f"<h3>{escape(topic)}</h3><p>{escape(about)} <code>{escape(name)}</code></p>"
    for reference in operation["messages"]:
        type_ = reference["$ref"].rpartition("/")[2]
        yield from _message(document["components"]["messages"][f"{topic}.{type_}"])


def _message(message: Json) -> Iterator[str]:
    yield f"<details><summary><code>{escape(message['name'])}</code> {escape(message['summary'])}</summary><table>"
    yield "<tr><th>field<th>is<th>required<th>rules"
    for field in fields_of(message["payload"]):
        kind = escape(field.kind.replace("`", "").split("](")[0].replace("[", ""))
        required = "yes" if field.required else ""
        yield f"<tr><td><code>{escape(field.name)}</code><td>{kind}<td>{required}<td>{escape(field.rules)}"
    sample = json.dumps(message["examples"][0]["payload"], indent=2, ensure_ascii=False)
    yield f"</table><pre>{escape(sample)}</pre></details>"
