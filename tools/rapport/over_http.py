"""A service's HTTP side, as commands ask it that act through it."""

import json
import os
import re
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from shared.errors import ConfigurationError
from tools.rapport.stack import USUAL_FOLDER

Answer = dict[str, Any]


class Said(dict[str, Any]):
    """An object of an answer. What it does not say is told as an error that an operator can act on."""

    def __missing__(self, name: str) -> object:
        raise ConfigurationError(f"the answer has no {name}: is it the right service that answers there?")


Url = Annotated[str | None, typer.Option(help="Where the service answers, if not as in the stack's addresses.json.")]
_PAGE = 200
_NAME = re.compile("[a-z0-9]+(-[a-z0-9]+)*")


def _named(name: str) -> str:
    """Of anything else a part would lead elsewhere."""
    if not _NAME.fullmatch(name):
        raise typer.BadParameter("a name is made of small letters, digits and single hyphens")
    return name


Name = Annotated[str, typer.Argument(callback=_named)]


def post(url: str, path: str, body: Answer | None, seconds: float = 60.0, *, key: str | None = None) -> Answer:
    """What the service answers within so many seconds; its refusals become one line. `RAPPORT_TOKEN` is a bearer token
    with `crm:write`. What is sent twice with the same `key` acts once.
    """
    return _ask("POST", url, path, seconds, {"Idempotency-Key": key} if key else None, json=body)


def get(url: str, path: str, **asked: object) -> Answer:
    """As before, with `crm:read`."""
    return _ask("GET", url, path, params=asked)


def get_all(url: str, path: str, most: int) -> list[Answer]:
    """The first `most` of a list."""
    found: list[Answer] = []
    cursor: dict[str, object] = {}
    while len(found) < most:
        page = get(url, path, limit=min(_PAGE, most - len(found)), **cursor)
        found += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    return found


def _ask(
    method: str, url: str, path: str, seconds: float = 60.0, headers: dict[str, str] | None = None, **asked: Any
) -> Answer:
    try:
        given = {**bearer(), **(headers or {})}
        answer = httpx.request(method, f"{url}/v1/{path}", headers=given, timeout=seconds, **asked)
    except (httpx.HTTPError, httpx.InvalidURL, OverflowError) as error:
        raise ConfigurationError(f"nothing answers at {url} ({type(error).__name__})") from None
    try:
        said = answer.json(object_hook=Said)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise ConfigurationError(f"{url} answered {answer.status_code}, and not as a service of Rapport does")
    if not answer.is_success:
        raise ConfigurationError(str(said.get("detail") or f"{url} answered {answer.status_code}"))
    return said


def bearer() -> dict[str, str]:
    """The header that RAPPORT_TOKEN is sent in, if it is set."""
    token = os.environ.get("RAPPORT_TOKEN", "").strip()
    if not token.isascii() or not token.isprintable():
        raise ConfigurationError("RAPPORT_TOKEN holds no token: one has letters, digits and signs of ASCII alone")
    return {"Authorization": f"Bearer {token}"} if token else {}


def service_at(service: str, url: str | None, folder: Path | None) -> str:
    """Raises ConfigurationError where nobody says where it is."""
    if url is not None:
        return url.rstrip("/")
    place = folder or USUAL_FOLDER
    addresses = place if place.suffix == ".json" else place / "addresses.json"
    try:
        return str(json.loads(addresses.read_text("utf-8"))[service])
    except (OSError, ValueError, KeyError, TypeError):
        raise ConfigurationError(f"say where {service} answers: --url http://…, or --stack FOLDER") from None
