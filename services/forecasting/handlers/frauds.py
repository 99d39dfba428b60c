"""Sales and refunds as frauds are looked for in them, by a group of its own: what is waited for waits for no sums."""

from collections.abc import Sequence

import structlog

from services.forecasting.fraud import commands as fraud
from services.forecasting.subscriptions import fraud as hears
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.contacts import PartyUpdated
from shared.events.sales import SaleCompleted, SaleRefunded

log = structlog.get_logger()


@hears.topic("crm.contacts")
async def note_changes(events: Sequence[Event[PartyUpdated]], tx: Transaction) -> None:
    """When a party's e-mail, phone or address changed."""
    await fraud.note_changes(tx, events)


@hears.topic("crm.sales")
async def assess_sales(events: Sequence[Event[SaleCompleted | SaleRefunded]], tx: Transaction) -> None:
    """Points with their reasons, told at once."""
    told = await fraud.assess(tx, events)
    log.info("sales_assessed", sales=len(events), told=told)
