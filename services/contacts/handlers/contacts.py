"""crm.contacts: what happened to parties."""

from collections.abc import Sequence

from services.contacts.completeness import commands as completeness
from services.contacts.consents import commands as consents
from services.contacts.subscriptions import timeline as timeline_group
from services.contacts.timeline import commands as timeline
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.contacts import (
    CompletenessChanged,
    ConsentExpired,
    ConsentGiven,
    ConsentRequested,
    ConsentWithdrawn,
    DuplicateDismissed,
    DuplicateSuspected,
    IdentityMoved,
    InteractionRecorded,
    LifecycleChanged,
    PartyMerged,
    PartyRegistered,
    PartySplit,
    PartyUnmerged,
    PartyUpdated,
    RelationAdded,
    RelationEnded,
    SurveyAnswered,
)
from shared.events.erased import ErasureDeclined, ErasureRequested, PartyErased
from shared.events.roles import RoleEnded, RoleGranted

OfContacts = (
    PartyRegistered
    | PartyUpdated
    | ErasureRequested
    | ErasureDeclined
    | PartyErased
    | LifecycleChanged
    | CompletenessChanged
    | DuplicateSuspected
    | DuplicateDismissed
    | IdentityMoved
    | PartySplit
    | PartyMerged
    | PartyUnmerged
    | RelationAdded
    | RelationEnded
    | RoleGranted
    | RoleEnded
    | ConsentRequested
    | ConsentGiven
    | ConsentWithdrawn
    | ConsentExpired
    | InteractionRecorded
    | SurveyAnswered
)


@timeline_group.topic("crm.contacts")
async def show_parties(events: Sequence[Event[OfContacts]], tx: Transaction) -> None:
    """What happened to parties, which consents hold, and what is missing. A score is no line."""
    await timeline.add_lines(tx, [event for event in events if not isinstance(event.data, CompletenessChanged)])
    await consents.save_consents(tx, events)
    await completeness.show_scores(tx, events)
