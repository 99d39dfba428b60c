"""What marketing learns from sales."""

from collections.abc import Sequence
from typing import cast

import structlog

from services.marketing.catalogue import commands as catalogue
from services.marketing.copies import commands as copies
from services.marketing.enrolments import commands as enrolments
from services.marketing.flows import commands as flows
from services.marketing.loyalty import commands as loyalty
from services.marketing.segments import commands as segments
from services.marketing.sending import commands as sending
from services.marketing.subscriptions import follow_ups as hears
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.sales import OfSales, ProductChosen, SaleAmended, SaleCancelled, SaleCompleted, SaleRefunded

log = structlog.get_logger()
OF_SALES = ("sales", "spent", "days_since_sale")


@hears.topic("crm.sales")
async def follow_sales(events: Sequence[Event[OfSales | ProductChosen]], tx: Transaction) -> None:
    """Enrols each sale; refunds, amendments and cancellations are kept and decide when the message is due.

    All of them may start, move or end what a party runs, and earn or take back points.
    """
    sales = [cast("Event[SaleCompleted]", event) for event in events if isinstance(event.data, SaleCompleted)]
    refunds = [cast("Event[SaleRefunded]", event) for event in events if isinstance(event.data, SaleRefunded)]
    revisions = [
        cast("Event[SaleAmended | SaleCancelled]", event)
        for event in events
        if isinstance(event.data, SaleAmended | SaleCancelled)
    ]
    await segments.note_events(tx, [*sales, *revisions], OF_SALES)
    await copies.copy_refunds(tx, refunds)
    campaigns = await catalogue.load_campaigns(tx)
    enrolled = await enrolments.enrol_sales(tx, sales, campaigns)
    await enrolments.revise_sales(tx, revisions)
    await flows.begin(tx, enrolled.flows)
    followed = await loyalty.count_points(tx, events)
    await sending.drop(tx, await flows.follow_events(tx, followed, campaigns))
    log.info(
        "sales_followed",
        sales=len(sales),
        enrolments=len(enrolled.enrolments),
        refunds=len(refunds),
        revisions=len(revisions),
        tiers=len(followed) - len(events),
    )
