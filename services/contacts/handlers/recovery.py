"""After a restore: what contacts takes back from its own topics before its facts come again."""

from collections.abc import Sequence
from typing import cast

from services.contacts.completeness import commands as completeness
from services.contacts.intake import commands as intake
from services.contacts.lifecycle import commands as lifecycle
from services.contacts.merges import commands as merges
from services.contacts.moves import commands as moves
from services.contacts.parties import commands as parties
from services.contacts.privacy import commands as privacy
from services.contacts.relations import commands as relations
from services.contacts.roles import commands as roles
from services.contacts.search import commands as search
from services.contacts.subscriptions import recovery
from shared.engine.event import Event, Tombstone
from shared.engine.transaction import Transaction
from shared.events.contacts import (
    CompletenessChanged,
    IdentityMoved,
    LifecycleChanged,
    PartyMerged,
    PartyRegistered,
    PartySplit,
    PartyUnmerged,
    RelationAdded,
    RelationEnded,
)
from shared.events.erased import ErasureDeclined, ErasureRequested, PartyErased
from shared.events.parties import PartyDescribed
from shared.events.roles import RoleEnded, RoleGranted
from shared.events.sales import SaleAmended, SaleCancelled, SaleCompleted


@recovery.topic("crm.parties")
async def take_back_parties(events: Sequence[Event[PartyDescribed | Tombstone]], tx: Transaction) -> None:
    """As they were described; those that were erased since are erased."""
    described = privacy.described_of(events)
    await parties.take_back(tx, described)
    await search.take_back(tx, described)
    await privacy.take_back_removals(tx, events)


@recovery.topic("crm.contacts")
async def take_back_changes(
    events: Sequence[
        Event[
            PartyRegistered
            | ErasureRequested
            | ErasureDeclined
            | PartyErased
            | CompletenessChanged
            | LifecycleChanged
            | IdentityMoved
            | PartySplit
            | PartyMerged
            | PartyUnmerged
            | RelationAdded
            | RelationEnded
            | RoleGranted
            | RoleEnded
        ]
    ],
    tx: Transaction,
) -> None:
    """Erasures, stages, scores, merges, roles and relations as told, and identities where people moved them."""
    undone = [event.data for event in events if isinstance(event.data, ErasureRequested | ErasureDeclined)]
    await privacy.take_back_undone(tx, undone)
    await privacy.take_back(tx, [event.data for event in events if isinstance(event.data, PartyErased)])
    stages = [event for event in events if isinstance(event.data, LifecycleChanged)]
    await lifecycle.take_back(tx, cast("list[Event[LifecycleChanged]]", stages))
    scored = [event for event in events if isinstance(event.data, PartyRegistered | CompletenessChanged)]
    await completeness.take_back(tx, cast("list[Event[PartyRegistered | CompletenessChanged]]", scored))
    await moves.take_back(tx, [event.data for event in events if isinstance(event.data, IdentityMoved | PartySplit)])
    merged = [event for event in events if isinstance(event.data, PartyMerged | PartyUnmerged)]
    await merges.take_back(tx, cast("list[Event[PartyMerged | PartyUnmerged]]", merged))

    related = [event for event in events if isinstance(event.data, RelationAdded | RelationEnded)]
    await relations.take_back(tx, cast("list[Event[RelationAdded | RelationEnded]]", related))
    held = [event for event in events if isinstance(event.data, RoleGranted | RoleEnded)]
    await roles.take_back(tx, cast("list[Event[RoleGranted | RoleEnded]]", held))


@recovery.topic("crm.sales")
async def take_back_sales(
    events: Sequence[Event[SaleCompleted | SaleAmended | SaleCancelled]], tx: Transaction
) -> None:
    await intake.take_back(tx, events)


@recovery.ending
async def forget_erased_parties(tx: Transaction) -> None:
    """Who was erased since the backup is forgotten again, once all that was told of them is known."""
    await privacy.empty_taken_back(tx)
