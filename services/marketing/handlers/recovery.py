"""After a restore: what marketing takes back from its own topic, so that no letter is sent and no point spent twice."""

from collections.abc import Sequence
from typing import cast

from services.marketing.catalogue import commands as catalogue
from services.marketing.copies import commands as copies
from services.marketing.enrolments import commands as enrolments
from services.marketing.flows import commands as flows
from services.marketing.handlers.parties import forget_parties
from services.marketing.loyalty import commands as loyalty
from services.marketing.mailings import commands as mailings
from services.marketing.segments import commands as segments
from services.marketing.sending import commands as sending
from services.marketing.subscriptions import recovery
from services.marketing.suppressions import commands as suppressions
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.addresses import AddressLifted, AddressStopped
from shared.events.campaigns import (
    CampaignStopped,
    EnrolmentRequested,
    ErasureConfirmed,
    MessageSent,
    MessageSkipped,
    MessageUnknown,
    PointsRedeemed,
)
from shared.events.returned import MessageBounced, MessageComplained

Ending = MessageSent | MessageSkipped | MessageUnknown


@recovery.topic("crm.campaigns")
async def take_back_endings(
    events: Sequence[
        Event[
            Ending
            | CampaignStopped
            | PointsRedeemed
            | MessageBounced
            | MessageComplained
            | AddressStopped
            | AddressLifted
            | EnrolmentRequested
            | ErasureConfirmed
        ]
    ],
    tx: Transaction,
) -> None:
    """How messages had ended: they end the same when they are due again. Which campaigns were stopped, which points
    were spent, who complained, which addresses are stopped, who was asked to be enrolled by hand, and who was erased.
    """
    stops = [cast("Event[CampaignStopped]", event) for event in events if isinstance(event.data, CampaignStopped)]
    await catalogue.take_back(tx, stops)
    await loyalty.take_back(tx, [event.data for event in events if isinstance(event.data, PointsRedeemed)])
    returned = [event for event in events if isinstance(event.data, MessageBounced | MessageComplained)]
    await suppressions.take_back(tx, cast("list[Event[MessageBounced | MessageComplained]]", returned))
    by_hand = [event for event in events if isinstance(event.data, AddressStopped | AddressLifted)]
    await suppressions.take_back_by_hand(tx, cast("list[Event[AddressStopped | AddressLifted]]", by_hand))
    asked = [event for event in events if isinstance(event.data, EnrolmentRequested)]
    await flows.take_back(tx, cast("list[Event[EnrolmentRequested]]", asked))
    erased = [event for event in events if isinstance(event.data, ErasureConfirmed)]
    await _forget(tx, cast("list[Event[ErasureConfirmed]]", erased))
    endings = [event for event in events if isinstance(event.data, Ending)]
    await enrolments.take_back(tx, cast("list[Event[Ending]]", endings))


async def _forget(tx: Transaction, told: Sequence[Event[ErasureConfirmed]]) -> None:
    """Compaction has removed the null value of a party that was erased some days ago: only this topic tells of it."""
    parties = {event.data.party_id: event.now for event in told}
    await segments.note_changes(tx, parties)
    await copies.take_back_erasures(tx, told)
    await forget_parties(tx, parties)


@recovery.ending
async def doubt_letters(tx: Transaction) -> None:
    """What was due by now and is not known to have ended may have been sent."""
    await enrolments.mark_restored(tx)
    await sending.doubt_all(tx)
    await mailings.pause_restored(tx)
