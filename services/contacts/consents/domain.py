"""Which statement of each kind decides about a party's consent, by the rule that all services share."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from shared.engine.event import Event
from shared.events.consent import Statement, statement_of
from shared.events.contacts import ConsentGiven, ConsentWithdrawn

Key = tuple[UUID, str, str, str]
"""Party, purpose, topic, channel."""


class Stated(NamedTuple):
    """A statement, and what it rests on."""

    statement: Statement
    basis: str | None
    text_version: str | None


def fold_statements(events: Iterable[Event[Any]]) -> dict[Key, Stated]:
    """Of each kind among these events, the statement that decides."""
    found: dict[Key, Stated] = {}
    for event in events:
        data = event.data
        if isinstance(data, ConsentGiven | ConsentWithdrawn):
            said = statement_of(event.id, event.time, data)
            key = (data.party_id, said.purpose, said.topic, said.channel)
            stated = Stated(said, data.basis, data.text_version)
            found[key] = max(found.get(key, stated), stated, key=lambda each: each.statement.rank)
    return found


def outranking(stated: Mapping[Key, Stated], known: Mapping[Key, Statement]) -> dict[Key, Stated]:
    """Those that decide from now on, in the order of their keys."""
    return {
        key: stated[key] for key in sorted(stated) if key not in known or stated[key].statement.rank > known[key].rank
    }
