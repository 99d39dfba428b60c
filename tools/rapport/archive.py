"""`rapport archive`: everything that all services hold of a party, as one file for the person who asked for it."""

import json
import os
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import httpx
import typer

from shared.errors import ConfigurationError
from shared.run.discovery import SERVICES
from tools.rapport.asking import Folder, app, check_said, reachable
from tools.rapport.over_http import Said, bearer, service_at

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
    said = dict(_split_url(each) for each in url or ())
    check_said("--because", because)
    addresses = {service: service_at(service, said.get(service), stack) for service in (FIRST, *_others())}
    try:
        rows = _write(into, addresses, party, because)
    except OSError as error:
        raise ConfigurationError(f"{into} cannot be written: {error.strerror}; name another file with --into") from None
    typer.echo(f"{rows:,} rows of {len(addresses)} services are in {into}")


def _split_url(text: str) -> tuple[str, str]:
    service, _, url = text.partition("=")
    if service not in SERVICES or not url:
        raise ConfigurationError(f"{text} is no service's address: write it as contacts=https://…")
    return service, url


def _write(into: Path, addresses: Mapping[str, str], party: UUID, because: str) -> int:
    """How many rows were written. Raises OSError where the file cannot be."""
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
                        parties = parties or _read(service, line)["party_ids"]
                rows += sum(_read(service, last)["rows"].values())
        unfinished.replace(into)
    finally:
        unfinished.unlink(missing_ok=True)
    return rows


def _read(service: str, line: bytes) -> Said:
    try:
        said = json.loads(line, object_hook=Said)
    except ValueError:
        said = None
    if not isinstance(said, Said):
        raise ConfigurationError(f"{service} answered otherwise than a service does: is its address right?")
    return said


def _others() -> list[str]:
    return [service for service in SERVICES if service != FIRST]


def _lines(service: str, address: str, party: UUID, also: list[str], because: str) -> Iterator[bytes]:
    """What a service says, to its last line. Raises ConfigurationError where that does not come."""
    headers = bearer()
    asked: dict[str, Any] = {"because": because, "also": also}
    line = b""
    try:
        with httpx.stream("GET", f"{address}/v1/archives/{party}", params=asked, headers=headers, timeout=60) as answer:
            if not answer.is_success:
                raise ConfigurationError(_refusal(service, answer))
            for line in _split(answer.iter_bytes()):
                yield line
    except (httpx.HTTPError, httpx.InvalidURL, OverflowError) as error:
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
        detail = json.loads(answer.read())["detail"]
    except (ValueError, KeyError, TypeError):
        detail = None
    return f"{service}: {detail or answer.status_code}"
