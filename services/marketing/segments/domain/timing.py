"""When time alone may change whether a condition holds of a party."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from math import ceil, floor
from typing import Any

from services.marketing.catalogue.domain.condition import named_in
from services.marketing.profiles.domain import PartyFacts

_MOST_DAYS = 36_600
"""A hundred years: what lies beyond is asked again when anything else of the party changes."""


def next_change(when: Mapping[str, Any], facts: PartyFacts, at: datetime) -> datetime | None:
    """The first time after `at` at which a field that the condition names may have another value, if nothing more is
    heard of the party; None: never.
    """
    return min((each for each in _changes(when, facts) if each > at), default=None)


def _changes(when: Mapping[str, Any], facts: PartyFacts) -> Iterator[datetime]:
    for _, name, asked in named_in(when):
        family, _, member = name.removeprefix("party.").partition(".")
        match family:
            case "stage":
                yield from (each.occurred_at for each in facts.stages)
            case "ticket_open":
                yield from (each.occurred_at for each in facts.tickets)
            case "sales" | "spent":
                yield from (each.occurred_at for each in facts.sales)
            case "days_since_sale":
                yield from _days(asked, facts)
            case "consent":
                for said in facts.statements:
                    if said.purpose == member:
                        yield from (said.occurred_at, *filter(None, [said.expires_at]))


def _days(asked: object, facts: PartyFacts) -> Iterator[datetime]:
    """Days are counted from each sale, since an older one counts where the newest is dated ahead."""
    tests = asked.values() if isinstance(asked, dict) else asked if isinstance(asked, list) else [asked]
    days = [each for each in tests if isinstance(each, int | float) and not isinstance(each, bool)]
    bounds = {bound for each in days if 0 <= each <= _MOST_DAYS for bound in (ceil(each), floor(each) + 1)}
    for sale in facts.sales:
        yield sale.occurred_at
        yield from (sale.occurred_at + timedelta(days=bound) for bound in bounds)
