"""What marketing learns from sales."""

from collections.abc import Sequence
from typing import cast

import structlog

from services.marketing.copies import commands as copies
from services.marketing.enrolments import commands as enrolments
from services.marketing.subscriptions import follow_ups as hears
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.sales import OfSales, SaleAmended, SaleCancelled, SaleCompleted, SaleRefunded

log = structlog.get_logger()


@hears.topic("crm.sales")
async def follow_sales(events: Sequence[Event[OfSales]], tx: Transaction) -> None:
    """Enrols each sale; refunds, amendments and cancellations are kept and decide when the message is due."""
    sales = [cast("Event[SaleCompleted]", event) for event in events if isinstance(event.data, SaleCompleted)]
    refunds = [cast("Event[SaleRefunded]", event) for event in events if isinstance(event.data, SaleRefunded)]
    revisions = [
        cast("Event[SaleAmended | SaleCancelled]", event)
        for event in events
        if isinstance(event.data, SaleAmended | SaleCancelled)
    ]
    await copies.copy_refunds(tx, refunds)
    enrolled = await enrolments.enrol_sales(tx, sales)
    await enrolments.revise_sales(tx, revisions)
    log.info(
        "sales_followed",
        sales=len(sales),
        enrolments=len(enrolled.enrolments),
        refunds=len(refunds),
        revisions=len(revisions),
    )
