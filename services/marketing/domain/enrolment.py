"""A sale becomes an enrolment and its first message."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from services.marketing.domain.campaign import Basket, Campaign, Category, matching
from services.marketing.domain.message import (
    Ending,
    Enrolment,
    Message,
    Sale,
    plan,
    tell_ended,
    tell_exited,
    tell_planned,
    unmatched,
)
from shared.engine.event import Emission, Event
from shared.events.campaigns import EnrolmentStarted
from shared.events.sales import SaleCompleted
from shared.ids import derived_id


@dataclass(slots=True)
class Followed:
    """What a batch of sales leads to, all of it new."""

    sales: list[Sale] = field(default_factory=list)
    enrolments: list[Enrolment] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    timers: list[tuple[UUID, int, datetime]] = field(default_factory=list)
    emissions: list[Emission] = field(default_factory=list)


def follow(
    events: Iterable[Event[SaleCompleted]],
    campaigns: Sequence[Campaign],
    products: Mapping[str, Category],
    known: Collection[str],
) -> Followed:
    """Enrol each sale once per matching campaign; `campaigns` are in force and in their order (`campaign.ordered`).

    `known` are triggers that were followed before: nothing happens for them again. Same input, same outcome.
    """
    followed = Followed()
    for event in events:
        if event.id in known:
            continue
        sale = Sale.read(event)
        followed.sales.append(sale)
        chosen = matching(campaigns, Basket.of(sale.skus, sale.channel, products))
        for campaign in chosen:
            _enrol(event, campaign, followed)
        if not any(campaign.follow_up for campaign in chosen):
            _end(unmatched(event), event, followed)
    return followed


def _enrol(event: Event[SaleCompleted], campaign: Campaign, followed: Followed) -> None:
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
    started = EnrolmentStarted(
        enrolment_id=enrolment.id,
        party_id=sale.party_id,
        campaign=campaign.name,
        campaign_version=campaign.version,
        trigger_event_id=event.id,
        follow_up=campaign.follow_up,
        recorded_at=now,
    )
    followed.enrolments.append(enrolment)
    followed.emissions.append(Emission(started, now, event, None, event.partition))
    followed.emissions.append(tell_planned(message, event, event.partition))
    if campaign.has_expired(event.time, sale.recorded_at):
        _end(replace(message, ending=Ending("skipped", now, "expired", (event.id,))), event, followed)
        if campaign.step(2) is not None:
            followed.emissions.append(tell_exited(message, "expired", now, event, event.partition))
        return
    assert message.due_at is not None
    followed.messages.append(message)
    followed.timers.append((message.id, event.partition, message.due_at))


def _end(message: Message, event: Event[SaleCompleted], followed: Followed) -> None:
    assert message.ending is not None
    followed.messages.append(message)
    followed.emissions.append(tell_ended(message, message.ending, event, event.partition))
