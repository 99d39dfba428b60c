"""`rapport archive`: everything that all services hold of a party, as one file for the person who asked for it."""

import json
import os
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import httpx
import typer

from shared.errors import ConfigurationError
from shared.run.discovery import SERVICES
from tools.rapport.asking import Folder, app, reachable
from tools.rapport.over_http import service_at

FIRST = "contacts"
"""Knows under which ids a party is known to the others."""
Into = Annotated[Path, typer.Option(help="The file to write, a ZIP with a file for each service.")]
Because = Annotated[str, typer.Option(help="Why it was asked for; the audit line says it.")]
Addresses = Annotated[
    list[str] | None, typer.Option("--url", help="Where a service answers, as `contacts=https://…`; may be repeated.")
]


@app.command()
@reachable
def archive(
    party: Annotated[UUID, typer.Argument(help="Its id; or one that was merged into it.")],
    *,
    into: Into,
    because: Because,
    stack: Folder = None,
    url: Addresses = None,
) -> None:
    """Everything that all services hold of a party, machine-readable. `RAPPORT_TOKEN` has the scope `crm:erase`."""
    said = dict(each.partition("=")[::2] for each in url or ())
    addresses = {service: service_at(service, said.get(service), stack) for service in (FIRST, *_others())}
    if into.exists():
        raise ConfigurationError(f"{into} is there already")
    unfinished = into.with_name(f".{into.name}.unfinished")
    rows = 0
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as written:
            parties: list[str] = []
            last = b""
            for service, address in addresses.items():
                with written.open(f"{service}.jsonl", "w", force_zip64=True) as part:
                    for line in _lines(service, address, party, parties, because):
                        part.write(line + b"\n")
                        last = line
                        parties = parties or json.loads(line)["party_ids"]
                rows += sum(json.loads(last)["rows"].values())
        unfinished.replace(into)
    finally:
        unfinished.unlink(missing_ok=True)
    typer.echo(f"{rows:,} rows of {len(addresses)} services are in {into}")


def _others() -> list[str]:
    return [service for service in SERVICES if service != FIRST]


def _lines(service: str, address: str, party: UUID, also: list[str], because: str) -> Iterator[bytes]:
    """What a service says, to its last line. Raises ConfigurationError where that does not come."""
    token = os.environ.get("RAPPORT_TOKEN")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    asked: dict[str, Any] = {"because": because, "also": also}
    line = b""
    try:
        with httpx.stream("GET", f"{address}/v1/archives/{party}", params=asked, headers=headers, timeout=60) as answer:
            if not answer.is_success:
                raise ConfigurationError(_refusal(service, answer))
            for line in _split(answer.iter_bytes()):
                yield line
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ConfigurationError(f"{service} did not answer to the end ({type(error).__name__})") from None
    if not line.startswith(b'{"complete":true'):
        raise ConfigurationError(f"{service} did not answer to the end: ask again")


def _split(parts: Iterable[bytes]) -> Iterator[bytes]:
    """At line feeds alone: what people wrote may hold other characters that end a line of a text."""
    begun = b""
    for part in parts:
        *whole, begun = (begun + part).split(b"\n")
        yield from whole
    if begun:
        yield begun


def _refusal(service: str, answer: httpx.Response) -> str:
    try:
        said = json.loads(answer.read())
    except ValueError:
        said = {}
    return f"{service}: {said.get('detail') or answer.status_code}"
