"""An attempt to send a message, and what comes of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.marketing.catalogue.domain.campaign import Campaign
from services.marketing.catalogue.domain.steps import Content, Survey
from services.marketing.enrolments.decisions.decision import Skip
from services.marketing.enrolments.domain.message import Ending, Message
from services.marketing.enrolments.domain.sale import Sale
from services.marketing.sending.domain.letter import Addressee
from services.marketing.sending.domain.verdict import LOST, Verdict, wait_before

Via = Literal["smtp", "maildir", "webhook", "former"]
"""How an attempt goes; `former`: it may have been made before the database was restored, in whatever way."""

FORMER = UUID(int=0)
"""Whose attempts those are: nobody ever holds the lock of this id."""


@dataclass(frozen=True, slots=True)
class Dispatch:
    """What is cleared to be sent, as it is stored. `number` counts the attempts begun, this one included; `unsure`: an
    earlier one may have been accepted.
    """

    message_id: UUID
    triggered_at: datetime
    number: int
    content: str
    decided_at: datetime
    consent_event_id: str | None
    unsure: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came of an attempt that a provider was asked for, for the ledger."""

    message_id: UUID
    number: int
    channel: str
    outcome: str
    reason: str
    code: int | None
    settled_at: datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """A message in the hands of one sender. `addressee` None: the address was lost since, perhaps by an erasure.

    `stopped`: what has come to stand against it while it waited.
    """

    dispatch: Dispatch
    message: Message
    campaign: Campaign
    sale: Sale
    products: Sequence[str]
    addressee: Addressee | None
    erased: bool
    stopped: Skip | None = None

    @property
    def content(self) -> Content:
        assert self.message.step is not None
        contents = self.campaign.definition.sends[self.message.step].content
        return next(each for each in contents if each.template == self.dispatch.content)

    @property
    def survey(self) -> Survey | None:
        """What the message asks its reader."""
        assert self.message.step is not None
        return self.campaign.definition.sends[self.message.step].survey


@dataclass(frozen=True, slots=True)
class Settled:
    """How many messages ended how, or were put off."""

    sent: int = 0
    skipped: int = 0
    unknown: int = 0
    later: int = 0


def postponement_of(attempt: Attempt, verdict: Verdict) -> float | None:
    """Seconds until the next attempt; None where the message ends."""
    if verdict.kind not in {"later", "unsure"}:
        return None
    return wait_before(attempt.dispatch.number, verdict.wait_s)


def delivery_of(attempt: Attempt, verdict: Verdict, now: datetime) -> Delivery | None:
    """None where nobody was asked."""
    message = attempt.message
    if verdict.kind in {"no_address", "stopped"}:
        return None
    reason = verdict.reason or verdict.kind
    return Delivery(message.id, attempt.dispatch.number, message.channel or "", verdict.kind, reason, verdict.code, now)


def ending_of(attempt: Attempt, verdict: Verdict, now: datetime) -> Ending:
    """How the message ends; `later` and `unsure` mean here that it was put off too often. What an earlier attempt may
    have brought is not said to have been refused, or stopped.
    """
    dispatch = attempt.dispatch
    if dispatch.unsure and verdict.kind != "accepted":
        verdict = LOST
    # On the stream's clock the slowest partition may lag behind the one that decided.
    at = max(dispatch.decided_at, now)
    decided_by = (attempt.message.trigger_event_id,)
    match verdict.kind:
        case "accepted":
            return Ending("sent", at, consent_event_id=dispatch.consent_event_id, content=dispatch.content)
        case "lost" | "unsure":
            return Ending("unknown", at, consent_event_id=dispatch.consent_event_id, content=dispatch.content)
        case "stopped":
            assert attempt.stopped is not None
            return Ending("skipped", at, attempt.stopped.reason, attempt.stopped.deciding_event_ids)
        case "no_address":
            return Ending("skipped", at, "erased" if attempt.erased else "no_address", decided_by)
        case "refused" | "later":
            return Ending("skipped", at, "refused", decided_by, dispatch.consent_event_id, dispatch.content)
