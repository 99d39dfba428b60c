"""Where a party is written to on a channel, and how long a message waits for an address."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from services.marketing.copies.domain import Party

EMAIL = "email"

_LOOKS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 20, 60, 240, 720, 1440))
"""How long after the first look an address is looked for again; after the last it is given up."""


def address_on(channel: str | None, party: Party, handles: Mapping[str, str], identity_id: str | None) -> str | None:
    """`handles`: by channel, other than e-mail, what names a party there; on one that is not among them nobody is
    reached. `identity_id`: the e-mail that a sale named.
    """
    if channel == EMAIL:
        return party.address_for(identity_id)
    return party.handles.get(handles.get(channel or "", ""))


def next_look(first_look: datetime, look: datetime) -> datetime | None:
    """When to look for the address again; None once the last look is over."""
    return next((first_look + after for after in _LOOKS if first_look + after > look), None)
