"""What is told of products at a cut, beside what stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from services.forecasting.standing import Changed, Told, in_pages, renew, rows_of, told_of
from shared.events.insights import Contribution

CUT = date(2026, 3, 2)
LATER = CUT + timedelta(days=7)


@dataclass(frozen=True)
class Advice:
    sku: str
    value: int = 0
    none_because: str | None = None
    contributions: tuple[Contribution, ...] = ()


NONE = Advice("A", none_because="too_few_weeks")


def at(cut: date, *found: Advice, standing: Mapping[str, Told[Advice]] | None = None) -> Changed[Advice]:
    return renew(
        "prices/1",
        found,
        standing or {},
        cut,
        lambda before, now: abs(before.value - now.value) > 1,
        lambda before: Advice(before.sku, none_because="not_sold"),
    )


def stood(*found: Advice) -> dict[str, Told[Advice]]:
    """What stands after the cut."""
    changed = at(CUT, *found)
    return {one.advice.sku: one for one in (*changed.told, *changed.kept)}


def test_the_first_that_is_told_of_a_product_is_an_advice() -> None:
    changed = at(CUT, NONE, Advice("B", 5))

    assert [one.advice.sku for one in changed.told] == ["B"]
    assert [(one.advice.sku, one.suggestion_id) for one in changed.kept] == [("A", None)]


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        (Advice("A", 5), Advice("A", 6), False),
        (Advice("A", 5), Advice("A", 7), True),
        (Advice("A", 5), NONE, True),
        (Advice("A", 5), None, True),
        (NONE, Advice("A", 5), True),
        (NONE, NONE, False),
    ],
    ids=["alike", "other", "no more", "not sold any more", "at last", "still none"],
)
def test_it_is_told_again_where_it_changed(before: Advice, now: Advice | None, told: bool) -> None:
    standing = stood(before)

    changed = at(LATER, *([now] if now else []), standing=standing)

    assert bool(changed.told) == told
    for one in changed.told:
        assert one.supersedes == standing["A"].suggestion_id
        assert one.suggestion_id not in (None, one.supersedes)


def test_an_advice_that_was_taken_back_is_taken_back_once() -> None:
    standing = stood(Advice("A", 5))
    (over,) = at(LATER, NONE, standing=standing).told

    again = at(LATER + timedelta(days=7), standing={"A": over})

    assert (again.told, again.kept, again.gone) == ([], [], [])


def test_what_a_cut_decided_stays_however_often_it_is_done() -> None:
    standing = stood(Advice("A", 5), Advice("B", none_because="not_sold"))

    for cut in (CUT, CUT - timedelta(days=7)):
        changed = at(cut, Advice("A", 9), Advice("B", 9), standing=standing)
        assert (changed.told, changed.kept, changed.gone) == ([], [], [])


def test_what_was_never_told_is_forgotten_with_its_sales() -> None:
    assert at(LATER, standing=stood(NONE)).gone == ["A"]


def test_the_same_cut_gives_the_same_name() -> None:
    assert at(CUT, Advice("A", 5)).told == at(CUT, Advice("A", 5)).told
    assert at(CUT, Advice("A", 5)).told[0].suggestion_id != at(LATER, Advice("A", 5)).told[0].suggestion_id


def test_what_is_written_down_of_a_product_is_read_again() -> None:
    why = (Contribution(input="weeks_known", value=40.0),)
    told = [*stood(Advice("B", 3, contributions=why)).values(), *stood(NONE).values()]
    fields = ("value", "none_because")

    rows = rows_of(told, fields)

    names = ("sku", "suggestion_id", "cut", *fields, "contributions", "model", "supersedes")
    read = [told_of(dict(zip(names, row, strict=True)), Advice, fields) for row in rows]
    assert read == sorted(told, key=lambda one: one.advice.sku)
    assert rows_of([], fields) == []


@pytest.mark.parametrize("count", [0, 1, 250, 251, 1000])
def test_pages_hold_each_once_in_order_and_none_holds_many(count: int) -> None:
    found = [Advice(f"{number:04}", number) for number in range(count)]
    standing = [f"{number:04}" for number in range(count - 5, count + 5)] if count else []

    pages = list(in_pages(found, standing))

    assert [one for _, advice in pages for one in advice] == found
    assert [sku for skus, _ in pages for sku in skus] == sorted({*standing, *(one.sku for one in found)})
    assert all(0 < len(skus) <= 250 for skus, _ in pages)
