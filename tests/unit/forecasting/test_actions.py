from dataclasses import replace
from datetime import UTC, datetime

import pytest

from services.forecasting.actions.domain import WIN_BACK, Known, suggest
from services.forecasting.cross_sell.domain import Advice, Offer
from tests.unit.forecasting.facts import ADA

NOW = datetime(2026, 3, 2, tzinfo=UTC)
OFFERS = (
    Offer("bread", "bought_again", 0.9),
    Offer("butter", "goes_with", 0.3, "bread"),
    Offer("salt", "goes_with", 0.9),
)
SILENT = Known(Advice(OFFERS), 0.1, "DKK", {"bread": 10, "butter": 300}, {}, set(), 0.01)


def kinds(known: Known) -> dict[str, str]:
    return {one.sku: one.kind for one in suggest(ADA, known, NOW).actions}


def test_who_is_silent_is_won_back_with_what_is_worth_most_to_it_and_has_a_price() -> None:
    found = suggest(ADA, SILENT, NOW).actions
    assert [(one.sku, one.kind) for one in found] == [("butter", WIN_BACK), ("bread", "bought_again")]
    assert [one.expected for one in found] == pytest.approx([0.3 * 0.9 * 0.5 * 300, 0.9 * 0.1 * 0.5 * 10])


@pytest.mark.parametrize(
    "known",
    [
        replace(SILENT, longer=None),
        replace(SILENT, longer=0.11),
        replace(SILENT, buys=0.51),
        replace(SILENT, left_out={(WIN_BACK, "other")}),
    ],
)
def test_others_are_not_won_back(known: Known) -> None:
    assert kinds(known) == {"bread": "bought_again", "butter": "goes_with"}


def test_what_was_answered_as_a_way_to_win_back_is_not_offered_otherwise_either() -> None:
    assert kinds(replace(SILENT, left_out={(WIN_BACK, "butter")})) == {"bread": "bought_again"}


def test_where_others_were_won_back_it_counts_for_more() -> None:
    often, seldom = (suggest(ADA, replace(SILENT, answers={WIN_BACK: one}), NOW).actions for one in ((8, 9), (1, 9)))
    assert {one.sku: one.expected for one in often}["butter"] > {one.sku: one.expected for one in seldom}["butter"]
