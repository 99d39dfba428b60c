"""What was known of a customer at an earlier moment: the ledger of the facts that had arrived by then."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from demo.oracle.campaigns import consents
from demo.oracle.ledger import Ledger, Totals, fold
from demo.world.facts import CURRENCY, Fact

_NOTHING = Totals(0, 0, 0, 0)


class Known(NamedTuple):
    """What a 360 view shows of a customer."""

    name: str | None
    postal_code: str | None
    email: str | None
    totals: Totals
    allows_letters: bool
    open_tickets: int


def known_at(facts: Iterable[Fact], present: Ledger, numbers: Sequence[str], at: datetime) -> dict[str, Known]:
    """Of those of the customers who were known then. Of `present` it is only asked when tickets were resolved."""
    past = fold(fact for fact in facts if fact.arrives <= at)
    found = {}
    totals = past.totals()
    for number in numbers:
        if number not in past.customers:
            continue
        customer = past.customers[number]
        tickets = [each for each in present.customers[number].tickets if each.opened_at <= at]
        found[number] = Known(
            customer.profile[0],
            customer.profile[1],
            customer.email,
            totals.get((number, CURRENCY), _NOTHING),
            consents(customer, at),
            sum(each.resolved_at is None or each.resolved_at > at for each in tickets),
        )
    return found
