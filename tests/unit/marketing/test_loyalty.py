"""Points: what a sale earns, and that a balance is the sum of its lots whatever is told in which order."""

import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, strategies as st

from services.marketing.loyalty.commands import count_points
from services.marketing.loyalty.domain.earning import Rules, Told, expire, hear
from services.marketing.loyalty.domain.lots import Account, Book
from services.marketing.loyalty.domain.programme import MOST_POINTS, Programme
from services.marketing.loyalty.domain.rating import PaidBack, multiplied, rate, sold_of
from services.marketing.loyalty.domain.redemption import Redemption, TooFewPoints, redeem
from services.marketing.loyalty.files import load_programme
from services.marketing.settings import OWN_CAMPAIGNS, Context
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.errors import ConfigurationError
from shared.events.campaigns import PointsEarned, PointsExpired, PointsRedeemed, PointsReversed
from shared.events.money import MOST_MINOR, Money
from shared.events.values import Line, ReturnedLine
from shared.ids import derived_id
from tests.unit.marketing.facts import ADA, DAY, HOUR, NOW, amended, cancelled, refund, sale

LEVELS = [
    {"name": "bronze", "from": 0, "percent": 100},
    {"name": "silver", "from": 100, "percent": 150},
    {"name": "gold", "from": 300, "percent": 200},
]


def programme(**fields: Any) -> Programme:
    earn = [{"per": {"minor": 100, "currency": "DKK"}, "points": 1}]
    return Programme.model_validate({"name": "club", "earn": earn, **fields})


def rules(club: Programme) -> Rules:
    return Rules(club, {club.hash: club}, {})


def told_of(*events: Event[Any], club: Programme, book: Book | None = None) -> tuple[Book, Told]:
    book, told = book or Book(Account(ADA)), Told()
    for event in events:
        hear(book, event, rules(club), told)
    return book, told


def kinds(told: Told) -> list[tuple[str, int]]:
    return [(type(each.data).__name__, getattr(each.data, "points", 0)) for each in told.emissions]


@pytest.mark.parametrize(
    ("mode", "before", "base", "points"),
    [
        ("flat", 0, 400, 400),
        ("flat", 100, 400, 600),
        ("flat", 99, 1, 1),
        ("marginal", 0, 400, 100 + 300 + 200),
        ("marginal", 100, 1, 1),
        ("marginal", 250, 100, 75 + 100),
        ("marginal", 5_000, 7, 14),
        ("flat", 5_000, 0, 0),
    ],
)
def test_a_tier_multiplies_a_whole_sale_or_the_points_that_fall_into_it(
    mode: str, before: int, base: int, points: int
) -> None:
    assert multiplied(base, before, programme(tiers={"mode": mode, "levels": LEVELS}).tiers) == points


@pytest.mark.parametrize("currency", ["DKK", "HUF", "VND", "JPY"])
@pytest.mark.parametrize("minor", [-MOST_MINOR, -1, 0, 1, 99, 100, 12_995, MOST_MINOR])
def test_amounts_are_minor_units_up_to_the_bound_of_the_contract(currency: str, minor: int) -> None:
    club = programme(earn=[{"per": {"minor": 100, "currency": currency}, "points": 1_000_000}])
    money = Money(minor=minor, currency=currency)
    earned = rate(sold_of(money, [], "web", club, {}), [], club)
    assert earned == min(max(0, minor) * 1_000_000 // 100, MOST_POINTS)
    other = Money(minor=minor, currency="EUR")
    assert rate(sold_of(other, [], "web", club, {}), [], club) == 0


def test_a_product_or_a_category_earns_by_its_own_lines_and_loses_what_comes_back() -> None:
    earn = [
        {"per": {"minor": 100, "currency": "DKK"}, "points": 1, "when": {"skus": ["A-*"]}},
        {"per": {"minor": 100, "currency": "DKK"}, "points": 10, "when": {"departments": ["FLORAL"]}},
    ]
    club, dkk = programme(earn=earn), "DKK"
    price = Money(minor=500, currency=dkk)
    lines = [Line(sku="A-1", quantity=4, unit_price=price), Line(sku="B-1", quantity=2, unit_price=price)]
    sold = sold_of(Money(minor=3_000, currency=dkk), lines, "web", club, {"B-1": ("FLORAL", "ROSES")})
    assert rate(sold, [], club) == 20 + 100
    assert rate(sold, [PaidBack("r", dkk, 500, (("B-1", 1),))], club) == 20 + 50
    assert rate(sold, [PaidBack("r", dkk, 1_500)], club) == 10 + 50
    assert rate(sold, [PaidBack("r", dkk, 3_000)], club) == 0
    assert rate(sold, [PaidBack("r", "EUR", 3_000)], club) == 20 + 100


def test_the_first_sale_is_the_earliest_that_stays_paid() -> None:
    """A bonus moves to another sale with a late fact, and when its own is paid back: each move is told."""
    club = programme(first_sale=50)
    book, told = told_of(
        sale("b", at=NOW, minor=1_000),
        sale("a", at=NOW - DAY, minor=1_000),
        refund("a", minor=1_000),
        club=club,
    )
    assert kinds(told) == [
        ("PointsEarned", 60),
        ("PointsEarned", 60),
        ("PointsReversed", 50),
        ("PointsReversed", 60),
        ("PointsEarned", 50),
    ]
    assert [each.data.reason for each in told.emissions if isinstance(each.data, PointsReversed)] == [
        "recounted",
        "refunded",
    ]
    assert book.account.balance == 60


def test_points_that_were_spent_are_taken_back_too_and_what_is_earned_pays_them_first() -> None:
    club = programme(valid="P30D")
    book, _ = told_of(sale("a", at=NOW, minor=10_000), club=club)
    redeem([book], Redemption(derived_id("r"), ADA, 80, None, NOW))
    with pytest.raises(TooFewPoints):
        redeem([book], Redemption(derived_id("s"), ADA, 21, None, NOW))
    told_of(refund("a", minor=10_000), club=club, book=book)
    assert (book.account.balance, book.account.debt) == (-80, 80)
    told_of(sale("b", at=NOW + DAY, minor=9_000), club=club, book=book)
    lot = book.lots["/shop", "b"]
    assert (book.account.balance, book.account.debt, lot.left) == (10, 0, 10)
    told = Told()
    expire(book, lot, NOW + 31 * DAY, told)
    assert kinds(told) == [("PointsExpired", 10)]
    assert book.account.balance == 0


@pytest.mark.parametrize("refund_first", [True, False])
@pytest.mark.parametrize(("spent", "balance"), [(0, 0), (50, 0), (80, -20)])
def test_a_refund_before_and_after_the_expiry_comes_to_the_same(spent: int, balance: int, refund_first: bool) -> None:
    club = programme(valid="P30D")
    book, _ = told_of(sale("a", at=NOW, minor=10_000), club=club)
    if spent:
        redeem([book], Redemption(derived_id("r"), ADA, spent, None, NOW))
    lot, back = book.lots["/shop", "a"], refund("a", minor=4_000)
    if refund_first:
        told_of(back, club=club, book=book)
    expire(book, lot, NOW + 31 * DAY, Told())
    told_of(back, club=club, book=book)
    assert (book.account.balance, lot.granted, lot.spent) == (balance, 60, min(spent, 60))
    told_of(amended("a", 2, minor=14_000), club=club, book=book)
    assert book.account.balance == 0


class Untouchable:
    """A transaction in which nothing may be asked."""

    context = Context()


async def test_without_a_programme_a_sale_costs_no_round_trip() -> None:
    events = [sale("a"), refund("a")]
    assert await count_points(cast("Transaction", Untouchable()), events) == events


def test_a_file_that_cannot_be_meant_is_refused_by_line_and_field(tmp_path: Path) -> None:
    club = load_programme(OWN_CAMPAIGNS.parent / "programmes" / "club.yaml")
    assert club is not None
    assert (club.tier_of(999), club.tier_of(1_000), club.valid) == ("bronze", "silver", 365 * DAY)
    assert load_programme(None) is None
    file = tmp_path / "club.yaml"
    for text, refused in [
        ("name: club\nearn:\n- {per: {minor: 0, currency: DKK}, points: 1}", ":3: earn.0.per.minor:"),
        ("name: club\nearn:\n- {per: {minor: 1, currency: XXX}, points: 1}", ":3: earn.0.per.currency:"),
        ("name: club\npoints: 3", ":2: points:"),
        (
            "name: club\ntiers:\n  mode: flat\n  levels: [{name: a, from: 5}, {name: b, from: 5}]",
            "each level begins with more",
        ),
        ("name: club\ntiers: {mode: flat, levels: [{name: a, from: 1}, {name: a, from: 5}]}", "two have the same"),
    ]:
        file.write_text(text)
        with pytest.raises(ConfigurationError, match=re.escape(refused)):
            load_programme(file)


names = st.sampled_from("abcd")
CLUBS = [
    programme(),
    programme(first_sale=7, valid="P1D"),
    programme(tiers={"mode": "flat", "levels": LEVELS}),
    programme(first_sale=30, tiers={"mode": "marginal", "levels": LEVELS}),
]


def sold_at(name: str) -> Any:
    """Each sale has its own time, two of them the same one."""
    return NOW + timedelta(hours={"a": 0, "b": 1, "c": 1, "d": 5}[name])


facts = st.lists(
    st.one_of(
        names.map(lambda name: sale(name, at=sold_at(name), minor=20_000)),
        st.builds(
            lambda name, revision: amended(name, revision, minor=revision * 3_000, sold_at=sold_at(name)),
            names,
            st.integers(2, 5),
        ),
        names.map(lambda name: cancelled(name, 6, sold_at=sold_at(name))),
        st.builds(
            lambda name, number: refund(name, minor=number * 2_500, id_=f"{name}-{number}"), names, st.integers(1, 3)
        ),
        names.map(lambda name: refund(name, minor=500, lines=[ReturnedLine(sku="A-17", quantity=1)], id_=name)),
    ),
    max_size=12,
)


@given(events=facts, club=st.sampled_from(CLUBS), data=st.data())
def test_any_order_of_facts_grants_the_same_points(
    events: Sequence[Event[Any]], club: Programme, data: st.DataObject
) -> None:
    plain, _ = told_of(*events, club=club)
    other, told = told_of(*data.draw(st.permutations(events)), club=club)
    assert other.lots.keys() == plain.lots.keys()
    for key, lot in other.lots.items():
        same = plain.lots[key]
        assert (lot.granted, lot.base, lot.before, lot.bought_before, lot.expires_at) == (
            same.granted,
            same.base,
            same.before,
            same.bought_before,
            same.expires_at,
        )
    account, expected = other.account, plain.account
    assert (account.balance, account.qualifying, account.tier) == (
        expected.balance,
        expected.qualifying,
        expected.tier,
    )
    assert_adds_up(other, told)
    again, repeated = told_of(*events, club=club, book=other)
    assert repeated.emissions == []
    assert again.account.balance == account.balance


def assert_adds_up(book: Book, told: Told) -> None:
    """The balance is the sum of what is left, of the ledger, and of what was told; who owes has nothing left."""
    account = book.account
    left = sum(lot.left for lot in book.lots.values())
    signs = {PointsEarned: 1, PointsReversed: -1, PointsExpired: -1, PointsRedeemed: -1}
    said = sum(signs.get(type(each.data), 0) * getattr(each.data, "points", 0) for each in told.emissions)
    assert account.balance == left - account.debt == sum(entry.points for entry in book.entries) == said
    assert min(account.debt, left) == 0
    assert all(0 <= lot.spent <= lot.granted for lot in book.lots.values())
    assert len({each.id for each in told.emissions}) == len(told.emissions)


@given(events=facts, club=st.sampled_from(CLUBS), data=st.data())
def test_a_balance_is_the_sum_of_its_lots_whatever_is_spent_and_expires_between(
    events: Sequence[Event[Any]], club: Programme, data: st.DataObject
) -> None:
    book, told, spent = Book(Account(ADA)), Told(), 0
    for number, event in enumerate(events):
        hear(book, event, rules(club), told)
        act = data.draw(st.sampled_from(["nothing", "spend", "expire"]))
        if act == "spend" and book.account.balance > 0:
            points = data.draw(st.integers(1, book.account.balance))
            told.emissions += redeem([book], Redemption(derived_id(number), ADA, points, None, NOW + number * HOUR))
            spent += points
        for lot in sorted(book.lots.values(), key=lambda each: each.key) if act == "expire" else ():
            if lot.expires_at and not lot.expired:
                expire(book, lot, lot.expires_at, told)
        assert_adds_up(book, told)
    if not any(lot.expired for lot in book.lots.values()):
        assert book.account.balance == sum(lot.granted for lot in book.lots.values()) - spent
