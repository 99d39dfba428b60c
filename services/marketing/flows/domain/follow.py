"""What a batch of events leads to in the campaigns that have a state."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from services.marketing.catalogue.domain.campaign import Basket, Campaign, Category, matches
from services.marketing.catalogue.domain.condition import holds
from services.marketing.catalogue.domain.definition import SALE, Definition
from services.marketing.catalogue.domain.flow import place_of
from services.marketing.catalogue.domain.occurrences import NAMES, PRODUCTS, Occurrence, values_at
from services.marketing.catalogue.domain.steps import Send
from services.marketing.enrolments.domain.announcements import announce_planned, announce_started
from services.marketing.enrolments.domain.message import Enrolment, Message, plan_at
from services.marketing.enrolments.domain.sale import Sale
from services.marketing.flows.domain.announcements import announce_left, cause_of
from services.marketing.flows.domain.entry import captured, key_of, of_trigger
from services.marketing.flows.domain.machine import (
    COMPLETED,
    EXPIRED,
    Flow,
    Happened,
    Moved,
    PlannedSend,
    begin,
    expire,
    hear,
    hold_out,
    is_heard,
    wake,
)
from services.marketing.profiles.domain import PartyFacts, resolving
from shared.engine.event import Emission, Event
from shared.events.campaigns import EnrolmentRequested, SegmentEntered, SegmentLeft, TierChanged
from shared.ids import derived_id

Previous = Mapping[tuple[UUID, str, str], datetime]
"""When a party's last enrolment of a campaign and key was triggered."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """A message that is not wanted any more, and why."""

    message: Message
    flow: Flow


@dataclass(slots=True)
class Followed:
    """What has to be written. `flows` in their newest state; `entries` are the triggers that are no sales; `planned`
    has the partition of each message.
    """

    flows: dict[UUID, Flow] = field(default_factory=dict)
    enrolments: list[Enrolment] = field(default_factory=list)
    entries: dict[str, Sale] = field(default_factory=dict)
    planned: list[tuple[Message, int]] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    tags: dict[tuple[UUID, str], bool] = field(default_factory=dict)
    emissions: list[Emission] = field(default_factory=list)

    @property
    def timers(self) -> list[tuple[UUID, int, datetime]]:
        """When each flow has to be woken."""
        return sorted((f.id, f.partition, f.wakes_at) for f in self.flows.values() if f.wakes_at is not None)


def is_relevant(event: Event[Occurrence], campaigns: Iterable[Campaign]) -> bool:
    name = NAMES.get(type(event.data))
    return any(name in campaign.definition.hears for campaign in campaigns)


def concerned_by(
    events: Iterable[Event[Occurrence]], campaigns: Iterable[Campaign], running: Iterable[Flow]
) -> list[Campaign]:
    """The campaigns that these events may start, and those in which one of their parties is. What the others ask of
    parties decides nothing now.
    """
    names = {NAMES[type(event.data)] for event in events}
    entered = {(flow.campaign, flow.version) for flow in running}
    return [c for c in campaigns if c.definition.trigger.event in names or (c.name, c.version) in entered]


def follow(
    events: Sequence[Event[Occurrence]],
    campaigns: Sequence[Campaign],
    running: Iterable[Flow],
    previous: Previous,
    facts: Mapping[UUID, PartyFacts],
    products: Mapping[str, Category],
) -> Followed:
    """Each event moves what its party runs, in the order of the log, then starts what it triggers.

    `campaigns` are all flows that are in force or have somebody in them. The same events give the same outcome, in
    whatever batches they come.
    """
    followed, versions = Followed(), {(each.name, each.version): each for each in campaigns}
    of_party: defaultdict[UUID, dict[UUID, Flow]] = defaultdict(dict)
    for flow in sorted(running, key=lambda each: (each.campaign, each.id)):
        of_party[flow.party_id][flow.id] = flow
    latest, profiles = dict(previous), dict(facts)
    for event in events:
        party, name, mine = event.data.party_id, NAMES[type(event.data)], of_party[event.data.party_id]
        for flow in [each for each in mine.values() if each.ended_at is None]:
            campaign = versions[flow.campaign, flow.version]
            if name in campaign.definition.hears:
                moved = Moved(flow)
                again = _repeats(flow, campaign, event, products)
                happened = Happened(event.id, name, event.time, event.data, again)
                hear(moved, campaign.definition, profiles.get(party, PartyFacts()), happened)
                profiles[party] = _apply(followed, campaign, moved, event.now, profiles.get(party, PartyFacts()))
                mine[flow.id] = moved.flow
        for campaign in campaigns:
            if campaign.in_force and not campaign.follow_up and triggers(campaign, event, products):
                started = _begin(campaign, event, profiles.get(party, PartyFacts()), mine.values(), latest)
                if started is not None:
                    _announce_beginning(followed, campaign, started.flow, event)
                    profiles[party] = _apply(followed, campaign, started, event.now, profiles.get(party, PartyFacts()))
                    mine[started.flow.id] = started.flow
                    if started.flow.visits or started.flow.reason != EXPIRED:
                        latest[party, campaign.name, started.flow.key] = event.time
    return followed


def wake_all(
    due: Mapping[UUID, datetime],
    flows: Iterable[Flow],
    campaigns: Mapping[tuple[str, int], Campaign],
    facts: Mapping[UUID, PartyFacts],
    now: datetime,
) -> Followed:
    """What time alone leads to. A timer that a later event has moved on leads to nothing."""
    followed, profiles = Followed(), dict(facts)
    for flow in flows:
        campaign, moved, known = campaigns[flow.campaign, flow.version], Moved(flow), profiles.get(flow.party_id)
        wake(moved, campaign.definition, known or PartyFacts(), due[flow.id], included=True)
        if moved.flow != flow:
            profiles[flow.party_id] = _apply(followed, campaign, moved, now, known or PartyFacts())
    return followed


def triggers(campaign: Campaign, event: Event[Occurrence], products: Mapping[str, Category]) -> bool:
    """Whether an event is what the campaign begins with, as far as the event alone says."""
    definition, data = campaign.definition, event.data
    name = NAMES[type(data)]
    if name != definition.trigger.event or (isinstance(data, EnrolmentRequested) and data.campaign != campaign.name):
        return False
    happened = Happened(event.id, name, event.time, data)
    return is_heard(definition.trigger, happened, {}) and matches(definition.when, _basket(data, products))


def _repeats(flow: Flow, campaign: Campaign, event: Event[Occurrence], products: Mapping[str, Category]) -> bool:
    return (
        triggers(campaign, event, products)
        and not comes_too_late(campaign, event)
        and key_of(campaign.definition, event.data) == flow.key
    )


def comes_too_late(campaign: Campaign, event: Event[Occurrence]) -> bool:
    """Whether a trigger was reported too long after it occurred. Who is in a segment is decided here: that is told
    late only where this service was, as a sale is followed late then.
    """
    own = isinstance(event.data, SegmentEntered | SegmentLeft)
    return not own and campaign.has_expired(event.time, event.data.recorded_at)


def _basket(data: Occurrence, products: Mapping[str, Category]) -> Basket:
    path = PRODUCTS[type(data)]
    skus = [str(each) for each in values_at(data, path)] if path else []
    return Basket.of(skus, str(getattr(data, "channel", "")), products)


def _begin(
    campaign: Campaign, event: Event[Occurrence], known: PartyFacts, mine: Iterable[Flow], latest: Previous
) -> Moved | None:
    """None where the party is not let in: by the filter, or since it is, or was, in the campaign already."""
    definition, data = campaign.definition, event.data
    if not holds(definition.filter, resolving(of_trigger(definition, data), known, event.time)):
        return None
    key = key_of(definition, data)
    if any(each.campaign == campaign.name and each.key == key and each.ended_at is None for each in mine):
        return None
    before = latest.get((data.party_id, campaign.name, key))
    again = definition.entry.again if definition.entry else "always"
    if before is not None and again != "always" and (again == "never" or event.time - before < again):
        return None
    flow = new_flow(campaign, event, key)
    if comes_too_late(campaign, event):
        return expire(flow)
    if campaign.holds_out(flow.party_id):
        return hold_out(flow)
    return begin(flow, definition, known, Happened(event.id, NAMES[type(data)], event.time, data))


def new_flow(campaign: Campaign, event: Event[Occurrence], key: str) -> Flow:
    """Before its first step."""
    return Flow(
        derived_id(campaign.name, event.id),
        event.id,
        campaign.name,
        campaign.version,
        event.data.party_id,
        event.partition,
        key,
        captured(campaign.definition, event.data),
        event.time,
        event.correlation_id,
        event.traceparent,
        0,
        0,
        event.time,
        None,
    )


def _announce_beginning(followed: Followed, campaign: Campaign, flow: Flow, event: Event[Occurrence]) -> None:
    enrolment = _enrolment(flow, campaign, event.now)
    followed.enrolments.append(enrolment)
    if campaign.definition.trigger.event != SALE:
        followed.entries[event.id] = entry_of(event)
    followed.emissions.append(announce_started(enrolment, event, event.partition))


def _enrolment(flow: Flow, campaign: Campaign, now: datetime) -> Enrolment:
    return Enrolment(
        flow.trigger_event_id, flow.campaign, flow.id, flow.version, flow.party_id, campaign.follow_up, now
    )


def entry_of(event: Event[Occurrence]) -> Sale:
    """A trigger in the form in which messages know what led to them."""
    data = event.data
    path, used = PRODUCTS[type(data)], getattr(data, "identity_used", None)
    return Sale(
        event.id,
        data.party_id,
        getattr(data, "party_version", 0),
        event.partition,
        getattr(data, "origin", None) or "",
        "",
        str(getattr(data, "channel", "")),
        0,
        "",
        [str(each) for each in values_at(data, path)] if path else [],
        event.time,
        data.recorded_at,
        event.correlation_id,
        event.traceparent,
        used.id if used is not None and used.type == "email" else None,
        tier=data.current if isinstance(data, TierChanged) else None,
    )


def _apply(followed: Followed, campaign: Campaign, moved: Moved, now: datetime, known: PartyFacts) -> PartyFacts:
    """What has to be written of it, and what is known of the party from then on."""
    flow = moved.flow
    followed.flows[flow.id] = flow
    followed.tags |= {(flow.party_id, tag): added for tag, added in moved.tags.items()}
    cause = cause_of(flow)
    for each in moved.planned:
        message = _message(flow, campaign, each, now)
        followed.planned.append((message, flow.partition))
        followed.emissions.append(announce_planned(message, cause, flow.partition))
    if moved.dropped is not None:
        message = _message(flow, campaign, moved.dropped, now)
        followed.dropped.append(Dropped(message, flow))
    if flow.ended_at is not None and flow.reason != COMPLETED:
        followed.emissions.append(announce_left(flow, cause, now))
    return replace(known, tags=moved.tags_over(known.tags)) if moved.tags else known


def _message(flow: Flow, campaign: Campaign, planned: PlannedSend, now: datetime) -> Message:
    enrolment = _enrolment(flow, campaign, now)
    return plan_at(enrolment, campaign, flow.counted_from, planned.step, planned.due_at, now, planned.visit)


def ended_by_skip(flow: Flow, reason: str, at: datetime) -> Flow:
    return replace(flow, wakes_at=None, ended_at=at, reason=reason)


def is_at_last(flow: Flow, definition: Definition) -> bool:
    """Whether it stands at a message after which there is nothing."""
    step = definition.steps[flow.step - 1]
    return isinstance(step, Send) and place_of(definition, step.go, flow.step) > len(definition.steps)


def completed(flow: Flow) -> Flow:
    """As time alone leaves it, which may come before its last message is decided, or after."""
    return replace(flow, wakes_at=None, ended_at=flow.wakes_at or flow.since, reason=COMPLETED)
