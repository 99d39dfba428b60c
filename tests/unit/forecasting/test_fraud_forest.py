"""The isolation forest: what is unlike the others, how much that may count, and why it is odd."""

import random
from collections.abc import Sequence
from datetime import date

import pytest

from services.forecasting.fitting.forest import FEWEST, grow_forest
from services.forecasting.fraud.domain.assessment import Signals, add_points
from services.forecasting.fraud_forest import Forest, inputs_of
from services.forecasting.fraud_rules import FraudRules

CUT = date(2026, 2, 9)
RULES = FraudRules.model_validate(
    {
        "version": "1",
        "bands": {"medium": 30, "high": 60},
        "forest": 20,
        "rules": [{"reason": "never", "points": 90, "least": {"known_sales": 1e9}}],
    }
)
ODD: Signals = {"device_parties_30d": 40.0, "known_sales": 19.0, "times_usual": 60.0}


def usual(count: int, seed: int = 1) -> list[Signals]:
    dice = random.Random(seed)
    return [
        {
            "device_parties_30d": 1.0 + (dice.random() < 0.02) * dice.randrange(1, 5),
            "known_sales": float(dice.randrange(20)),
            "times_usual": dice.lognormvariate(0, 0.3),
        }
        for _ in range(count)
    ]


def grown(facts: Sequence[Signals], frauds: Sequence[Signals] = ()) -> Forest:
    found = grow_forest(CUT, [inputs_of(one) for one in facts], [inputs_of(one) for one in frauds])
    assert found is not None
    return found[0]


def test_what_is_unlike_the_others_gets_all_that_the_forest_may_give_and_the_input_that_makes_it_so() -> None:
    found = add_points(RULES, ODD, grown(usual(2000)))
    assert (found.points, found.band, found.forest) == (20, "low", "forest/2026-02-09")
    told = {one.input: one.effect for one in found.reasons}
    assert told == {"unlike_others": 20.0, "device_parties_30d": 0.0, "times_usual": 0.0}


def test_of_others_hardly_one_in_a_hundred_gets_anything() -> None:
    forest = grown(usual(2000))
    assert sum(add_points(RULES, one, forest).points > 0 for one in usual(1000, seed=2)) < 40


def test_what_is_said_does_not_depend_on_who_grew_it() -> None:
    assert grown(usual(1000)) == grown(usual(1000))


@pytest.mark.parametrize(
    ("facts", "frauds"),
    [
        (usual(FEWEST - 1), []),
        ([usual(1)[0]] * 1000, []),
        (usual(1000), [{"device_parties_30d": 1.0, "known_sales": 9.0, "times_usual": 1.0}] * 20),
    ],
    ids=["too few", "all alike", "frauds are no odder than others"],
)
def test_where_the_facts_cannot_tell_there_is_no_forest(facts: list[Signals], frauds: list[Signals]) -> None:
    assert grow_forest(CUT, [inputs_of(one) for one in facts], [inputs_of(one) for one in frauds]) is None


@pytest.mark.parametrize("value", [0.0, -5.0, 1e300, float("inf")])
@pytest.mark.slow
def test_absurd_inputs_have_an_answer(value: float) -> None:
    assert 0 <= add_points(RULES, {**ODD, "times_usual": value}, grown(usual(1000))).points <= 20
