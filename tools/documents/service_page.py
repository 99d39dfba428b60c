"""What a service hears, says and owns, as its README tells: from its subscriptions, its topics and its migrations."""

import re
from collections.abc import Iterator
from pathlib import Path

from shared.engine.subscription import Subscription, TopicHandler
from shared.events.contract import contracts
from shared.events.topics import topics_of
from shared.run.discovery import subscriptions_of
from tools.documents.openapi import ROOT

BEGIN, END = "<!-- generated:begin -->", "<!-- generated:end -->"

_TABLE = re.compile(
    r"(?P<words>(?:^--[^\n]*\n)*)^create table (?:if not exists )?(?P<name>[\w.]+)\s*\("
    r"(?:[ \t]*--[ \t]*(?P<aside>[^\n]*))?",
    re.MULTILINE,
)


def tables_of(service: str, root: Path = ROOT) -> list[tuple[str, str]]:
    """Name and first sentence of each table that the service's migrations make, partitions left out."""
    tables = []
    for path in sorted((root / "services" / service / "migrations").glob("*.sql")):
        for match in _TABLE.finditer(path.read_text("utf-8")):
            words = " ".join(line.removeprefix("--").strip() for line in match["words"].splitlines())
            tables.append((match["name"], words or (match["aside"] or "")))
    return tables


def service_part(service: str, root: Path = ROOT) -> str:
    """The generated part of a README, without its markers."""
    lines = ["## Hears", *_hears(subscriptions_of(service)), "", "## Says", *_says(service), "", "## Owns"]
    lines += ["", "| table | holds |", "|---|---|"]
    lines += [f"| `{name}` | {words.replace('|', chr(92) + '|')} |" for name, words in tables_of(service, root)]
    lines += ["", "Besides, what the engine keeps in every service: `shared/engine/migrations/`."]
    return "\n".join(lines) + "\n"


def with_part(readme: str, part: str) -> str:
    """The README with its generated part replaced; it is added at the end where the markers are missing."""
    if BEGIN not in readme or END not in readme:
        readme = f"{readme.rstrip()}\n\n{BEGIN}\n{END}\n"
    before, after = readme.split(BEGIN)[0], readme.split(END)[1]
    return f"{before}{BEGIN}\n{part}{END}{after}"


def _hears(subscriptions: list[Subscription]) -> Iterator[str]:
    yield ""
    yield "| topic | types | group | handler |"
    yield "|---|---|---|---|"
    for subscription in subscriptions:
        for topic, handler in sorted(subscription.topics.items()):
            code = handler.handle.__code__.co_name
            yield f"| `{topic}` | {_types(handler)} | `{subscription.group}` ({subscription.kind}) | `{code}` |"


def _types(handler: TopicHandler) -> str:
    names = [_short(type_) for type_ in sorted(handler.contracts)]
    return " ".join([*names, *(["null (erased)"] if handler.takes_tombstones else [])])


def _says(service: str) -> Iterator[str]:
    yield ""
    yield "| topic | types |"
    yield "|---|---|"
    for topic in topics_of(f"/{service}"):
        types = [_short(entry.type) for entry in contracts() if entry.topic == topic]
        if types:
            yield f"| `{topic}` | {' '.join(types)} |"


def _short(type_: str) -> str:
    return f"`{type_.removeprefix('crm.')}`"
