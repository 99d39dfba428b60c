"""Tries a draft over the sales of a time; nothing is written."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.marketing.backtest import store
from services.marketing.backtest.domain import Past, Tried, replay, summarise
from services.marketing.backtest.schemas import Backtest
from services.marketing.catalogue import commands as catalogue
from services.marketing.catalogue.domain.campaign import Campaign, skus_of
from services.marketing.catalogue.domain.definition import Definition
from services.marketing.copies import commands as copies
from services.marketing.enrolments import commands as enrolments
from services.marketing.enrolments.decisions.caps import Room, longest, room_of
from services.marketing.enrolments.domain.due import Limits
from services.marketing.settings import Context
from shared.engine.transaction import Transaction
from shared.errors import Invalid

MOST_SALES = 50_000


async def backtest(
    tx: Transaction, definition: Definition, since: datetime, until: datetime, within: timedelta, most: int
) -> Backtest:
    """Raises Invalid where the draft asks for more than sales, or there are too many of them."""
    if definition.is_flow:
        raise Invalid("a backtest goes over campaigns that send after a sale, without a state", field="text")
    past = await store.load_past(tx, since, until, MOST_SALES + 1)
    if len(past) > MOST_SALES:
        raise Invalid(f"more than {MOST_SALES:,} sales: take a shorter time", field="from")
    draft = Campaign(definition, 0)
    tried = await _replay(tx, draft, past)
    if not tried:
        return summarise(draft, past, [], [], within, most)
    parties = {each.message.party_id for each in tried if each.outcome == "sent"}
    sent = await store.load_sent(tx, parties, draft.name, tried[0].at - within, tried[-1].at + within)
    return summarise(draft, past, tried, sent, within, most)


async def _replay(tx: Transaction, draft: Campaign, past: Sequence[Past]) -> list[Tried]:
    context: Context = tx.context
    others = [each for each in await catalogue.load_campaigns(tx) if each.takes_sales]
    products = await copies.load_categories(tx, skus_of(each.sale.skus for each in past))
    with_tickets = draft.definition.skip.ticket_open
    facts = await enrolments.load_facts(tx, [each.sale for each in past], with_tickets=with_tickets)
    limits = Limits(context.quiet, await _load_room(tx, past, draft))
    return replay(draft, others, past, facts, products, limits, tx.now)


async def _load_room(tx: Transaction, past: Sequence[Past], draft: Campaign) -> Room:
    """With what was cleared then, before and after."""
    context: Context = tx.context
    if not context.caps or not past:
        return Room()
    times = [each.sale.occurred_at for each in past]
    since = (min(times) - timedelta(days=longest(context.caps))).date()
    until = (max(times) + draft.definition.longest_wait).date() + timedelta(days=2)
    parties = {each.sale.party_id for each in past}
    return room_of(context.caps, await store.load_days(tx, parties, since, until))
