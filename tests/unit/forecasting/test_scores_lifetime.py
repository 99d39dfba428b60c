"""BG/NBD against published figures and against customers simulated from known parameters."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from services.forecasting.fitting.bgnbd import Patterns, alive, expected, fit
from services.forecasting.fitting.lifetime import fit_lifetime
from services.forecasting.scores.domain import lifetime
from services.forecasting.scores.domain.churn import WINDOWS, Came
from services.forecasting.scores.domain.lifetime import History, Lifetime, Pattern

PUBLISHED = Lifetime(r=0.243, alpha=4.414, a=0.793, b=2.426)
"""Fader, Hardie and Lee 2005, table 2: the CDNOW sample."""

FIRST, EARLIER, CUT, LATE = date(2026, 1, 5), date(2026, 2, 2), date(2026, 3, 2), date(2025, 12, 29)
AHEAD = timedelta(days=28)
AT_ONCE = replace(PUBLISHED, at_once=1.0)

PATTERNS = st.builds(
    lambda x, share, age: Pattern(x, age * share if x else 0.0, age),
    st.integers(0, 150),
    st.floats(0, 1),
    st.floats(0.1, 200),
)


def test_the_expectation_of_the_papers_example_comes_out() -> None:
    """x=2, t_x=30.43, T=38.86, 39 weeks ahead: 1.226 (their note "Implementing the BG/NBD Model in Excel")."""
    assert PUBLISHED.expected(Pattern(2, 30.43, 38.86), 39) == pytest.approx(1.226, abs=5e-4)


@pytest.mark.parametrize("model", [PUBLISHED, AT_ONCE], ids=["later", "at once"])
@given(pattern=PATTERNS)
def test_p_alive_is_a_probability_and_falls_with_silence(model: Lifetime, pattern: Pattern) -> None:
    later = Pattern(pattern.repeats, pattern.recency, pattern.age + 10)

    assert 0 <= model.alive(later) <= model.alive(pattern) <= 1


@pytest.mark.parametrize("model", [PUBLISHED, AT_ONCE], ids=["later", "at once"])
@given(pattern=PATTERNS, weeks=st.floats(0.5, 60))
def test_one_party_and_many_give_the_same(model: Lifetime, pattern: Pattern, weeks: float) -> None:
    many = Patterns.of([pattern])

    assert model.alive(pattern) == pytest.approx(float(alive(model, many)[0]), abs=1e-12)
    assert model.expected(pattern, weeks) == pytest.approx(float(expected(model, many, weeks)[0]), rel=1e-9)


@pytest.mark.parametrize(("r", "alpha"), [(1.0, 3.0), (1000.0, 3000.0), (0.25, 0.01)])
@settings(max_examples=30)
@given(pattern=PATTERNS, weeks=st.floats(0.5, 60))
def test_parties_that_are_all_alike_have_an_expectation(r: float, alpha: float, pattern: Pattern, weeks: float) -> None:
    """Who all leave at one rate, or buy at it, have the largest parameters that are fitted: the series overflowed."""
    alike = Lifetime(r, alpha, 1000.0, 5000.0)
    many = Patterns.of([pattern])
    found = alike.expected(pattern, weeks)

    assert found == pytest.approx(float(expected(alike, many, weeks)[0]), rel=1e-9)
    assert 0 <= found <= (r + pattern.repeats) / (alpha + pattern.age) * weeks * (1 + 1e-9)
    if alike.alive(pattern) > 1e-9:
        assert found == pytest.approx(Lifetime(r, alpha, 1010.0, 5050.0).expected(pattern, weeks), rel=0.05)


@given(pattern=PATTERNS, weeks=st.floats(0.5, 60))
def test_both_series_give_the_same_where_both_are_exact(pattern: Pattern, weeks: float) -> None:
    wide = Lifetime(2.0, 5.0, 9.0, 25.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lifetime, "MILD", -1.0)
        other = wide.expected(pattern, weeks)

    assert other == pytest.approx(wide.expected(pattern, weeks), rel=1e-7)


@pytest.mark.timeout(30)
@pytest.mark.parametrize("name", ["r", "alpha", "a", "b"])
def test_parameters_that_are_no_numbers_end_both_series(name: str) -> None:
    model = replace(Lifetime(0.25, 4.4, 0.8, 2.4), **{name: float("nan")})
    assert not np.isfinite(model.expected(Pattern(2, 10.0, 20.0), 4.0))
    assert not np.isfinite(expected(model, Patterns.of([Pattern(2, 10.0, 20.0)]), 4.0)).any()


def test_what_cannot_be_calculated_is_said_and_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    parties = [History(LATE, CUT - timedelta(days=9), 2, (1,) * len(WINDOWS))] * 60
    monkeypatch.setattr("services.forecasting.fitting.lifetime._level", lambda _: float("nan"))

    with pytest.raises(ArithmeticError, match="no finite number"):
        fit_lifetime(parties, CUT, [(EARLIER, [(one, i % 2) for i, one in enumerate(parties)])])


def test_the_fit_finds_the_parameters_that_customers_were_simulated_from() -> None:
    found = fit(_simulate(4_000))

    assert found.r == pytest.approx(0.243, rel=0.1)
    assert found.alpha == pytest.approx(4.414, rel=0.15)
    assert found.a / (found.a + found.b) == pytest.approx(0.793 / (0.793 + 2.426), rel=0.15)


@pytest.mark.slow
def test_whether_parties_leave_after_the_first_purchase_already_is_found() -> None:
    later, at_once = fit(_simulate(2_000)), fit(_simulate(2_000, at_once=True))

    assert (later.at_once, at_once.at_once) == (0.0, 1.0)
    assert later.alive(Pattern(0, 0.0, 30.0)) == 1.0
    assert at_once.alive(Pattern(0, 0.0, 30.0)) < 0.5
    assert fit(_simulate(2_000, at_once=True), plain=True).alive(Pattern(0, 0.0, 30.0)) == 1.0


def test_nobody_who_came_back_is_too_little_to_learn_from() -> None:
    once = bought(FIRST)

    assert fit_lifetime([once] * 100, CUT, []) is None
    assert fit_lifetime([once], CUT, [(EARLIER, [(once, 0)])]) is None


def test_where_little_was_known_before_the_cut_the_model_stands_alone() -> None:
    """Nobody had come by then, none of them came back, or nothing was bought since."""
    parties = [bought(FIRST, days) for days in (0, 7, 14) for _ in range(20)]
    for behind in ([], [(bought(FIRST), 1)] * 40, [(bought(FIRST, 7), 0)] * 40):
        found = fit_lifetime(parties, CUT, [(EARLIER, behind)])

        assert found is not None
        assert found[0].habits is None
        assert found[0].lifetime.level == 1.0
        assert "rmse" not in found[1]


def test_quality_is_measured_on_purchases_that_the_model_had_not_seen() -> None:
    parties = [bought(FIRST, 7 * (i % 3)) for i in range(60)]

    found = fit_lifetime(parties, CUT, [(EARLIER, [(one, i % 2) for i, one in enumerate(parties)])])

    assert found is not None
    assert found[1]["held_out_weeks"] == 4.0
    assert found[1]["rmse"] >= found[1]["mae"] > 0


@pytest.mark.parametrize("came", [2, 3])
def test_what_was_bought_of_late_beside_what_was_foretold_is_carried_on(came: int) -> None:
    """As far as chance cannot have made it, and as the level reaches."""
    parties = [bought(FIRST, 0 if i % 3 == 0 else 21) for i in range(90)]

    found = fit_lifetime(parties, CUT, [(EARLIER, [(one, came) for one in parties])])

    assert found is not None
    model, quality = found[0].lifetime, found[1]
    beside = 1 / (1 + quality["total_error"])
    assert 1 < model.level <= 2
    assert model.level < beside
    assert model.level == 2.0 or model.level > beside**0.8
    assert model.expected(Pattern(2, 1, 4), 4) == pytest.approx(
        model.level * replace(model, level=1.0).expected(Pattern(2, 1, 4), 4)
    )


def test_a_few_purchases_hardly_set_a_level() -> None:
    """One purchase of a single party, where many were foretold, may be chance."""
    parties = [bought(FIRST, *((), (21,), (7, 21))[i % 3]) for i in range(40)]

    found = fit_lifetime(parties, CUT, [(EARLIER, [(one, int(i == 0)) for i, one in enumerate(parties)])])

    assert found is not None
    assert found[1]["total_error"] > 5
    assert 0.9 < found[0].lifetime.level < 1


def test_who_buys_by_the_month_is_foretold_by_it() -> None:
    """Each comes every 42 days: who came of late does not come in the next weeks, whatever it bought before."""
    rng = np.random.default_rng(3)
    first = [date(2025, 1, 6) + timedelta(days=int(day)) for day in rng.integers(0, 42, 400)]
    bought_on = [[day + timedelta(days=42 * n) for n in range(12)] for day in first]

    def at(cut: date) -> Came:
        return [(history_of(days, cut), sum(cut <= day < cut + AHEAD for day in days)) for days in bought_on]

    found = fit_lifetime(
        [one for one, _ in at(LATE)], LATE, [(LATE - AHEAD * back, at(LATE - AHEAD * back)) for back in (3, 2, 1)]
    )

    assert found is not None
    model = found[0]
    assert model.habits is not None
    assert found[1]["habits_spare"] > 0.3
    truth = np.array([came for _, came in at(LATE)])
    plain = np.array([model.lifetime.expected(one.at(LATE), 4.0) for one, _ in at(LATE)])
    guess = np.array([model.ahead(one, LATE) for one, _ in at(LATE)])
    assert guess.sum() == pytest.approx(plain.sum())
    assert ((guess - truth) ** 2).sum() < 0.7 * ((plain - truth) ** 2).sum()


def test_where_all_buy_by_chance_there_are_no_habits() -> None:
    """Customers as BG/NBD has them: nothing that is fitted beside it is clearly better."""
    rng = np.random.default_rng(8)
    bought_on = [
        [
            date(2025, 1, 6),
            *(date(2025, 1, 6) + timedelta(days=int(d)) for d in np.cumsum(rng.exponential(20, 40)) if d < 400),
        ]
        for _ in range(400)
    ]

    def at(cut: date) -> Came:
        return [(history_of(days, cut), len({day for day in days if cut <= day < cut + AHEAD})) for days in bought_on]

    found = fit_lifetime(
        [one for one, _ in at(LATE)], LATE, [(LATE - AHEAD * back, at(LATE - AHEAD * back)) for back in (3, 2, 1)]
    )

    assert found is not None
    assert found[0].habits is None


def bought(first: date, *later: int) -> History:
    """On that day, and so many days after it."""
    return history_of([first, *(first + timedelta(days=days) for days in later)], CUT)


def history_of(days: Sequence[date], cut: date) -> History:
    known = sorted({day for day in days if day < cut})
    recent = tuple(sum(day >= cut - timedelta(days=window) for day in known) for window in WINDOWS)
    return History(known[0], known[-1], len(known), recent)


def test_a_history_is_counted_in_weeks_from_its_first_day() -> None:
    pattern = History(date(2026, 1, 5), date(2026, 1, 19), 3).at(date(2026, 2, 2))

    assert pattern == Pattern(2, 2.0, 4.0)


def _simulate(customers: int, *, at_once: bool = False) -> Patterns:
    """Buying at an exponential pace drawn from a gamma, leaving after a purchase with a chance drawn from a beta; after
    the first too, of customers who else come often.
    """
    rng = np.random.default_rng(5)
    paces = rng.gamma(3.0, 1 / 4.0, customers) if at_once else rng.gamma(PUBLISHED.r, 1 / PUBLISHED.alpha, customers)
    chances = rng.beta(PUBLISHED.a, PUBLISHED.b, customers)
    ages = rng.uniform(27, 39, customers)
    rows = []
    for pace, chance, age in zip(paces, chances, ages, strict=True):
        x, last = 0, 0.0
        now = rng.exponential(1 / pace) if pace > 1e-12 else np.inf
        while now < age and not (at_once and rng.random() < chance):
            x, last = x + 1, now
            if not at_once and rng.random() < chance:
                break
            now += rng.exponential(1 / pace)
        rows.append((x, last, age))
    columns = np.array(rows)
    return Patterns(columns[:, 0], columns[:, 1], columns[:, 2])
