"""Publishes and stops campaigns, and hands out what they are."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

from services.marketing.catalogue import store
from services.marketing.catalogue.domain.campaign import Campaign
from services.marketing.catalogue.domain.definition import Definition
from shared.engine.event import Emission
from shared.engine.transaction import Transaction
from shared.events.campaigns import CampaignPublished, CampaignStopped
from shared.ids import dated_id


async def publish(tx: Transaction, definitions: Sequence[Definition]) -> list[str]:
    """A new version for each definition that changed; one that is no longer given is stopped.

    Returns the names that changed. Enrolments keep the version that they began with.
    """
    await store.lock_campaigns(tx)
    in_force = await store.load_digests(tx)
    changed = [each for each in definitions if in_force.get(each.name) != each.digest()]
    gone = sorted(in_force.keys() - {each.name for each in definitions})
    for definition in changed:
        await _publish(tx, definition)
    for name in gone:
        await store.stop_campaign(tx, name, tx.now)
        event_id = _event_id(tx, "stopped", name, in_force[name])
        tx.emit([Emission(CampaignStopped(campaign=name, recorded_at=tx.now), tx.now, id=event_id)])
    return [each.name for each in changed] + gone


async def _publish(tx: Transaction, definition: Definition) -> None:
    version = await store.next_version(tx, definition.name)
    await store.stop_campaign(tx, definition.name, tx.now)
    await store.add_campaign(tx, definition, version, tx.now)
    published = CampaignPublished(
        campaign=definition.name,
        version=version,
        follow_up=definition.follow_up,
        priority=definition.priority,
        definition_hash=definition.digest(),
        recorded_at=tx.now,
    )
    event_id = _event_id(tx, "published", definition.name, version, definition.digest())
    tx.emit([Emission(published, tx.now, id=event_id)])


def _event_id(tx: Transaction, *parts: object) -> UUID:
    """After a restore the same definition becomes the same version again, and is not published a second time."""
    return dated_id(int(tx.now.timestamp() * 1000), "campaign", *parts)


async def load_campaigns(tx: Transaction) -> list[Campaign]:
    return await store.load_campaigns(tx)


async def load_campaign_versions(
    tx: Transaction, versions: Collection[tuple[str, int]]
) -> dict[tuple[str, int], Campaign]:
    return await store.load_campaign_versions(tx, versions)


async def find_longest_wait(tx: Transaction) -> timedelta:
    return await store.find_longest_wait(tx)
