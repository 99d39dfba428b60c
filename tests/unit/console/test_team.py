"""Figures of the team and articles at the console: sums and shares hold, and every code has its word."""

from typing import Any, get_args

import pytest

from services.console.articles.domain import MOVES, TONES, text_of, title_of
from services.console.shell.charts import plot
from services.console.shell.vocabulary import TERMS
from services.console.team.domain import BY, Within, days_of, kept_of, tone_of, within_of
from services.support.knowledge.domain import article
from services.support.stats.domain.warning import Kind
from services.support.stats.schemas import By


def histogram(**tickets: int) -> dict[str, Any]:
    bins = [{"le_seconds": int(bound[1:]) if bound != "more" else None, "tickets": n} for bound, n in tickets.items()]
    return {"tickets": sum(tickets.values()), "mean_seconds": 1.0, "histogram": bins}


def test_the_share_that_was_quick_enough_grows_with_the_time() -> None:
    found = within_of(histogram(s300=1, s900=1, s3600=2, s172800=3, more=1))
    assert found == [
        Within(900, 0.25),
        Within(3600, 0.5),
        Within(14400, 0.5),
        Within(86400, 0.5),
        Within(604800, 0.875),
    ]
    assert within_of(histogram(s300=0, more=0)) == []


@pytest.mark.parametrize(
    ("met", "breached", "kept", "tone"),
    [(0, 0, None, "plain"), (9, 1, 0.9, "good"), (8, 2, 0.8, "warn"), (0, 3, 0, "bad")],
)
def test_promises_of_all_metrics_are_one_share(met: int, breached: int, kept: float | None, tone: str) -> None:
    sla = {"first_response": {"met": met, "breached": 0}, "resolution": {"met": 0, "breached": breached}}
    assert (kept_of({"sla": sla}), tone_of(kept_of({"sla": sla}))) == (kept, tone)


def test_a_day_without_tickets_has_its_place() -> None:
    found = days_of([{"key": "2026-03-01", "opened": 2, "resolved": 1}], "2026-02-28", "2026-03-02")
    assert found.days == ["2026-02-28", "2026-03-01", "2026-03-02"]
    assert (found.opened, found.resolved) == ([0, 2, 0], [0, 1, 0])


def test_an_axis_of_counts_has_no_halves() -> None:
    assert [tick.value for tick in plot(3, [0, 2, 0], finest=1).ticks] == [0, 1, 2]


def test_what_support_can_say_has_words() -> None:
    assert set(BY) == set(get_args(By)) - {"day"} == set(TERMS["team_by"])
    assert set(TERMS["desk_warning"]) == set(get_args(Kind))
    states = set(get_args(article.State))
    assert set(TERMS["article"]) == set(TERMS["article_move"]) == set(TONES) == states
    assert {state: set(moves) for state, moves in MOVES.items()} == dict(article.MOVES)


def test_an_article_is_called_as_its_reader_speaks() -> None:
    shown = {
        "texts": [{"language": "da", "title": "Retur", "body": "Send den."}, {"language": "en", "title": "Return"}]
    }
    assert (title_of(shown, "en"), title_of(shown, "de")) == ("Return", "Retur")
    assert text_of(shown, "da") == {"title": "Retur", "body": "Send den."}
    assert text_of(shown, "de") == {}
