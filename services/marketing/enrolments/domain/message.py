"""Enrolments and the messages that they plan."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.marketing.catalogue.domain.campaign import Campaign
from shared.engine.event import Event
from shared.events.campaigns import SkipReason
from shared.events.sales import SaleCompleted
from shared.events.values import Channel
from shared.ids import derived_id

Outcome = Literal["sent", "skipped", "unknown"]


@dataclass(slots=True)
class Enrolment:
    """Once per (campaign, trigger)."""

    trigger_event_id: str
    campaign: str
    id: UUID
    version: int
    party_id: UUID
    follow_up: bool
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Ending:
    """How a message ended, and which events decided it."""

    outcome: Outcome
    at: datetime
    reason: SkipReason | None = None
    deciding_event_ids: tuple[str, ...] = ()
    consent_event_id: str | None = None
    content: str | None = None


@dataclass(slots=True)
class Message:
    """One message. Without a campaign it stands for a sale that no follow-up campaign matched."""

    id: UUID
    triggered_at: datetime
    trigger_event_id: str
    party_id: UUID
    planned_at: datetime
    enrolment_id: UUID | None = None
    campaign: str | None = None
    campaign_version: int | None = None
    follow_up: bool = False
    step: int | None = None
    channel: Channel | None = None
    due_at: datetime | None = None
    ending: Ending | None = None


def unmatched(event: Event[SaleCompleted]) -> Message:
    return Message(
        id=derived_id(event.id, "no_campaign"),
        triggered_at=event.time,
        trigger_event_id=event.id,
        party_id=event.data.party_id,
        planned_at=event.now,
        ending=Ending("skipped", event.now, "no_campaign", (event.id,)),
    )


def plan(enrolment: Enrolment, campaign: Campaign, triggered_at: datetime, step: int, now: datetime) -> Message:
    """Step `step` of an enrolment, due after the waits of all steps so far."""
    return plan_at(enrolment, campaign, triggered_at, step, triggered_at + campaign.definition.waits[step - 1], now)


def plan_at(
    enrolment: Enrolment,
    campaign: Campaign,
    triggered_at: datetime,
    step: int,
    due_at: datetime,
    now: datetime,
    visit: int = 1,
) -> Message:
    """`visit` tells the messages of a step apart that is taken more than once; the first step is the first visit."""
    send = campaign.definition.sends[step]
    repeats = campaign.definition.lasts is not None and visit > 1
    return Message(
        derived_id(enrolment.id, step, send.channel, *([visit] if repeats else [])),
        triggered_at,
        enrolment.trigger_event_id,
        enrolment.party_id,
        now,
        enrolment.id,
        campaign.name,
        campaign.version,
        enrolment.follow_up,
        step,
        send.channel,
        due_at,
    )
