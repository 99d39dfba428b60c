"""The states of a ticket: new → open ⇄ pending → resolved → closed, and back to open if it was not solved."""

from collections.abc import Mapping
from types import MappingProxyType

from shared.errors import Refused
from shared.events.tickets import TicketStatus

MOVES: Mapping[TicketStatus, tuple[TicketStatus, ...]] = MappingProxyType(
    {
        "new": ("open", "pending", "resolved"),
        "open": ("pending", "resolved"),
        "pending": ("open", "resolved"),
        "resolved": ("open", "closed"),
        "closed": ("open",),
    }
)
SETTLED: frozenset[TicketStatus] = frozenset({"resolved", "closed"})


class IllegalMove(Refused):
    """The status machine has no such arrow; `state` names those it has."""

    status = 409
    reason = "illegal_move"


def require_move(previous: TicketStatus, status: TicketStatus) -> None:
    """Raises IllegalMove unless a ticket may go from one to the other."""
    allowed = MOVES[previous]
    if status not in allowed:
        raise IllegalMove(
            f"A ticket that is {previous} cannot become {status}; it can become {' or '.join(allowed)}.",
            field="status",
            state={"status": previous, "allowed": list(allowed)},
        )


def is_reopening(previous: TicketStatus, status: TicketStatus) -> bool:
    """Whether the move takes back that the request was met."""
    return previous in SETTLED and status == "open"
