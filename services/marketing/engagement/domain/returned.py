"""What came back of a letter, and the events about it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypedDict, cast
from uuid import UUID

from services.marketing.engagement.schemas import Percent
from services.marketing.enrolments.domain.message import Message
from services.marketing.enrolments.domain.sale import Sale
from shared.engine.event import Emission
from shared.events.returned import (
    MessageBounced,
    MessageClicked,
    MessageComplained,
    MessageDelivered,
    MessageOpened,
    MessageWatched,
)
from shared.ids import dated_id

Reported = Literal["delivered", "hard", "soft", "complaint", "opened", "clicked"]
"""What others may report. The page of a video is `shown`, and the video `watched`, here alone."""
Kind = Reported | Literal["shown", "watched"]
Returned = MessageBounced | MessageClicked | MessageComplained | MessageDelivered | MessageOpened | MessageWatched


@dataclass(frozen=True, slots=True)
class Report:
    """`verdict`: by what a machine is thought to have opened or followed it; empty: a person. `percent`: so much of the
    video was played; 0 of all else.
    """

    message_id: UUID
    kind: Kind
    code: str | None = None
    label: str = ""
    verdict: str = ""
    percent: Percent | Literal[0] = 0


_VISITS = frozenset({"opened", "clicked", "shown", "watched"})


class _OfMessage(TypedDict):
    message_id: UUID
    party_id: UUID
    campaign: str
    trigger_event_id: str
    recorded_at: datetime


def announce_returned(
    message: Message,
    sale: Sale,
    report: Report,
    at: datetime,
    identity_id: UUID | None,
    *,
    stopped: bool,
) -> Emission:
    """Each comes back once: told again, it is the same event. `identity_id` is of the address, which may be stopped by
    it.
    """
    told = [report.label, "machine" if report.verdict else "person"] if report.kind in _VISITS else []
    if report.percent:
        told.append(str(report.percent))
    event_id = dated_id(int(message.triggered_at.timestamp() * 1000), report.kind, message.id, *told)
    return Emission(
        _said(message, report, at, identity_id, stopped=stopped), at, sale.cause(), event_id, sale.partition
    )


def _said(message: Message, report: Report, at: datetime, identity_id: UUID | None, *, stopped: bool) -> Returned:
    assert message.campaign is not None
    about: _OfMessage = {
        "message_id": message.id,
        "party_id": message.party_id,
        "campaign": message.campaign,
        "trigger_event_id": message.trigger_event_id,
        "recorded_at": at,
    }
    machine = report.verdict or None
    match report.kind:
        case "delivered":
            return MessageDelivered(**about)
        case "complaint":
            return MessageComplained(**about, identity_id=identity_id)
        case "opened":
            return MessageOpened(**about, machine=machine)
        case "clicked" | "shown":
            return MessageClicked(**about, machine=machine, label=report.label)
        case "watched":
            percent = cast("Percent", report.percent)
            return MessageWatched(**about, machine=machine, label=report.label, percent=percent)
        case "hard" | "soft":  # pragma: no branch  these are all there are
            return MessageBounced(
                **about, bounce=report.kind, code=report.code, identity_id=identity_id, stopped=stopped
            )
