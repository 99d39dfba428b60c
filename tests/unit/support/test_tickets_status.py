from itertools import product
from typing import get_args

import pytest

from services.support.tickets.domain.status import MOVES, IllegalMove, is_reopening, require_move
from shared.events.tickets import TicketStatus

STATUSES: tuple[TicketStatus, ...] = get_args(TicketStatus)
LEGAL = {
    ("new", "open"),
    ("new", "pending"),
    ("new", "resolved"),
    ("open", "pending"),
    ("open", "resolved"),
    ("pending", "open"),
    ("pending", "resolved"),
    ("resolved", "open"),
    ("resolved", "closed"),
    ("closed", "open"),
}


@pytest.mark.parametrize(("previous", "status"), sorted(LEGAL))
def test_legal_moves_pass(previous: TicketStatus, status: TicketStatus) -> None:
    require_move(previous, status)


@pytest.mark.parametrize(("previous", "status"), sorted(set(product(STATUSES, STATUSES)) - LEGAL))
def test_every_other_move_is_refused_and_the_allowed_ones_are_named(
    previous: TicketStatus, status: TicketStatus
) -> None:
    with pytest.raises(IllegalMove) as refused:
        require_move(previous, status)
    assert refused.value.status == 409
    assert refused.value.field == "status"
    assert refused.value.state == {"status": previous, "allowed": list(MOVES[previous])}
    for allowed in MOVES[previous]:
        assert allowed in str(refused.value)


def test_a_reopening_is_a_way_back_from_resolved_or_closed() -> None:
    reopenings = {move for move in product(STATUSES, STATUSES) if is_reopening(*move)}
    assert reopenings == {("resolved", "open"), ("closed", "open")}


def test_every_status_can_be_reached_and_left() -> None:
    assert set(MOVES) == set(STATUSES)
    assert {status for allowed in MOVES.values() for status in allowed} == set(STATUSES) - {"new"}
    assert all(MOVES.values())
