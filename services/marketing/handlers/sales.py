"""What marketing learns from sales."""

from collections.abc import Sequence
from typing import cast

import structlog

from services.marketing import store
from services.marketing.domain.campaign import asks_for_products, skus_of
from services.marketing.domain.decision import Refund
from services.marketing.domain.enrolment import follow
from services.marketing.subscriptions import follow_ups as hears
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.errors import Transient
from shared.events.sales import SaleCompleted, SaleRefunded

log = structlog.get_logger()


@hears.topic("crm.sales")
async def follow_sales(events: Sequence[Event[SaleCompleted | SaleRefunded]], tx: Transaction) -> None:
    """Enrols each sale; a refund is kept and decides when the message is due."""
    sales = [cast("Event[SaleCompleted]", event) for event in events if isinstance(event.data, SaleCompleted)]
    refunds = [_refund(event, event.data) for event in events if isinstance(event.data, SaleRefunded)]
    campaigns = await store.load_campaigns(tx)
    if not campaigns:
        raise Transient("no campaign is published yet: the definitions are still being read")
    known = await store.load_followed(tx, [event.id for event in sales])
    products = {}
    if asks_for_products(campaign.definition.when for campaign in campaigns):
        products = await store.load_categories(tx, skus_of([line.sku for line in sale.data.lines] for sale in sales))
    followed = follow(sales, campaigns, products, known)

    await store.save_refunds(tx, refunds)
    await store.save_followed(tx, followed)
    tx.emit(followed.emissions)
    log.info("sales_followed", sales=len(sales), enrolments=len(followed.enrolments), refunds=len(refunds))


def _refund(event: Event[SaleCompleted | SaleRefunded], data: SaleRefunded) -> tuple[str, str, Refund]:
    return data.origin, data.sale_id, Refund(event.id, data.total.minor, data.total.currency, event.time)
