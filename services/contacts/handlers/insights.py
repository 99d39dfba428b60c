"""crm.insights: what forecasting says of parties."""

from collections.abc import Sequence

from services.contacts.privacy import commands as privacy
from services.contacts.subscriptions import timeline as timeline_group
from services.contacts.timeline import commands as timeline
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.insights import ErasureConfirmed


@timeline_group.topic("crm.insights")
async def show_insights(events: Sequence[Event[ErasureConfirmed]], tx: Transaction) -> None:
    """That erased parties are forgotten there too."""
    await timeline.add_lines(tx, events)
    await privacy.keep_confirmations(tx, events)
