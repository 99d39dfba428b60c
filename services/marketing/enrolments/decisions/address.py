"""How long a message waits for an address."""

from datetime import datetime, timedelta

_LOOKS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 20, 60, 240, 720, 1440))
"""How long after the first look an address is looked for again; after the last it is given up."""


def next_look(first_look: datetime, look: datetime) -> datetime | None:
    """When to look for the address again; None once the last look is over."""
    return next((first_look + after for after in _LOOKS if first_look + after > look), None)
