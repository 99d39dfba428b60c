"""What requests are about and where they wait: the categories and queues of files, with what tickets need."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

from services.support.classifier import Example
from services.support.definitions import read_definitions
from shared.errors import ConfigurationError

OWN_CATEGORIES = Path(__file__).with_name("categories.yaml")
OWN_QUEUES = Path(__file__).with_name("queues.yaml")
UNKNOWN_IMPACT = 2
_WORDS = Path(__file__).with_name("words.yaml")


class Category(BaseModel):
    """`impact` is from 1 to 3; `skills` are what an agent needs; the first model learns from the examples."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")
    impact: int = Field(default=UNKNOWN_IMPACT, ge=1, le=3)
    skills: tuple[str, ...] = ()
    examples: tuple[str, ...] = Field(min_length=1)


Categories = Mapping[str, Category]
WordSet = Annotated[frozenset[str], BeforeValidator(str.split)]


class Words(BaseModel):
    """The words by which a request is read beside its category."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    languages: dict[str, WordSet]
    urgent: WordSet
    patient: WordSet
    bad: WordSet
    good: WordSet
    denying: WordSet


def load_words() -> Words:
    return Words.model_validate(yaml.safe_load(_WORDS.read_text("utf-8")))


_FILE = TypeAdapter(list[Category])


def load_categories(path: Path) -> dict[str, Category]:
    """Raises ConfigurationError, which an operator has to correct."""
    found = read_definitions(path, _FILE)
    categories = {category.name: category for category in found}
    if len(categories) < max(2, len(found)):
        raise ConfigurationError(f"{path}: at least two categories are needed, each with a name of its own")
    return categories


class Queue(BaseModel):
    """Where tickets wait that need one of these skills; agents of the `fallback` are asked where nobody fits."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")
    skills: tuple[str, ...] = ()
    fallback: str | None = None


_QUEUES = TypeAdapter(tuple[Queue, ...])


def load_queues(path: Path) -> tuple[Queue, ...]:
    """The last one takes what no other does. Raises ConfigurationError, which an operator has to correct."""
    found = read_definitions(path, _QUEUES)
    if not found:
        raise ConfigurationError(f"{path}: at least one queue is needed")
    if (fault := fault_of_queues(found)) is not None:
        raise ConfigurationError(f"{path}: {fault}")
    return found


def fault_of_queues(queues: Sequence[Queue]) -> str | None:
    """What keeps queues from being used together; None where nothing does."""
    names = [queue.name for queue in queues]
    for place, queue in enumerate(queues):
        if queue.name in names[:place]:
            return f"{place}.name: another queue is called {queue.name}"
        if queue.fallback is not None and queue.fallback not in names:
            return f"{place}.fallback: no queue is called {queue.fallback}"
        if queue.fallback == queue.name:
            return f"{place}.fallback: {queue.name} falls back on itself"
    return None


def seeds_of(categories: Categories) -> list[Example]:
    return [Example(text, category.name) for category in categories.values() for text in category.examples]


def hash_of(categories: Categories) -> str:
    """Changes where the names or examples do: then the models before know other categories."""
    named = sorted((each.category, each.text) for each in seeds_of(categories))
    return hashlib.sha256(repr(named).encode()).hexdigest()[:16]
