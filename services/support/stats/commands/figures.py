"""Figures as they are shown, of sums as they are kept."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Literal, get_args

from services.support.stats.domain.counting import BUCKETS_S
from services.support.stats.schemas import Bin, By, Figures, Kept, Ratings, Spent
from services.support.stats.store import Sum
from shared.events.tickets import SlaMetric

_METRICS: tuple[SlaMetric, ...] = get_args(SlaMetric)


def figures_of(sums: Sequence[Sum], by: By | None) -> list[Figures]:
    """One for each key, in the order of the sums, which come by key; without any there is one of nothing at all."""
    found = [_figures(key, list(group), by) for key, group in groupby(sums, key=lambda each: each.key)]
    shown = [each for each in found if each is not None]
    return shown or ([] if by is not None else [_shown(None, [], by)])


def _figures(key: str, sums: Sequence[Sum], by: By | None) -> Figures | None:
    """None for the day under which stands what is open."""
    return None if by == "day" and key == "-infinity" else _shown(key or None, sums, by)


def _shown(key: str | None, sums: Sequence[Sum], by: By | None) -> Figures:
    tickets: dict[str, int] = {}
    for each in sums:
        tickets[each.measure] = tickets.get(each.measure, 0) + each.tickets
    return Figures(
        key=key,
        opened=tickets.get("opened", 0),
        resolved=tickets.get("resolved", 0),
        reopened=tickets.get("reopened", 0),
        merged=tickets.get("merged", 0),
        spam=tickets.get("spam", 0),
        open=None if by == "day" else tickets.get("open", 0),
        slack_short=None if by == "day" else tickets.get("slack_short", 0),
        first_answer=_spent(sums, "first_answer"),
        time_to_resolve=_spent(sums, "resolved"),
        sla=_sla(tickets),
        csat=_ratings([each for each in sums if each.measure == "csat"]),
    )


def _sla(tickets: Mapping[str, int]) -> dict[Literal["first_response", "next_response", "resolution"], Kept]:
    return {
        metric: Kept(met=tickets.get(f"met {metric}", 0), breached=tickets.get(f"breached {metric}", 0))
        for metric in _METRICS
    }


def _spent(sums: Iterable[Sum], measure: str) -> Spent:
    buckets = {each.bucket: each for each in sums if each.measure == measure}
    tickets = sum(each.tickets for each in buckets.values())
    seconds = sum(each.seconds for each in buckets.values())
    histogram = [
        Bin(le_seconds=bound, tickets=buckets[place].tickets if place in buckets else 0)
        for place, bound in enumerate((*BUCKETS_S, None))
    ]
    return Spent(tickets=tickets, mean_seconds=seconds / tickets if tickets else None, histogram=histogram)


def _ratings(sums: Sequence[Sum]) -> Ratings:
    answers = sum(each.tickets for each in sums)
    total = sum(each.bucket * each.tickets for each in sums)
    values = dict.fromkeys(range(1, 6), 0) | {each.bucket: each.tickets for each in sums}
    return Ratings(answers=answers, mean=total / answers if answers else None, values=values)
