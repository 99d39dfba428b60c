"""The events about enrolments and messages."""

from datetime import datetime
from typing import TypedDict
from uuid import UUID

from services.marketing.enrolments.domain.message import Ending, Enrolment, Message
from shared.engine.event import Emission, Event
from shared.events.campaigns import (
    EnrolmentExited,
    EnrolmentStarted,
    MessagePlanned,
    MessageSent,
    MessageSkipped,
    MessageUnknown,
    SkipReason,
)
from shared.events.values import Channel
from shared.ids import dated_id


class _OfMessage(TypedDict):
    """What every event about a message says of it."""

    message_id: UUID
    enrolment_id: UUID
    party_id: UUID
    campaign: str
    campaign_version: int
    step: int
    channel: Channel
    trigger_event_id: str
    due_at: datetime
    recorded_at: datetime


def announce_started(enrolment: Enrolment, cause: Event[object], partition: int) -> Emission:
    started = EnrolmentStarted(
        enrolment_id=enrolment.id,
        party_id=enrolment.party_id,
        campaign=enrolment.campaign,
        campaign_version=enrolment.version,
        trigger_event_id=enrolment.trigger_event_id,
        follow_up=enrolment.follow_up,
        recorded_at=enrolment.started_at,
    )
    return Emission(started, enrolment.started_at, cause, None, partition)


def announce_planned(message: Message, cause: Event[object], partition: int) -> Emission:
    planned = MessagePlanned(**_of_message(message, message.planned_at))
    return Emission(planned, message.planned_at, cause, _event_id(cause, "planned", message.id), partition)


def announce_ended(message: Message, ending: Ending, cause: Event[object], partition: int) -> Emission:
    data: MessageSent | MessageSkipped | MessageUnknown
    match ending.outcome:
        case "sent":
            data = MessageSent(**_of_message(message, ending.at), consent_event_id=ending.consent_event_id)
        case "unknown":
            data = MessageUnknown(**_of_message(message, ending.at))
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
                    **_of_message(message, ending.at),
                    reason=ending.reason,
                    deciding_event_ids=list(ending.deciding_event_ids),
                )
    return Emission(data, ending.at, cause, _event_id(cause, ending.outcome, message.id), partition)


def announce_exited(
    message: Message, reason: SkipReason, at: datetime, cause: Event[object], partition: int
) -> Emission:
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
    return Emission(exited, at, cause, _event_id(cause, "exited", message.enrolment_id), partition)


def _event_id(cause: Event[object], what: str, about: UUID) -> UUID:
    """What becomes of a message has one name, whenever it is decided: long after the record of its sale, or again after
    a restore.
    """
    return dated_id(int(cause.time.timestamp() * 1000), what, about)


def _of_message(message: Message, recorded_at: datetime) -> _OfMessage:
    # Only a message without a campaign lacks any of these.
    assert message.enrolment_id is not None
    assert message.campaign is not None
    assert message.campaign_version is not None
    assert message.step is not None
    assert message.channel is not None
    assert message.due_at is not None
    return {
        "message_id": message.id,
        "enrolment_id": message.enrolment_id,
        "party_id": message.party_id,
        "campaign": message.campaign,
        "campaign_version": message.campaign_version,
        "step": message.step,
        "channel": message.channel,
        "trigger_event_id": message.trigger_event_id,
        "due_at": message.due_at,
        "recorded_at": recorded_at,
    }
