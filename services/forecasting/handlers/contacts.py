"""crm.contacts: who was erased, and who was found to be one."""

from collections.abc import Sequence
from typing import cast

from services.forecasting.copies import commands as copies
from services.forecasting.fraud import commands as fraud
from services.forecasting.scores import commands as scores
from services.forecasting.subscriptions import erasures as hears
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.contacts import PartyMerged, PartyUnmerged
from shared.events.erased import PartyErased
from shared.http.idempotency import forget_answers


@hears.topic("crm.contacts")
async def follow_parties(events: Sequence[Event[PartyErased | PartyMerged | PartyUnmerged]], tx: Transaction) -> None:
    """Forecasting knows parties by their ids alone: sums and scores stay, under those; what sales shared goes."""
    erased = [cast("Event[PartyErased]", event) for event in events if isinstance(event.data, PartyErased)]
    merges = [
        cast("Event[PartyMerged | PartyUnmerged]", event) for event in events if not isinstance(event.data, PartyErased)
    ]
    await copies.copy_merges(tx, merges)
    forgotten = await fraud.forget(tx, {event.data.party_id for event in erased})
    await forget_answers(tx, [event.data.party_id for event in erased])
    await scores.confirm_erasures(tx, erased, forgotten)
