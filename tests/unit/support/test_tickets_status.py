from itertools import product
from typing import get_args

import pytest

from services.support.tickets.domain.status import STATES, IllegalMove, moves_by_hand, require_move
from shared.events.tickets import TicketStatus

STATUSES: tuple[TicketStatus, ...] = get_args(TicketStatus)
LEGAL = {
    "new": {"open", "pending", "resolved", "merged", "spam"},
    "open": {"pending", "resolved", "merged", "spam"},
    "pending": {"open", "pending", "resolved", "merged", "spam"},
    "resolved": {"reopened", "closed", "merged"},
    "closed": {"reopened"},
    "reopened": {"pending", "resolved", "merged", "spam"},
    "merged": {"open"},
    "spam": {"open"},
}


@pytest.mark.parametrize(("previous", "status"), sorted(product(STATUSES, STATUSES)))
def test_a_move_passes_or_is_refused_with_those_that_are_possible(previous: TicketStatus, status: TicketStatus) -> None:
    if status in LEGAL[previous]:
        require_move(previous, status)
        return
    with pytest.raises(IllegalMove) as refused:
        require_move(previous, status)
    assert refused.value.status == 409
    assert refused.value.field == "status"
    assert refused.value.state == {"status": previous, "allowed": list(STATES[previous].moves)}
    assert set(STATES[previous].moves) == LEGAL[previous]


def test_every_status_can_be_reached_and_left() -> None:
    assert set(STATES) == set(STATUSES)
    assert {status for state in STATES.values() for status in state.moves} == set(STATUSES) - {"new"}
    assert all(state.moves for state in STATES.values())


@pytest.mark.parametrize("status", STATUSES)
def test_what_is_allowed_by_hand_leaves_out_the_acts(status: TicketStatus) -> None:
    by_hand = set(moves_by_hand(status))
    assert by_hand == (set() if status == "merged" else LEGAL[status] - {"merged"})
