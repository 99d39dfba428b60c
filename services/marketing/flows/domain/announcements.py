"""The events about enrolments that have a state."""

from datetime import datetime

from services.marketing.flows.domain.machine import Flow
from shared.engine.event import Emission, Event
from shared.events.campaigns import EnrolmentExited
from shared.ids import dated_id


def cause_of(flow: Flow) -> Event[object]:
    """Its trigger as the cause of what follows from it later, when that event is no longer at hand."""
    return Event(
        flow.trigger_event_id,
        "crm.enrolment.started.v1",
        "/contacts",
        flow.triggered_at,
        flow.since,
        "crm.campaigns",
        flow.partition,
        -1,
        str(flow.party_id).encode(),
        flow.correlation_id,
        flow.traceparent,
        None,
    )


def announce_left(flow: Flow, cause: Event[object], now: datetime) -> Emission:
    """Before its last step, for the reason that it ended with."""
    exited = EnrolmentExited(
        enrolment_id=flow.id,
        party_id=flow.party_id,
        campaign=flow.campaign,
        campaign_version=flow.version,
        trigger_event_id=flow.trigger_event_id,
        reason=flow.reason or "",
        recorded_at=now,
        deciding_event_id=flow.ended_by,
    )
    event_id = dated_id(int(flow.triggered_at.timestamp() * 1000), "exited", flow.id)
    return Emission(exited, now, cause, event_id, flow.partition)
