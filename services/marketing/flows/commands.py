"""Moves enrolments that have a state: by events, and by time."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import cast
from uuid import UUID

from services.marketing.catalogue import commands as catalogue
from services.marketing.catalogue.domain.campaign import Campaign, asks_for_products
from services.marketing.catalogue.domain.condition import named_in
from services.marketing.catalogue.domain.occurrences import NAMES, PRODUCTS, Occurrence, values_at
from services.marketing.catalogue.domain.steps import Branch
from services.marketing.copies import commands as copies
from services.marketing.enrolments import commands as enrolments
from services.marketing.enrolments.domain.message import Message
from services.marketing.flows import store
from services.marketing.flows.domain.announcements import announce_left, cause_of
from services.marketing.flows.domain.entry import key_of
from services.marketing.flows.domain.follow import (
    Dropped,
    Followed,
    Previous,
    completed,
    concerned_by,
    ended_by_skip,
    follow,
    is_at_last,
    is_relevant,
    new_flow,
    wake_all,
)
from services.marketing.flows.domain.machine import COMPLETED
from services.marketing.flows.domain.request import Request, Taken, announce, decide, event_of, request_of
from services.marketing.flows.schemas import RequestedParty
from services.marketing.profiles import commands as profiles
from services.marketing.profiles.domain import PartyFacts
from services.marketing.segments import commands as segments
from shared.engine.event import Event
from shared.engine.subscription import Due
from shared.engine.transaction import Transaction
from shared.events.campaigns import EnrolmentRequested
from shared.events.sales import SaleCompleted
from shared.ids import new_id

TIMER = "flows"
REQUESTS_TIMER = "requests"
BY_HAND = "enrolment.requested"


async def begin(tx: Transaction, taken: Sequence[tuple[Event[SaleCompleted], Campaign, Message]]) -> None:
    """Follow-ups that go on after their first message stand at it from the beginning."""
    flows = []
    for event, campaign, message in taken:
        flow = new_flow(campaign, cast("Event[Occurrence]", event), key_of(campaign.definition, event.data))
        flows.append(replace(flow, step=1, visits=1, wakes_at=message.due_at))
    if flows:
        await store.save_flows(tx, flows)
        await tx.set_timers(TIMER, sorted((f.id, f.partition, f.wakes_at) for f in flows if f.wakes_at is not None))


async def follow_events(
    tx: Transaction, events: Sequence[Event[Occurrence]], campaigns: Sequence[Campaign] | None = None
) -> list[Dropped]:
    """Moves what the parties of these events run, and starts what they trigger.

    `campaigns` as the catalogue has them, where the caller has asked for them. Returns the messages that are not wanted
    any more.
    """
    if campaigns is None:
        campaigns = await catalogue.load_campaigns(tx)
    flows = [each for each in campaigns if each.is_flow]
    relevant = [event for event in events if type(event.data) in NAMES and is_relevant(event, flows)]
    if not relevant:
        return []
    parties = {event.data.party_id for event in relevant}
    running = await store.lock_flows(tx, parties)
    concerned = concerned_by(relevant, flows, running)
    products = {}
    if asks_for_products(campaign.definition.when for campaign in concerned):
        products = await copies.load_categories(tx, _skus(relevant))
    previous = await _load_previous(tx, concerned, parties)
    facts = await _load_facts(tx, concerned, parties)
    return await _save(tx, follow(relevant, flows, running, previous, facts, products))


async def request(tx: Transaction, campaign: str, asked: Sequence[UUID]) -> list[RequestedParty]:
    """Has these parties enrolled by hand, and says of each what came of it. Raises NotFound and TakesNobody.

    Campaigns hear of it by timers: in a transaction of their own, and after a restore only once everything is known
    again that was known then.
    """
    await catalogue.require_trigger(tx, campaign, BY_HAND)
    known = await copies.load_parties(tx, set(asked))
    families = await copies.find_families(tx, [party.id for party in known.values() if party.is_merged])
    known |= await copies.load_parties(tx, set().union(*families.values()))
    waiting = await store.find_waiting(tx, known, campaign)
    taken = Taken(await store.find_running(tx, known, campaign), waiting)
    answers, requests = decide(campaign, asked, known, families, taken, tx.now, new_id)
    await _add_requests(tx, requests)
    tx.emit(map(announce, requests))
    return answers


async def take_requests(tx: Transaction, due: Sequence[Due]) -> list[Event[EnrolmentRequested]]:
    """What campaigns hear now, in the order in which it was asked for."""
    now = {timer.id: timer.now for timer in due}
    return [event_of(each, now[each.event_id]) for each in await store.take_requests(tx, now, tx.now)]


async def take_back(tx: Transaction, told: Sequence[Event[EnrolmentRequested]]) -> None:
    """After a restore: who was asked to be enrolled since the backup is asked again."""
    await _add_requests(tx, [request_of(event) for event in told])


async def _add_requests(tx: Transaction, requests: Sequence[Request]) -> None:
    added = await store.add_requests(tx, requests)
    waiting = [(r.event_id, r.partition, r.requested_at) for r in requests if r.event_id in added]
    await tx.set_timers(REQUESTS_TIMER, sorted(waiting))


async def wake_due(tx: Transaction, due: Sequence[Due]) -> int:
    """Moves the flows of these timers on; how many there were."""
    flows = await store.lock_due_flows(tx, [timer.id for timer in due])
    if not flows:
        return 0
    campaigns = await catalogue.load_campaign_versions(tx, {(flow.campaign, flow.version) for flow in flows})
    facts = await _load_facts(tx, campaigns.values(), {flow.party_id for flow in flows})
    times = {timer.id: timer.due_at for timer in due}
    await _save(tx, wake_all(times, flows, campaigns, facts, max(timer.now for timer in due)))
    return len(flows)


async def end_skipped(tx: Transaction, ended: Iterable[Message]) -> None:
    """An enrolment ends with a message that was skipped when it was due; with its last one it is over in any case."""
    skipped = {m.enrolment_id: m.ending for m in ended if m.enrolment_id and m.ending and m.ending.reason}
    flows = await store.lock_due_flows(tx, skipped) if skipped else []
    if not flows:
        return
    campaigns = await catalogue.load_campaign_versions(tx, {(flow.campaign, flow.version) for flow in flows})
    over = []
    for flow in flows:
        ending = skipped[flow.id]
        if is_at_last(flow, campaigns[flow.campaign, flow.version].definition):
            over.append(completed(flow))
        else:
            over.append(ended_by_skip(flow, ending.reason or "", ending.at))
    await store.save_flows(tx, over)
    tx.emit(
        announce_left(flow, cause_of(flow), flow.ended_at)
        for flow in over
        if flow.ended_at is not None and flow.reason != COMPLETED
    )


async def _save(tx: Transaction, followed: Followed) -> list[Dropped]:
    await enrolments.add_entries(tx, list(followed.entries.values()))
    await enrolments.add_enrolments(tx, followed.enrolments)
    await store.save_flows(tx, followed.flows.values())
    await enrolments.plan_messages(tx, followed.planned)
    await tx.set_timers(TIMER, followed.timers)
    await profiles.save_tags(tx, followed.tags)
    if followed.tags:
        await segments.note_parties(tx, {party: tx.now for party, _ in followed.tags}, {"tags"})
    tx.emit(followed.emissions)
    return followed.dropped


async def _load_previous(tx: Transaction, flows: Sequence[Campaign], parties: Collection[UUID]) -> Previous:
    limited = {c.name for c in flows if c.definition.entry and c.definition.entry.again != "always"}
    return await store.load_latest_entries(tx, parties, limited) if limited else {}


async def _load_facts(tx: Transaction, flows: Iterable[Campaign], parties: Collection[UUID]) -> dict[UUID, PartyFacts]:
    """Of what is known of the parties, that for which these campaigns ask."""
    campaigns = list(flows)
    asked = {
        name.removeprefix("party.").partition(".")[0]
        for campaign in campaigns
        for condition in _conditions(campaign)
        for _, name, _ in named_in(condition)
        if name.startswith("party.")
    }
    if any(campaign.definition.trigger.at is not None for campaign in campaigns):
        asked.add("time_zone")
    facts = await profiles.load_facts(tx, parties, asked)
    if "segments" not in asked:
        return facts
    joined = await segments.load_memberships(tx, facts)
    return {party: replace(known, segments=joined.get(party, frozenset())) for party, known in facts.items()}


def _conditions(campaign: Campaign) -> Iterable[dict[str, object] | None]:
    yield campaign.definition.filter
    for step in campaign.definition.steps:
        if isinstance(step, Branch):
            yield from (arm.when for arm in step.branch)


def _skus(events: Iterable[Event[Occurrence]]) -> list[str]:
    found = set()
    for event in events:
        if path := PRODUCTS[type(event.data)]:
            found |= set(map(str, values_at(event.data, path)))
    return sorted(found)
