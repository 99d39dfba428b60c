"""Figures that are no finite number, wherever in a value they stand."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import pytest

from shared.engine.event import Emission
from shared.engine.outbox import encode
from shared.errors import BadRecord
from shared.events.figures import is_finite
from shared.events.insights import Contribution, ScoreComputed

NOW = datetime(2026, 1, 5, tzinfo=UTC)
NAN, INFINITE = float("nan"), float("inf")


@dataclass(frozen=True)
class Held:
    inner: object


@pytest.mark.parametrize("figure", [NAN, INFINITE, -INFINITE])
def test_what_is_no_finite_number_is_found_at_any_depth(figure: float) -> None:
    for value in (figure, [1.0, figure], {"a": (0.0, [figure])}, Held(figure), {"a": [Held((Held(figure),))]}):
        assert not is_finite(value)


def test_everything_else_is_finite() -> None:
    kept: list[object] = [
        0.0,
        -0.0,
        1e308,
        5e-324,
        10**400,
        None,
        True,
        "nan",
        b"inf",
        UUID(int=1),
        NOW,
        {},
        Held(None),
    ]
    assert is_finite(kept)


@pytest.mark.parametrize("figure", [NAN, INFINITE])
@pytest.mark.parametrize("where", ["value", "contribution"])
def test_an_event_with_such_a_figure_is_refused_since_no_reader_takes_it(figure: float, where: str) -> None:
    with pytest.raises(BadRecord, match="not_finite"):
        encode([Emission(_score(figure if where == "value" else 0.5, figure), NOW)])


def test_an_event_of_finite_figures_leaves_also_where_an_optional_one_is_not_known() -> None:
    (row,) = encode([Emission(_score(0.5, 1e308), NOW)])
    assert b'"effect":null' in (row[10] or b"")


def _score(value: float, given: float) -> ScoreComputed:
    return ScoreComputed(
        party_id=UUID(int=7),
        score="health",
        value=value,
        band="fair",
        model="health/1",
        as_of=NOW,
        contributions=[Contribution(input="churn_28d", value=given)],
        recorded_at=NOW,
    )
