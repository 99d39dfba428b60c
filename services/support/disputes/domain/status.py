"""The machine of disputes: one table of its states and of what leads out of each."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from shared.errors import Refused
from shared.events.disputes import DisputeOutcome, DisputeStatus


class State(NamedTuple):
    """`moves` lead out of it. A dispute that is closed from here has this `outcome`; until something is decided, it was
    withdrawn, and its deadline counts. An `offer` is on the table in it.
    """

    moves: tuple[DisputeStatus, ...]
    outcome: DisputeOutcome = "withdrawn"
    offer: bool = False

    @property
    def is_decided(self) -> bool:
        return self.outcome != "withdrawn"


STATES: Mapping[DisputeStatus, State] = MappingProxyType(
    {
        "raised": State(("acknowledged", "closed")),
        "acknowledged": State(("investigating", "rejected", "closed")),
        "investigating": State(("proposed", "credited", "rejected", "closed")),
        "proposed": State(("countered", "settled", "rejected", "closed"), offer=True),
        "countered": State(("proposed", "settled", "rejected", "closed"), offer=True),
        "settled": State(("credited", "closed"), "settled"),
        "credited": State(("closed",), "credited"),
        "rejected": State(("investigating", "closed"), "rejected"),
        "closed": State((), "withdrawn"),
    }
)


class IllegalMove(Refused):
    """The machine has no such arrow; `state` names those it has."""

    status = 409
    reason = "illegal_move"


def require_move(previous: DisputeStatus, status: DisputeStatus) -> None:
    """Raises IllegalMove unless a dispute may go from one to the other."""
    allowed = STATES[previous].moves
    if status not in allowed:
        can = f"it can become {' or '.join(allowed)}" if allowed else "nothing leads out of it"
        raise IllegalMove(
            f"A dispute that is {previous} cannot become {status}; {can}.",
            field="status",
            state={"status": previous, "allowed": list(allowed)},
        )


def require_open(status: DisputeStatus) -> None:
    """Raises IllegalMove for a dispute that is closed: nothing is changed of it any more."""
    if status == "closed":
        raise IllegalMove("The dispute is closed.", field="status", state={"status": status, "allowed": []})
