"""A sale becomes an enrolment and its first message."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from services.marketing.catalogue.domain.campaign import Basket, Campaign, Category, matching
from services.marketing.enrolments.domain.announcements import (
    announce_ended,
    announce_exited,
    announce_planned,
    announce_started,
)
from services.marketing.enrolments.domain.message import Ending, Enrolment, Message, plan, unmatched
from services.marketing.enrolments.domain.sale import skus_in
from shared.engine.event import Emission, Event
from shared.events.campaigns import SkipReason
from shared.events.sales import SaleCompleted
from shared.ids import derived_id


@dataclass(slots=True)
class Enrolled:
    """What a batch of sales leads to, all of it new. `flows`: those that go on after their first message."""

    enrolments: list[Enrolment] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    timers: list[tuple[UUID, int, datetime]] = field(default_factory=list)
    emissions: list[Emission] = field(default_factory=list)
    flows: list[tuple[Event[SaleCompleted], Campaign, Message]] = field(default_factory=list)


def enrol(
    events: Iterable[Event[SaleCompleted]],
    campaigns: Sequence[Campaign],
    products: Mapping[str, Category],
) -> Enrolled:
    """Each sale once per matching campaign; `campaigns` take sales and are in their order (`campaign.ordered`).

    The events are of sales that were not read before. The same input gives the same outcome.
    """
    enrolled = Enrolled()
    for event in events:
        chosen = matching(campaigns, Basket.of(skus_in(event.data.lines), event.data.channel, products))
        for campaign in chosen:
            _enrol(event, campaign, enrolled)
        if not any(campaign.follow_up for campaign in chosen):
            _end(unmatched(event), event, enrolled)
    return enrolled


def _enrol(event: Event[SaleCompleted], campaign: Campaign, enrolled: Enrolled) -> None:
    sale, now = event.data, event.now
    enrolment = Enrolment(
        event.id,
        campaign.name,
        derived_id(campaign.name, event.id),
        campaign.version,
        sale.party_id,
        campaign.follow_up,
        now,
    )
    message = plan(enrolment, campaign, event.time, 1, now)
    enrolled.enrolments.append(enrolment)
    enrolled.emissions.append(announce_started(enrolment, event, event.partition))
    enrolled.emissions.append(announce_planned(message, event, event.partition))
    reason: SkipReason | None = "holdout" if campaign.holds_out(sale.party_id) else None
    if campaign.has_expired(event.time, sale.recorded_at):
        reason = "expired"
    if reason is not None:
        _end(replace(message, ending=Ending("skipped", now, reason, (event.id,))), event, enrolled)
        if len(campaign.definition.steps) > 1:
            enrolled.emissions.append(announce_exited(message, reason, now, event, event.partition))
        return
    assert message.due_at is not None
    enrolled.messages.append(message)
    enrolled.timers.append((message.id, event.partition, message.due_at))
    if campaign.is_flow:
        enrolled.flows.append((event, campaign, message))


def _end(message: Message, event: Event[SaleCompleted], enrolled: Enrolled) -> None:
    assert message.ending is not None
    enrolled.messages.append(message)
    enrolled.emissions.append(announce_ended(message, message.ending, event, event.partition))
