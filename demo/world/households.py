"""The people behind the household numbers: made up from the seed, and the same in every scale."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from demo.world import names
from demo.world.dice import Dice

OPENED = datetime(2017, 1, 1, tzinfo=UTC)
END = datetime(2018, 1, 1, 6, tzinfo=UTC)  # just after the last basket


@dataclass(frozen=True, slots=True)
class Address:
    street: str
    city: str
    region: str
    postal_code: str


@dataclass(frozen=True, slots=True)
class Household:
    number: int
    name: str
    email: str | None
    phone: str
    address: Address
    birth_date: date | None
    time_zone: str
    style: str
    """Where it buys: `in_person`, `web`, `phone` or `mixed`."""
    known_since: datetime
    """Its first basket."""
    joins: datetime | None
    """When it gives its profile: most just before their first basket, some days before, weeks later or never."""
    moves: tuple[datetime, Address] | None
    consents: tuple[tuple[datetime, bool], ...]
    """When it gave (True) or withdrew (False) its consent to marketing by e-mail."""
    member_since: datetime | None = None
    """When it joined a club that keeps books of its own."""

    def joined(self, at: datetime) -> bool:
        return self.joins is not None and self.joins <= at


def make_household(number: int, first_basket: datetime, seed: int) -> Household:
    dice = Dice(seed, "household", number)
    given, family = dice.pick(names.GIVEN), dice.pick(names.FAMILY)
    address, time_zone = _address(dice)
    usual = _joins(dice, first_basket)
    joins = _early(seed, number, first_basket) or usual
    return Household(
        number=number,
        name=f"{given} {family}",
        email=_email(dice, given, family, number) if dice.chance(0.95) else None,
        phone=f"+1{names.AREA_CODES[number // 100]}55501{number % 100:02}",
        address=address,
        birth_date=date(1930 + dice.between(0, 68), dice.between(1, 12), dice.between(1, 28))
        if dice.chance(0.6)
        else None,
        time_zone=time_zone,
        style=dice.weighted((("in_person", 70), ("mixed", 20), ("web", 7), ("phone", 3))),
        known_since=first_basket,
        joins=joins,
        moves=_moves(dice, joins),
        consents=_consents(dice, joins),
        member_since=_member_since(dice, joins),
    )


def _email(dice: Dice, given: str, family: str, number: int) -> str:
    word = family.replace("'", "").lower()
    return f"{given.lower()}.{word}.{number}@{dice.pick(names.MAIL_DOMAINS)}"


def _address(dice: Dice) -> tuple[Address, str]:
    town, state, digits, time_zone = dice.pick(names.TOWNS)
    street = f"{dice.between(1, 980)} {dice.pick(names.STREETS)} {dice.pick(names.STREET_KINDS)}"
    postal_code = f"{digits}{dice.between(0, 99):02}"
    return Address(street, town, state, postal_code), time_zone


def _joins(dice: Dice, first_basket: datetime) -> datetime | None:
    moment, days = timedelta(minutes=dice.between(3, 90), seconds=dice.between(0, 59)), dice.between(1, 60)
    when = dice.weighted((("before", 86), ("later", 11), ("never", 3)))
    if when == "before":
        return first_basket - moment
    joins = first_basket + timedelta(days=days) + moment
    return joins if when == "later" and joins < END else None


def _early(seed: int, number: int, first_basket: datetime) -> datetime | None:
    """Some give their profile days before they buy anything."""
    dice = Dice(seed, "early", number)
    joins = first_basket - timedelta(days=dice.between(2, 12), minutes=dice.between(0, 600))
    return joins if dice.chance(0.15) and joins >= OPENED else None


def _moves(dice: Dice, joins: datetime | None) -> tuple[datetime, Address] | None:
    chosen, address = dice.chance(0.06), _address(dice)[0]
    at = None if joins is None else joins + timedelta(days=dice.between(10, 300), seconds=dice.between(0, 86_399))
    return (at, address) if chosen and at is not None and at < END else None


def _member_since(dice: Dice, joins: datetime | None) -> datetime | None:
    chosen, days = dice.chance(0.03), dice.between(1, 9)
    return joins + timedelta(days=days) if chosen and joins is not None and joins + timedelta(days=days) < END else None


def _consents(dice: Dice, joins: datetime | None) -> tuple[tuple[datetime, bool], ...]:
    """Most give it with their profile; of these some withdraw it later, and some of those give it again."""
    if joins is None or not dice.chance(0.85):
        return ()
    at, given = joins + timedelta(seconds=dice.between(20, 120)), True
    changes = [(at, given)]
    for share in (0.15, 0.3):
        at += timedelta(days=dice.between(15, 200), seconds=dice.between(0, 86_399))
        if not dice.chance(share) or at >= END:
            break
        given = not given
        changes.append((at, given))
    return tuple(changes)
