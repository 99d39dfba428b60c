"""crm.contacts: who was erased."""

from collections.abc import Sequence

from services.forecasting.fraud import commands as fraud
from services.forecasting.scores import commands as scores
from services.forecasting.subscriptions import erasures as hears
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.contacts import PartyErased


@hears.topic("crm.contacts")
async def confirm_erasures(events: Sequence[Event[PartyErased]], tx: Transaction) -> None:
    """Forecasting knows parties by their ids alone: sums and scores stay, under those; what sales shared goes."""
    forgotten = await fraud.forget(tx, {event.data.party_id for event in events})
    await scores.confirm_erasures(tx, events, forgotten)
