"""The machine of disputes: whatever is asked of it, in whatever order, its events tell what it came to."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from services.support.disputes.domain import dispute as acts
from services.support.disputes.domain.dispute import About, Dispute, Evidence, Step
from services.support.disputes.domain.history import begin, fold
from services.support.disputes.domain.status import STATES, IllegalMove
from shared.errors import Invalid
from shared.events.money import Money
from tests.unit.support.builders import NOON, party_id

AMOUNT = Money(minor=500, currency="DKK")
ACTS = [*(status for status in STATES if status != "raised"), "evidence", "amend", "run out"]


def new() -> Dispute:
    due_at = NOON + timedelta(days=1)
    return Dispute(UUID(int=9), party_id(1), "raised", 1, "price", AMOUNT, None, "staff-1", due_at)


@given(st.lists(st.tuples(st.sampled_from(ACTS), st.sampled_from([None, AMOUNT])), max_size=25))
def test_events_tell_the_dispute_whatever_was_asked(asked: list[tuple[str, Money | None]]) -> None:
    dispute, now = new(), NOON
    raised = acts.raise_dispute(dispute, About(), "staff-1", now, has_text=False)
    told, _ = begin(raised.emission.data, NOON)  # type: ignore[arg-type]
    for act, amount in asked:
        now += timedelta(hours=5)
        try:
            changed = _do(dispute, act, amount, now)
        except (IllegalMove, Invalid):
            continue
        if changed is None:
            continue
        assert changed.dispute.version == dispute.version + 1
        dispute, told = changed.dispute, fold(told, changed.emission.data)  # type: ignore[arg-type]
    assert told == dispute
    assert (dispute.outcome is not None) == (dispute.status == "closed")


def _do(dispute: Dispute, act: str, amount: Money | None, now: object) -> acts.Changed | None:
    match act:
        case "evidence":
            return acts.add_evidence(dispute, Evidence(UUID(int=3), "sale", "s", None), "staff-1", now)  # type: ignore[arg-type]
        case "amend":
            due_at = now + timedelta(hours=7)  # type: ignore[operator]
            return acts.amend(dispute, None, due_at, "staff-2", now)  # type: ignore[arg-type]
        case "run out":
            return acts.run_out(dispute, now)  # type: ignore[arg-type]
        case _:
            return acts.move(dispute, Step(act, "staff-1", amount), now, has_text=False)  # type: ignore[arg-type]


def test_every_state_is_reached_and_leads_to_the_end() -> None:
    reached, ends = {"raised"}, {"closed"}
    for _ in STATES:
        reached |= {move for status in reached for move in STATES[status].moves}  # type: ignore[index]
        ends |= {status for status, state in STATES.items() if set(state.moves) & ends}
    assert reached == ends == set(STATES)


def test_whoever_offers_first_chooses_the_currency_where_no_amount_is_disputed() -> None:
    now = NOON + timedelta(hours=1)
    dispute = replace(new(), amount=None, status="investigating")
    offered = acts.move(dispute, Step("proposed", "staff-1", AMOUNT), now, has_text=False).dispute
    euro = Money(minor=1, currency="EUR")
    with pytest.raises(Invalid) as refused:
        acts.move(offered, Step("countered", "staff-1", euro), now, has_text=False)
    assert refused.value.field == "body.amount"
    countered = acts.move(offered, Step("countered", "staff-1"), now, has_text=True).dispute
    assert acts.move(countered, Step("proposed", "staff-1", euro), now, has_text=False).dispute.offer == euro
