"""The machine of tickets: one table of its states, of what leads out of each, and of what may be done in it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from shared.errors import Refused
from shared.events.tickets import TicketStatus, Waiting


class State(NamedTuple):
    """`moves` lead out of it. `replied` is where an agent's reply takes the ticket, `written` where a customer's
    message does; None refuses the reply, and makes the message a ticket of its own. A `whole` ticket may be split, and
    others merged into it.
    """

    moves: tuple[TicketStatus, ...]
    replied: TicketStatus | None
    written: TicketStatus | None
    whole: bool = True


STATES: Mapping[TicketStatus, State] = MappingProxyType(
    {
        "new": State(("open", "pending", "resolved", "merged", "spam"), "open", "new"),
        "open": State(("pending", "resolved", "merged", "spam"), "open", "open"),
        "pending": State(("open", "pending", "resolved", "merged", "spam"), "pending", "open"),
        "resolved": State(("reopened", "closed", "merged"), "resolved", "reopened"),
        "closed": State(("reopened",), None, "reopened"),
        "reopened": State(("pending", "resolved", "merged", "spam"), "reopened", "reopened"),
        "merged": State(("open",), None, None, whole=False),
        "spam": State(("open",), None, "spam", whole=False),
    }
)
WOKEN_BY_CUSTOMER: Mapping[Waiting, bool] = MappingProxyType({"customer": True, "until": True, "internal": False})
"""Whether a message of the customer ends the waiting. Work of others goes on, whatever the customer writes."""
SETTLED: frozenset[TicketStatus] = frozenset({"resolved", "closed"})
_BY_ACTS: frozenset[TicketStatus] = frozenset({"merged"})


class IllegalMove(Refused):
    """The machine has no such arrow; `state` names those it has."""

    status = 409
    reason = "illegal_move"


def require_move(previous: TicketStatus, status: TicketStatus) -> None:
    """Raises IllegalMove unless a ticket may go from one to the other."""
    if status not in STATES[previous].moves:
        raise illegal(previous, f"A ticket that is {previous} cannot become {status}", "status")


def illegal(previous: TicketStatus, why: str, field: str) -> IllegalMove:
    """The refusal of an act, with the moves that are possible instead."""
    allowed = STATES[previous].moves
    return IllegalMove(
        f"{why}; it can become {' or '.join(allowed)}.",
        field=field,
        state={"status": previous, "allowed": list(allowed)},
    )


def moves_by_hand(status: TicketStatus) -> list[TicketStatus]:
    """The moves that an agent asks for by naming the status; merging and its undoing are acts of their own."""
    return [] if status in _BY_ACTS else [move for move in STATES[status].moves if move not in _BY_ACTS]
