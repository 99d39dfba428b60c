"""Whether refunds end a message about their sale."""

from collections.abc import Iterable
from typing import Literal

from services.marketing.copies.domain import Refund
from services.marketing.enrolments.decisions.moment import Moment


def refunding(
    rule: Literal["full", "any", "never"], refunds: Iterable[Refund], minor: int, currency: str, moment: Moment
) -> tuple[str, ...]:
    """The refunds that end the message, none if they do not: any of them, or those that pay back the whole sale.

    `minor` and `currency` are the sale's total; money in another currency pays nothing of it back.
    """
    known = sorted((r for r in refunds if moment.counts(r.occurred_at)), key=lambda r: (r.occurred_at, r.event_id))
    if rule == "never" or not known:
        return ()
    paid_back = sum(refund.minor for refund in known if refund.currency == currency)
    if rule == "full" and paid_back < minor:
        return ()
    return tuple(refund.event_id for refund in known)
