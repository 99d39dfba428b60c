"""A mailing: its states, its pace and what is told of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from shared.engine.event import Emission
from shared.events.mailings import (
    MailingCancelled,
    MailingCompleted,
    MailingPaused,
    MailingResumed,
    MailingStarted,
)
from shared.ids import dated_id

State = Literal["draft", "running", "paused", "cancelled", "completed"]
Act = Literal["start", "pause", "resume", "cancel"]
_LEADS: dict[Act, tuple[frozenset[State], State]] = {
    "start": (frozenset({"draft"}), "running"),
    "pause": (frozenset({"running"}), "paused"),
    "resume": (frozenset({"paused"}), "running"),
    "cancel": (frozenset({"draft", "running", "paused"}), "cancelled"),
}
MOST_RELEASED = 500
"""Recipients of one transaction."""
_CATCHES_UP = timedelta(seconds=1)
"""So much of the time in which nothing was released may be made up for."""


@dataclass(frozen=True, slots=True)
class Mailing:
    name: str
    version: int
    segment: str
    per_minute: int
    state: State
    tested_at: datetime | None = None
    started_at: datetime | None = None
    frozen_at: datetime | None = None
    next_at: datetime | None = None
    collected_to: int = 0
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Numbers:
    """How many recipients ended how; `waiting` were not released yet, `open` wait to be decided or written to."""

    waiting: int = 0
    open: int = 0
    sent: int = 0
    skipped: int = 0
    unknown: int = 0
    cancelled: int = 0

    @property
    def recipients(self) -> int:
        return self.waiting + self.open + self.sent + self.skipped + self.unknown + self.cancelled


def lead(state: State, act: Act) -> State | None:
    """The state that an act leads to, the same one where it was done before; None where it cannot be done."""
    begins, ends = _LEADS[act]
    if state in begins or (state == ends and act != "start"):
        return ends
    return None


def pace(mailing: Mailing, now: datetime) -> tuple[int, datetime]:
    """How many recipients may be released now, and from when on the pace counts."""
    since = max(mailing.next_at or now, now - _CATCHES_UP)
    if now < since:
        return 0, since
    room = (now - since) * mailing.per_minute // timedelta(minutes=1) + 1
    return min(MOST_RELEASED, room), since


def after(mailing: Mailing, since: datetime, released: int) -> datetime:
    """When the next recipient may be released."""
    return since + timedelta(minutes=1) * released / mailing.per_minute


def announce(mailing: Mailing, act: Act, now: datetime) -> Emission:
    said = {
        "start": MailingStarted,
        "pause": MailingPaused,
        "resume": MailingResumed,
        "cancel": MailingCancelled,
    }[act](campaign=mailing.name, campaign_version=mailing.version, segment=mailing.segment, recorded_at=now)
    return Emission(said, now, id=_event_id(mailing, act, now))


def announce_completed(mailing: Mailing, numbers: Numbers, now: datetime) -> Emission:
    said = MailingCompleted(
        campaign=mailing.name,
        campaign_version=mailing.version,
        segment=mailing.segment,
        recipients=numbers.recipients,
        sent=numbers.sent,
        skipped=numbers.skipped,
        unknown=numbers.unknown,
        cancelled=numbers.cancelled,
        recorded_at=now,
    )
    return Emission(said, now, id=_event_id(mailing, "complete", now))


def _event_id(mailing: Mailing, what: str, now: datetime) -> UUID:
    return dated_id(int(now.timestamp() * 1000), "mailing", mailing.name, what)
