"""What is promised about a topic as a whole; deploy/kafka/topics.yaml provisions the same."""

from dataclasses import dataclass
from typing import Literal

Cleanup = Literal["keep", "week", "compact"]
CLEANUPS: dict[Cleanup, str] = {
    "keep": "kept for ever",
    "week": "deleted after 7 days",
    "compact": "compacted: the newest value of each key; a null value deletes",
}
PARTY_ID = "the party id"


@dataclass(frozen=True, slots=True)
class Topic:
    """`owner` is the service that alone writes the topic, None where outside systems write it.

    `about`, `key` and `personal` are sentences for people; `personal` is "none" or says which data is personal.
    """

    name: str
    owner: str | None
    about: str
    cleanup: Cleanup
    key: str
    personal: str = "none"

    @property
    def source(self) -> str | None:
        return f"/{self.owner}" if self.owner else None

    @property
    def writer(self) -> str:
        return self.owner or ("anyone" if self.name == "crm.ingest" else "outside systems")


declared: list[Topic] = []


def topic(
    name: str, *, owner: str | None, about: str, cleanup: Cleanup, key: str = PARTY_ID, personal: str = "none"
) -> str:
    """Declare a topic, where the contracts of its events stand; returns its name. Fields as in `Topic`."""
    if any(known.name == name for known in declared):
        raise ValueError(f"{name} is declared twice")
    declared.append(Topic(name, owner, about, cleanup, key, personal))
    return name
