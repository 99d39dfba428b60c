"""What providers of mail report, read by a file for each of them."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.marketing.engagement.domain.returned import Report, Reported

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_STATUS = re.compile(r"^[245]\.\d{1,3}\.\d{1,3}$")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rule(_Part):
    """A report whose fields say all of `when` is of this kind. `machine`: why a program is thought to have done it."""

    when: dict[str, str]
    kind: Reported
    machine: str = ""


class Provider(_Part):
    """`signature` is how it shows that it is itself; fields are paths such as `mail.commonHeaders.messageId`."""

    signature: Literal["sns", "ecdsa", "basic"]
    message_id: str
    code: str = ""
    label: str = ""
    rules: Annotated[tuple[Rule, ...], Field(min_length=1)]


def message_id_of(text: str, domain: str) -> UUID | None:
    """Of a Message-ID that we write: `<uuid@domain>`."""
    found = re.search(rf"<({_UUID})@{re.escape(domain)}>", text, re.IGNORECASE)
    return UUID(found[1]) if found else None


def read_reports(provider: Provider, body: Any, domain: str, public_url: str) -> Iterator[Report | None]:
    """One for each thing that is reported; None where it says nothing of a letter of ours."""
    for item in body if isinstance(body, list) else [body]:
        yield _report(provider, item, domain, public_url) if isinstance(item, dict) else None


def _report(provider: Provider, item: Mapping[str, Any], domain: str, public_url: str) -> Report | None:
    found = at(item, provider.message_id)
    message_id = message_id_of(found, domain) or (UUID(found) if re.fullmatch(_UUID, found) else None)
    rule = next((r for r in provider.rules if all(at(item, path) == said for path, said in r.when.items())), None)
    if message_id is None or rule is None:
        return None
    code = at(item, provider.code)
    followed = at(item, provider.label) if rule.kind == "clicked" else ""
    if public_url and followed.startswith(f"{public_url.rstrip('/')}/v1/"):
        return None  # one that we signed: it is counted where it leads, or ends letters
    return Report(message_id, rule.kind, code if _STATUS.fullmatch(code) else None, label_of(followed), rule.machine)


def label_of(url: str) -> str:
    """Of an address only what names its page: what follows may say who was written to."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return ""
    path = "" if "@" in parts.path or "%40" in parts.path else parts.path
    shown = f"{parts.scheme}://{host}{path}" if host else ""
    return "".join(c for c in shown if c.isprintable()).encode(errors="ignore").decode()[:200]


def at(item: Any, path: str) -> str:
    """What stands at a path, as a text; empty where nothing does. A number in it is a place in a list."""
    for name in path.split(".") if path else ():
        if isinstance(item, Mapping):
            item = item.get(name)
        elif isinstance(item, list) and name.isdecimal() and int(name) < len(item):
            item = item[int(name)]
        else:
            return ""
    if isinstance(item, bool):
        return str(item).lower()
    return str(item) if path and isinstance(item, str | int) else ""
