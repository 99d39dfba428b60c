"""topics.yaml as values: what each topic must be in one overlay."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

SOURCE = Path(__file__).with_name("topics.yaml")


@dataclass(frozen=True, slots=True)
class Topic:
    name: str
    partitions: int
    replication: int
    config: dict[str, str]


def load_topics(overlay: str = "local", source: Path = SOURCE) -> list[Topic]:
    """Every topic in the order of the file. Raises KeyError for an overlay or a cleanup that it does not name."""
    spec: dict[str, Any] = yaml.safe_load(source.read_text("utf-8"))
    copies = dict(spec["overlays"][overlay])
    replication = copies.pop("replication")
    return [
        Topic(
            name=name,
            partitions=spec["partitions"],
            replication=replication,
            config={key: str(value) for key, value in {**spec["every"], **spec["cleanup"][cleanup], **copies}.items()},
        )
        for name, cleanup in spec["topics"].items()
    ]


def digest(source: Path = SOURCE) -> str:
    """Changes with every change of the file."""
    return hashlib.sha256(source.read_bytes()).hexdigest()
