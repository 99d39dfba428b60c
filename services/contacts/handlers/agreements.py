"""crm.agreements: what was agreed with parties."""

from collections.abc import Sequence

from services.contacts.subscriptions import timeline as timeline_group
from services.contacts.timeline import commands as timeline
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.agreements import BoundarySet


@timeline_group.topic("crm.agreements")
async def show_agreements(events: Sequence[Event[BoundarySet]], tx: Transaction) -> None:
    """Whether the party may be written to."""
    await timeline.add_lines(tx, events)
