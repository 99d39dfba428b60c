"""Letters that follow from what customers do, other than buying: carts that are left, looking around, staying away.

Written from what the campaigns' files promise. Of customers that are one with others nothing is said: what becomes of
those depends on when they were found to be.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from demo.oracle.campaigns import EXITED, SENT, Campaign, has_open_ticket, outcome_of
from demo.oracle.ledger import Customer, Ledger
from demo.oracle.lifecycle import clock, stages
from demo.oracle.reading import SQL, Databases, Expected, Read, Rows, customers
from demo.oracle.segments import alone
from demo.world.clock import next_tick

CARTS, LOOKING, AWAY = "cart-left", "education", "win-back"
CAMPAIGNS = frozenset([CARTS, LOOKING, AWAY])
LEFT, AT_MOST, AGAIN = timedelta(hours=4), timedelta(days=3), timedelta(days=7)
FIRST_WORD, QUESTIONS = timedelta(days=1), timedelta(days=4)
INVITED, INVITED_AGAIN = timedelta(days=1), timedelta(days=15)
_APART = timedelta(days=9)
"""Two topics are heard with at most so much between them."""


class Letter(NamedTuple):
    """To a customer, about a product where it is, when it was due."""

    customer: str
    sku: str
    due_at: datetime


class Right(NamedTuple):
    """The outcomes that are right; `perhaps`: and so is that there is no such letter."""

    outcomes: frozenset[str]
    perhaps: bool = False


Wanted = dict[Letter, Right]


def carts_left(number: str, customer: Customer, campaign: Campaign) -> Iterator[tuple[Letter, Right]]:
    """A product that was put into the cart, and neither bought nor put there again within four hours."""
    since: dict[str, tuple[datetime, datetime]] = {}
    for each in sorted(customer.carted):
        begun, due = since.get(each.sku, (None, None))
        if begun and due and each.at <= due:
            since[each.sku] = begun, min(each.at + LEFT, begun + AT_MOST)
        elif begun is None or each.at - begun >= AGAIN:
            since[each.sku] = each.at, each.at + LEFT
        else:
            continue
        following = [other for other in customer.carted if other.sku == each.sku and each < other]
        due = since[each.sku][1]
        if any(other.at <= due for other in following):
            continue
        if not any(
            each.sku in sale.lines and sale.order > each.order and sale.at <= due and sale.arrived < next_tick(due)
            for sale in customer.sales
        ):
            yield Letter(number, each.sku, due), _decided(customer, campaign, due)


def looked_around(
    number: str, customer: Customer, campaign: Campaign, entered: datetime
) -> Iterator[tuple[Letter, Right]]:
    """How to choose, until they have bought. Purchases come on another topic, and may be heard of before the stage; who
    bought at once was never told to be looking around. A letter that is not sent ends it, unless the purchase was heard
    of before that was decided: by then the next one was planned, and is left out for the purchase.
    """
    first = min((sale.at for sale in customer.sales), default=None)
    if first is not None and first <= entered:
        return
    is_over = False
    for wait in (FIRST_WORD, QUESTIONS):
        due = entered + wait
        right = Right(frozenset()) if is_over else _decided(customer, campaign, due)
        may_be_heard = first is not None and first <= due + _APART
        if may_be_heard or not is_over:
            yield Letter(number, "", due), Right(right.outcomes | {EXITED}, perhaps=True) if may_be_heard else right
        is_over = SENT not in right.outcomes or (first is not None and first <= due)


def stayed_away(
    number: str, customer: Customer, campaign: Campaign, lapsed: datetime, now: datetime
) -> Iterator[tuple[Letter, Right]]:
    """Two invitations, until they come back. One in ten is never written to; who, is marketing's own draw."""
    if has_open_ticket(customer, lapsed):
        return
    back = min((sale.at for sale in customer.sales if sale.at > lapsed), default=None)
    for wait in (INVITED, INVITED_AGAIN):
        due = lapsed + wait
        if wait == INVITED_AGAIN and ((back is not None and back <= due) or due > now):
            return
        right = _decided(customer, campaign, due)
        if due > now:
            right = Right(frozenset(["waiting"]))
        elif back is not None and back <= due:
            right = Right(frozenset([EXITED]))
        yield Letter(number, "", due), right._replace(perhaps=True)
        if SENT not in right.outcomes:
            return


def _decided(customer: Customer, campaign: Campaign, due: datetime) -> Right:
    return Right(frozenset(filter(None, outcome_of(customer, campaign, due))))


def _is_corrected(customer: Customer, at: datetime) -> bool:
    """Whether something that came late may have moved a stage that was told, or a request changed it just then."""
    late = any(sale.at <= at <= sale.arrived for sale in customer.sales)
    changes = [each for ticket in customer.tickets for each in (ticket.opened_at, ticket.resolved_at) if each]
    return late or any(at - _APART < each <= at for each in changes)


def _entered(ledger: Ledger, now: datetime, stage: str) -> list[tuple[str, datetime]]:
    return sorted((number, at) for number, entered, at in stages(ledger, now) if entered == stage)


async def _compared(databases: Databases, expected: Expected, name: str, wanted: Wanted) -> tuple[Rows, Rows]:
    """Right where the outcome is one of those that are."""
    numbers, single = await customers(databases), await alone(databases, expected)
    stands: dict[Letter, str] = {}
    for row in await databases.rows("marketing", SQL["load_entries_of"], name):
        number = numbers.get(row["party_id"])
        if number in single:
            stands[Letter(number, "".join(row["skus"]), row["due_at"])] = row["outcome"]
    wanted = {letter: right for letter, right in wanted.items() if letter.customer in single}
    should = {
        letter: stands[letter] if stands.get(letter) in right.outcomes else " or ".join(sorted(right.outcomes))
        for letter, right in wanted.items()
        if letter in stands or not right.perhaps
    }
    return should, stands


def _campaign(expected: Expected, name: str) -> Campaign:
    return next(campaign for campaign in expected.campaigns if campaign.name == name)


async def read_carts(databases: Databases, expected: Expected) -> tuple[Rows, Rows]:
    campaign = _campaign(expected, CARTS)
    wanted = dict(
        pair
        for number, customer in expected.ledger.customers.items()
        for pair in carts_left(number, customer, campaign)
    )
    return await _compared(databases, expected, CARTS, wanted)


async def read_education(databases: Databases, expected: Expected) -> tuple[Rows, Rows]:
    campaign, known = _campaign(expected, LOOKING), expected.ledger.customers
    entered = _entered(expected.ledger, await clock(databases), "discovery")
    wanted = dict(pair for number, at in entered for pair in looked_around(number, known[number], campaign, at))
    return await _compared(databases, expected, LOOKING, wanted)


async def read_invitations(databases: Databases, expected: Expected) -> tuple[Rows, Rows]:
    """Nothing is said where something that came late has moved the stage."""
    campaign, known, now = _campaign(expected, AWAY), expected.ledger.customers, await clock(databases)
    entered = _entered(expected.ledger, now, "lapsed")
    unsure = {number for number, at in entered if _is_corrected(known[number], at)}
    wanted = dict(pair for number, at in entered for pair in stayed_away(number, known[number], campaign, at, now))
    should, stands = await _compared(databases, expected, AWAY, wanted)
    return _without(should, unsure), _without(stands, unsure)


def _without(rows: Rows, numbers: set[str]) -> Mapping[Any, Any]:
    return {letter: outcome for letter, outcome in rows.items() if letter.customer not in numbers}


PROJECTIONS: dict[str, Read] = {
    "marketing: reminders of carts": read_carts,
    "marketing: letters on how to choose": read_education,
    "marketing: invitations to come back": read_invitations,
}
