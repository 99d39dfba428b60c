"""Messages whose time has come."""

from collections.abc import Sequence

import structlog

from services.marketing import store
from services.marketing.domain.campaign import Campaign, asks_for_products, skus_of
from services.marketing.domain.outcome import conclude
from services.marketing.sending.bell import bell
from services.marketing.subscriptions import follow_ups as hears
from shared.engine.subscription import Due
from shared.engine.transaction import Transaction

log = structlog.get_logger()


@hears.timer("messages")
async def decide_messages(due: Sequence[Due], tx: Transaction) -> None:
    """Clears, skips or holds each message. What is cleared is sent after the commit, by whichever instance takes it."""
    planned = await store.load_planned(tx, due)
    asking = [known.sale.skus for known in planned.values() if _asks_for_products(known.campaign)]
    products = await store.load_categories(tx, skus_of(asking))
    decided = conclude(due, planned, products)

    await store.add_messages(tx, decided.planned)
    await store.end_messages(tx, [(m.id, m.triggered_at, m.ending) for m in decided.ended if m.ending])
    await store.add_dispatches(tx, decided.cleared)
    await tx.set_timers("messages", sorted(decided.timers))
    tx.emit(decided.emissions)
    if decided.cleared:
        tx.after_commit(bell.ring)
    log.info(
        "messages_decided",
        due=len(due),
        cleared=len(decided.cleared),
        skipped=len(decided.ended),
        held=len(decided.timers) - len(decided.planned),
    )


def _asks_for_products(campaign: Campaign) -> bool:
    return asks_for_products(content.when for step in campaign.definition.steps for content in step.content)
