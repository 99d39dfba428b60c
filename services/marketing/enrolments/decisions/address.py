"""How long a message waits for an address."""

from datetime import datetime, timedelta

_LOOKS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 20, 60, 240, 720, 1440))
"""How long after the due time an address is looked for again; after the last it is given up."""


def next_look(due_at: datetime, at: datetime) -> datetime | None:
    """When to look for the address again; None once the last look is over."""
    return next((due_at + look for look in _LOOKS if due_at + look > at), None)
