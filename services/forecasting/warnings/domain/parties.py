"""Warnings of parties: who may buy no more, who is silent against its rhythm, who uses less, who disputes much."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from math import comb
from uuid import UUID

from services.forecasting.activity.domain import Disputes, Usage
from services.forecasting.cuts.domain import day_of
from services.forecasting.scores.domain.lifetime import History
from services.forecasting.scores.domain.rhythm import Rhythm
from services.forecasting.scores.domain.score import Score
from services.forecasting.warnings.domain.warning import (
    CHURN,
    DISPUTE_CLUSTER,
    SILENCE,
    USAGE_DROP,
    Because,
    Cleared,
    Warned,
)
from shared.events.insights import Contribution
from shared.ids import derived_id

AHEAD = timedelta(days=28)
"""What a warning foretells comes within this."""
LAPSED = 56
"""Days of silence after which anybody would call a party lost: a warning that comes later is none."""
_FEWEST_DAYS = 4
_LIKELY = 0.5
_FEWEST_GAPS = 5
_SHORTEST_SILENCE = 21
_UNUSUAL_SILENCE = 0.002
_UNUSUAL_USAGE = 0.01
_SILENT, _BEFORE = "days_since_last_purchase", "days_of_choices_in_84_before"
_CHOICES_BEFORE = "choices_in_84_days_before"
"""What warnings of `usage/1` were decided by."""
FEWEST_DISPUTES = 3
CALM = 1
"""With so many open disputes or fewer a cluster is over."""


def watch_party(
    party_id: UUID, history: History, rhythm: Rhythm | None, churn: Score | None, cut: date
) -> Iterator[Warned]:
    """Churn and silence, each once for one silence: what was told of it is not told again at the next cut."""
    silent = (cut - history.last).days
    if history.days < _FEWEST_DAYS or not 0 < silent <= LAPSED:
        return
    if churn is not None and churn.value >= _LIKELY:
        yield _of_silence(CHURN, party_id, history, churn.value, churn.model, churn.contributions, cut)
    if rhythm is None or rhythm.gaps < _FEWEST_GAPS or silent < _SHORTEST_SILENCE:
        return
    if (longer := rhythm.longer(silent)) <= _UNUSUAL_SILENCE:
        evidence = (
            Contribution(input=_SILENT, value=float(silent)),
            Contribution(input="days_between_purchases", value=round(rhythm.typical, 1)),
            Contribution(input="gaps_known", value=float(rhythm.gaps)),
            Contribution(input="probability_of_a_longer_gap", value=round(longer, 6)),
        )
        severity = churn.value if churn is not None else 1 - longer
        yield _of_silence(SILENCE, party_id, history, severity, "rhythm/1", evidence, cut)


def watch_usage(party_id: UUID, usage: Usage, cut: date) -> Warned | None:
    """A warning where products were chosen on so many fewer of the last 28 days that chance hardly explains it.

    Days are counted and not choices, for who comes looks at several things. If nothing had changed, each of the days
    with a choice among the 112 fell into the last 28 with a probability of a quarter.
    """
    every = usage.recent_days + usage.before_days
    chance = sum(comb(every, n) * 0.25**n * 0.75 ** (every - n) for n in range(usage.recent_days + 1))
    expected = usage.before_days / 3
    if usage.recent_days * 2 >= expected or chance > _UNUSUAL_USAGE:
        return None
    evidence = (
        Contribution(input="days_of_choices_in_28", value=float(usage.recent_days)),
        Contribution(input=_BEFORE, value=float(usage.before_days)),
        Contribution(input="probability_by_chance", value=round(chance, 6)),
    )
    return Warned(
        derived_id("warning", USAGE_DROP, party_id, cut),
        USAGE_DROP,
        str(party_id),
        1 - usage.recent_days / expected,
        cut,
        evidence,
        "usage/2",
        cut + AHEAD,
        party_id,
    )


def watch_disputes(party_id: UUID, disputes: Disputes) -> Warned:
    """One cluster, told once: its newest dispute names it."""
    evidence = (
        Contribution(input="open_disputes", value=float(disputes.count)),
        Contribution(input="days_between_first_and_last", value=float((disputes.last_at - disputes.first_at).days)),
    )
    return Warned(
        derived_id("warning", DISPUTE_CLUSTER, party_id, disputes.newest),
        DISPUTE_CLUSTER,
        str(party_id),
        1 - 0.5 ** (disputes.count - FEWEST_DISPUTES + 1),
        day_of(disputes.last_at),
        evidence,
        party_id=party_id,
    )


def settle_silence(warned: Warned, bought: date | None, passed: date) -> Cleared | None:
    """What became of churn or silence, once every sale before `passed` is known; None while that is open."""
    if warned.until is None:
        return None
    if bought is not None and bought < warned.until:
        return Cleared(warned, "bought")
    if warned.until <= passed:
        return Cleared(warned, "came_true", LAPSED - round(warned.had(_SILENT)))
    return None


def settle_usage(warned: Warned, since: Usage | None, passed: date) -> Cleared | None:
    """Used again: half as often as before the drop, within what the warning looked ahead; by what it was decided by."""
    if warned.until is None:
        return None
    by_days = warned.had(_BEFORE) > 0
    used = 0 if since is None else since.recent_days if by_days else since.recent
    because: Because | None = "used_again" if used * 6 >= warned.had(_BEFORE if by_days else _CHOICES_BEFORE) else None
    if because is None and warned.until <= passed:
        because = "came_true"
    return Cleared(warned, because) if because else None


def settle_disputes(warned: Warned, clusters: Mapping[UUID, Disputes]) -> Cleared | None:
    if warned.party_id is None or warned.party_id in clusters:
        return None
    return Cleared(warned, "over")


def _of_silence(
    kind: str,
    party_id: UUID,
    history: History,
    severity: float,
    model: str,
    evidence: tuple[Contribution, ...],
    cut: date,
) -> Warned:
    warning_id = derived_id("warning", kind, party_id, history.last)
    return Warned(warning_id, kind, str(party_id), severity, cut, evidence, model, cut + AHEAD, party_id)
