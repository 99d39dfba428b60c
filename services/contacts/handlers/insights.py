"""crm.insights: what forecasting says of parties."""

from collections.abc import Sequence

from services.contacts.privacy import commands as privacy
from services.contacts.subscriptions import timeline as timeline_group
from services.contacts.timeline import commands as timeline
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.insights import ErasureConfirmed, WarningCleared, WarningRaised


@timeline_group.topic("crm.insights")
async def show_insights(
    events: Sequence[Event[WarningRaised | WarningCleared | ErasureConfirmed]], tx: Transaction
) -> None:
    """Warnings of parties, and that erased ones are forgotten there too. A warning of what is sold names no party."""
    await timeline.add_lines(tx, [event for event in events if event.data.party_id is not None])
    await privacy.keep_confirmations(tx, events)
