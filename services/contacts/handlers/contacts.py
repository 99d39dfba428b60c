"""crm.contacts: what happened to parties."""

from collections.abc import Sequence

from services.contacts.consents import commands as consents
from services.contacts.subscriptions import timeline as timeline_group
from services.contacts.timeline import commands as timeline
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.contacts import (
    ConsentExpired,
    ConsentGiven,
    ConsentRequested,
    ConsentWithdrawn,
    DuplicateDismissed,
    DuplicateSuspected,
    IdentityMoved,
    InteractionRecorded,
    LifecycleChanged,
    PartyErased,
    PartyMerged,
    PartyRegistered,
    PartySplit,
    PartyUnmerged,
    PartyUpdated,
    SurveyAnswered,
)

OfContacts = (
    PartyRegistered
    | PartyUpdated
    | PartyErased
    | LifecycleChanged
    | DuplicateSuspected
    | DuplicateDismissed
    | IdentityMoved
    | PartySplit
    | PartyMerged
    | PartyUnmerged
    | ConsentRequested
    | ConsentGiven
    | ConsentWithdrawn
    | ConsentExpired
    | InteractionRecorded
    | SurveyAnswered
)


@timeline_group.topic("crm.contacts")
async def show_parties(events: Sequence[Event[OfContacts]], tx: Transaction) -> None:
    """What happened to parties, and which consents hold."""
    await timeline.add_lines(tx, events)
    await consents.save_consents(tx, events)
