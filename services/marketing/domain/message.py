"""The rows that a sale leaves behind, and how messages are told to others."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.marketing.domain.campaign import Campaign
from shared.engine.event import Emission, Event
from shared.events.campaigns import (
    EnrolmentExited,
    MessagePlanned,
    MessageSent,
    MessageSkipped,
    MessageUnknown,
    SkipReason,
)
from shared.events.sales import SaleCompleted
from shared.events.values import Channel
from shared.ids import derived_id

Outcome = Literal["sent", "skipped", "unknown"]


@dataclass(frozen=True, slots=True)
class Sale:
    """A sale as it was read. `skus` each once, the dearest line first."""

    trigger_event_id: str
    party_id: UUID
    party_version: int
    partition: int
    origin: str
    sale_id: str
    channel: str
    minor: int
    currency: str
    skus: list[str]
    occurred_at: datetime
    recorded_at: datetime
    correlation_id: str
    traceparent: str | None

    @classmethod
    def read(cls, event: Event[SaleCompleted]) -> "Sale":
        sale = event.data
        lines = sorted(sale.lines, key=lambda line: -line.unit_price.minor * line.quantity)
        return cls(
            event.id,
            sale.party_id,
            sale.party_version,
            event.partition,
            sale.origin,
            sale.sale_id,
            sale.channel,
            sale.total.minor,
            sale.total.currency,
            list(dict.fromkeys(line.sku for line in lines)),
            event.time,
            sale.recorded_at,
            event.correlation_id,
            event.traceparent,
        )

    def cause(self) -> Event[object]:
        return sale_as_cause(
            self.trigger_event_id,
            self.party_id,
            self.partition,
            self.occurred_at,
            self.recorded_at,
            self.correlation_id,
            self.traceparent,
        )


def sale_as_cause(
    trigger_event_id: str,
    party_id: UUID,
    partition: int,
    occurred_at: datetime,
    recorded_at: datetime,
    correlation_id: str,
    traceparent: str | None,
) -> Event[object]:
    """A sale as the cause of what follows from it later, when its event is no longer at hand."""
    return Event(
        trigger_event_id,
        "crm.sale.completed.v1",
        "/contacts",
        occurred_at,
        recorded_at,
        "crm.sales",
        partition,
        -1,
        str(party_id),
        correlation_id,
        traceparent,
        None,
    )


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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

    def told(self, recorded_at: datetime) -> dict[str, object]:
        """The fields that every event about a message carries."""
        return {
            "message_id": self.id,
            "enrolment_id": self.enrolment_id,
            "party_id": self.party_id,
            "campaign": self.campaign,
            "campaign_version": self.campaign_version,
            "step": self.step,
            "channel": self.channel,
            "trigger_event_id": self.trigger_event_id,
            "due_at": self.due_at,
            "recorded_at": recorded_at,
        }


def unmatched(event: Event[SaleCompleted]) -> Message:
    """What stands for a sale that no follow-up campaign matched."""
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
    steps = campaign.definition.steps[:step]
    due_at = triggered_at
    for each in steps:
        due_at += each.wait
    return Message(
        derived_id(enrolment.id, step, steps[-1].channel),
        triggered_at,
        enrolment.trigger_event_id,
        enrolment.party_id,
        now,
        enrolment.id,
        campaign.name,
        campaign.version,
        enrolment.follow_up,
        step,
        steps[-1].channel,
        due_at,
    )


def tell_planned(message: Message, cause: Event[object], partition: int) -> Emission:
    planned = MessagePlanned(**message.told(message.planned_at))  # type: ignore[arg-type]
    return Emission(planned, message.planned_at, cause, None, partition)


def tell_ended(message: Message, ending: Ending, cause: Event[object], partition: int) -> Emission:
    """`message.sent`, `message.skipped` or `message.unknown`."""
    data: MessageSent | MessageSkipped | MessageUnknown
    match ending.outcome:
        case "sent":
            data = MessageSent(**message.told(ending.at), consent_event_id=ending.consent_event_id)  # type: ignore[arg-type]
        case "unknown":
            data = MessageUnknown(**message.told(ending.at))  # type: ignore[arg-type]
        case "skipped":  # pragma: no branch  the three are all there are
            assert ending.reason is not None
            if message.campaign is None:  # only the trigger is known, and the contract names nothing else
                data = MessageSkipped(
                    party_id=message.party_id,
                    trigger_event_id=message.trigger_event_id,
                    reason=ending.reason,
                    recorded_at=ending.at,
                )
            else:
                data = MessageSkipped(
                    **message.told(ending.at),  # type: ignore[arg-type]
                    reason=ending.reason,
                    deciding_event_ids=list(ending.deciding_event_ids),
                )
    return Emission(data, ending.at, cause, None, partition)


def tell_exited(message: Message, reason: SkipReason, at: datetime, cause: Event[object], partition: int) -> Emission:
    """The enrolment of this message ended before its last step."""
    assert message.enrolment_id is not None
    assert message.campaign is not None
    assert message.campaign_version is not None
    exited = EnrolmentExited(
        enrolment_id=message.enrolment_id,
        party_id=message.party_id,
        campaign=message.campaign,
        campaign_version=message.campaign_version,
        trigger_event_id=message.trigger_event_id,
        reason=reason,
        recorded_at=at,
    )
    return Emission(exited, at, cause, None, partition)
