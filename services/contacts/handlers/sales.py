"""crm.sales: what parties chose, bought and gave back."""

from collections.abc import Sequence

from services.contacts.returns import commands as returns
from services.contacts.subscriptions import timeline as timeline_group
from services.contacts.timeline import commands as timeline
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.sales import OfSales, ProductChosen


@timeline_group.topic("crm.sales")
async def show_sales(events: Sequence[Event[ProductChosen | OfSales]], tx: Transaction) -> None:
    """What parties chose, bought and gave back, and what that adds up to."""
    await timeline.add_lines(tx, events)
    await timeline.add_totals(tx, events)
    await returns.correct_totals(tx, events)
