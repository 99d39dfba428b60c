"""What readers are told of a transaction: a line for each event of ours that they see once it is committed. Pure."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

from pydantic_core import to_json

from shared.engine.event import Event
from shared.engine.outbox import Row, subject_of
from shared.engine.subscription import Subscription
from shared.events.contract import find_contract


class Line(NamedTuple):
    """One event. `party_id` is the party that it is about, None where its key is none."""

    type: str
    event_id: str
    subject: str | None
    party_id: str | None


LineParts = tuple[str, str, str | None, str | None]
"""A Line not yet made: there are many of them on the hot path."""


class Told:
    """Which events a service tells of: those of ours that it applied, and those that it published and does not hear
    itself. What it publishes and hears is told once it was heard, since its readers see it only then.
    """

    def __init__(self, subscriptions: Iterable[Subscription]) -> None:
        self._heard = {
            (topic, type_)
            for subscription in subscriptions
            for topic, handler in subscription.topics.items()
            for type_ in handler.contracts
        }

    def lines(self, applied: Iterable[Event[Any]], published: Iterable[Row]) -> list[LineParts]:
        """In the order in which they were applied, then in that in which they were published."""
        found = []
        for event in applied:
            shape = _shape(event.topic, event.type)
            if shape is None:
                continue
            key = (event.key or b"").decode("utf-8", "replace")
            # The key is the text already; writing a UUID out costs more than all the rest.
            subject = f"party/{key}" if shape.is_party else shape.subject(event.data)
            found.append((event.type, event.id, subject, shape.party(key)))
        for topic, _, key_text, type_, event_id, subject, *_ in published:
            if (topic, type_) not in self._heard and (shape := _shape(topic, type_)) is not None:
                found.append((type_, event_id, subject, shape.party(key_text)))
        return found


class _Shape(NamedTuple):
    """What is read from an event for its line. `is_party`: its subject is the party that it is keyed by; `about`: its
    key is a party's id or a series.
    """

    subject: Callable[[object], str | None]
    of_party: bool
    is_party: bool
    about: bool

    def party(self, key: str | None) -> str | None:
        """The party that an event of this key is about. The id of a series has a colon."""
        return key if self.of_party or (self.about and key and ":" not in key) else None


@cache
def _shape(topic: str, type_: str) -> _Shape | None:
    """None for what outside systems write, whose ids and subjects are theirs, and for what is no event."""
    contract = find_contract(topic, type_)
    if contract is None or contract.key is None:
        return None
    of_party = contract.key == "party_id"
    is_party = of_party and contract.subject == "party/{party_id}"
    return _Shape(subject_of(contract.subject), of_party, is_party, contract.key == "about")


def written(lines: Sequence[LineParts]) -> str:
    return to_json(lines).decode()
