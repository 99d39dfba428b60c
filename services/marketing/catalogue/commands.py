"""Publishes and stops campaigns, and hands out what they are."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from services.marketing.catalogue import store
from services.marketing.catalogue.domain.campaign import Campaign
from services.marketing.catalogue.domain.changes import Change, changes_between
from services.marketing.catalogue.domain.definition import Definition
from services.marketing.catalogue.domain.reading import Source, Unreadable, read
from services.marketing.catalogue.schemas import ContentType, Draft, DraftProblem
from shared.engine.event import Emission, Event
from shared.engine.transaction import Transaction
from shared.errors import ConfigurationError, Invalid, NotFound, Refused
from shared.events.campaigns import CampaignPublished, CampaignStopped
from shared.ids import dated_id

T = TypeVar("T")


class TakesNobody(Refused):
    """Nobody is enrolled in the campaign so: it was stopped, or another event begins it."""

    status = 409
    reason = "takes_nobody"


async def publish_files(tx: Transaction, definitions: Sequence[Definition]) -> list[str]:
    """A new version for each definition whose file changed since it was last published from there; a campaign of the
    files that is no longer given is stopped. Returns the names that changed.

    What was published or stopped over HTTP since then stands. Enrolments keep the version that they began with.
    """
    await store.lock_campaigns(tx)
    published, of_files = await store.load_digests(tx), await store.load_file_digests(tx)
    changed = [each for each in definitions if of_files.get(each.name) != each.digest()]
    given = {each.name for each in definitions}
    gone = [each for each in published.values() if each.source == "files" and each.in_force and each.name not in given]
    for definition in changed:
        if _is_mailing(published.get(definition.name)):
            raise ConfigurationError(f"a mailing is called {definition.name}: the campaign needs another name")
        await _publish(tx, definition, "files")
    for each in gone:
        await _stop(tx, each)
    await store.close_flows(tx, tx.now)
    return [each.name for each in changed] + [each.name for each in gone]


def read_draft(draft: Draft) -> Definition:
    return read_given(read, Source(draft.file, draft.text, draft.templates))


def read_given(reads: Callable[[Source], T], given: Source) -> T:
    """Raises Invalid with everything that is wrong, by file, line and field."""
    try:
        return reads(given)
    except Unreadable as error:
        raise Invalid(str(error), field="text") from None


def look_over(reads: Callable[[Source], T], given: Source) -> tuple[T | None, list[DraftProblem]]:
    """What was read, or what is wrong."""
    try:
        return reads(given), []
    except Unreadable as error:
        return None, [DraftProblem(**asdict(each)) for each in error.problems]


async def publish(tx: Transaction, definition: Definition) -> tuple[int, bool]:
    """The version that is in force now, and whether it is a new one."""
    await store.lock_campaigns(tx)
    before = (await store.load_digests(tx)).get(definition.name)
    if _is_mailing(before):
        raise Invalid("a mailing has this name", field="text")
    if before is not None and before.in_force and before.definition_hash == definition.digest():
        return await store.next_version(tx, definition.name) - 1, False
    return await _publish(tx, definition, "http"), True


async def publish_mailing(tx: Transaction, definition: Definition) -> int:
    """A version that no event triggers. Raises Invalid where a campaign has this name."""
    await store.lock_campaigns(tx)
    before = (await store.load_digests(tx)).get(definition.name)
    if before is not None and not _is_mailing(before):
        raise Invalid("a campaign has this name", field="text")
    version = await store.next_version(tx, definition.name)
    await store.add_campaign(tx, definition, version, tx.now, "mailing")
    await store.stop_campaign(tx, definition.name, tx.now)
    return version


async def stop_mailing(tx: Transaction, name: str, by: UUID) -> None:
    """What is not decided yet ends as `stopped` by this event."""
    await store.lock_campaigns(tx)
    await store.stop_planned(tx, name, by)


def _is_mailing(published: store.Published | None) -> bool:
    return published is not None and published.source == "mailing"


async def stop(tx: Transaction, name: str, *, with_planned: bool) -> bool:
    """Enrols nobody from now on, and with `with_planned` sends nothing more; False where it was stopped so before.

    Raises NotFound where there never was one.
    """
    await store.lock_campaigns(tx)
    published = (await store.load_digests(tx)).get(name)
    if published is None or _is_mailing(published):
        raise NotFound("no campaign has this name")
    planned_stopped = with_planned and await store.stop_planned(tx, name, _stop_id(tx, published, with_planned=True))
    changed = published.in_force or planned_stopped
    if changed:
        await _stop(tx, published, with_planned=with_planned)
    return changed


async def take_back(tx: Transaction, stops: Sequence[Event[CampaignStopped]]) -> None:
    """After a restore: what was stopped enrols nobody. What was published after that has to be published again, since
    its event does not hold the definition.
    """
    await store.lock_campaigns(tx)
    for each in stops:
        await store.stop_campaign(tx, each.data.campaign, each.data.recorded_at)
        if each.data.planned == "skipped":
            await store.stop_planned(tx, each.data.campaign, UUID(each.id))


async def _publish(tx: Transaction, definition: Definition, source: store.Source) -> int:
    version = await store.next_version(tx, definition.name)
    await store.stop_campaign(tx, definition.name, tx.now)
    await store.add_campaign(tx, definition, version, tx.now, source)
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
    return version


async def _stop(tx: Transaction, published: store.Published, *, with_planned: bool = False) -> None:
    await store.stop_campaign(tx, published.name, tx.now)
    stopped = CampaignStopped(
        campaign=published.name, recorded_at=tx.now, planned="skipped" if with_planned else "kept"
    )
    tx.emit([Emission(stopped, tx.now, id=_stop_id(tx, published, with_planned=with_planned))])


def _stop_id(tx: Transaction, published: store.Published, *, with_planned: bool) -> UUID:
    planned = ["planned"] if with_planned else []
    return _event_id(tx, "stopped", published.name, published.definition_hash, *planned)


def _event_id(tx: Transaction, *parts: object) -> UUID:
    """After a restore the same definition becomes the same version again, and is not published a second time."""
    return dated_id(int(tx.now.timestamp() * 1000), "campaign", *parts)


async def compare(tx: Transaction, definition: Definition) -> list[Change]:
    """How a definition differs from what is in force under its name; everything where nothing is."""
    in_force = next((c for c in await store.load_campaigns(tx) if c.name == definition.name and c.in_force), None)
    return changes_between(in_force.definition.document() if in_force else {}, definition.document())


async def require_trigger(tx: Transaction, name: str, event: str) -> None:
    """Raises NotFound where there never was such a campaign, TakesNobody where it is not in force, or where it is not
    this event that begins it.
    """
    published = (await store.load_digests(tx)).get(name)
    if published is None or _is_mailing(published):
        raise NotFound("no campaign has this name")
    _, definition = await store.find_newest(tx, name) or (None, None)
    if not published.in_force:
        raise TakesNobody("it was stopped: publish it again first")
    if definition is None or definition.trigger.event != event:
        raise TakesNobody(f"a campaign that is begun by hand has the trigger {event}")


async def load_campaigns(tx: Transaction) -> list[Campaign]:
    """Those in force, in the order in which they may take a sale, and flows that somebody may still be in."""
    return await store.load_campaigns(tx)


async def load_campaign_versions(
    tx: Transaction, versions: Collection[tuple[str, int]]
) -> dict[tuple[str, int], Campaign]:
    return await store.load_campaign_versions(tx, versions)


async def find_longest_wait(tx: Transaction) -> timedelta:
    return await store.find_longest_wait(tx)


async def find_newest(tx: Transaction, name: str) -> tuple[ContentType, Definition] | None:
    """What the newest version of a campaign, or of a mailing, is."""
    return await store.find_newest(tx, name)


async def find_version(tx: Transaction, name: str, version: int | None) -> int | None:
    """The one that is asked for, or the newest; None where there is none."""
    found = await store.find_campaign(tx, name, version)
    return found.version if found else None
