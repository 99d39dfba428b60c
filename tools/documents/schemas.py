"""The committed JSON Schemas: one file per topic, type and version, which nobody changes once it is there."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.asyncapi.samples import sample_of
from shared.events.contract import Contract, contracts, find_contract, rules_of
from tools.documents.compatible import breaches

CONTRACTS = Path(__file__).resolve().parent.parent.parent / "shared" / "contracts"


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """One committed version of a type on a topic."""

    topic: str
    type: str
    major: int
    minor: int

    @property
    def path(self) -> Path:
        """Of the schema, below the folder of contracts."""
        return Path(self.topic, self.type, f"{self.major}.{self.minor}.json")

    @property
    def sample_path(self) -> Path:
        return self.path.with_suffix(".sample.json")

    def __str__(self) -> str:
        return f"{self.type} {self.major}.{self.minor} on {self.topic}"


def version_of(contract: Contract) -> Version:
    return Version(contract.topic, contract.type, contract.major, contract.minor)


def render(document: object) -> str:
    """JSON as it is committed: sorted, indented, one newline at the end."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def current() -> dict[Path, str]:
    """Schema and golden sample of every contract in its newest version, by path below the folder of contracts."""
    files = {}
    for contract in contracts():
        version = version_of(contract)
        files[version.path] = render(contract.document())
        files[version.sample_path] = render(sample_of(contract))
    return files


def committed(folder: Path = CONTRACTS) -> list[Version]:
    """Every version that has a schema in the folder, the oldest first within a type."""
    found = []
    for path in folder.glob("*/*/*.json"):
        if not path.name.endswith(".sample.json"):
            major, minor = path.stem.split(".")
            found.append(Version(path.parent.parent.name, path.parent.name, int(major), int(minor)))
    return sorted(found)


def load(version: Version, folder: Path = CONTRACTS) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / version.path).read_text("utf-8"))
    return document


def complaints(folder: Path = CONTRACTS) -> Iterator[str]:
    """What breaks a promise: a version changed, lost, or unable to read or be read by another. Each says what to do."""
    versions = committed(folder)
    for version in versions:
        contract = find_contract(version.topic, version.type)
        if contract is None:
            yield f"{version} was promised and has no model any more: put it back"
        elif contract.minor == version.minor and rules_of(contract.schema()) != rules_of(load(version, folder)):
            yield f"{version} has changed: count up `minor` for a new optional field, else make a new major beside it"
        elif contract.minor < version.minor:
            yield f"{version} was promised, but the model says minor={contract.minor}: count up instead"
    for number, older in enumerate(versions):
        for newer in versions[number + 1 :]:
            if (newer.topic, newer.type) == (older.topic, older.type):
                yield from incompatibilities(older, load(older, folder), newer, load(newer, folder))


def incompatibilities(older: Version, old: dict[str, Any], newer: Version, new: dict[str, Any]) -> Iterator[str]:
    """Both directions: old events have to be readable by new code, and new events by code that is still running."""
    for breach in breaches(old, new):
        yield f"{newer} cannot read what {older} wrote: {breach}"
    for breach in breaches(new, old):
        yield f"{older} cannot read what {newer} writes: {breach}"
