"""Mailings, told on `crm.campaigns` and keyed by their campaign."""

from dataclasses import dataclass

from shared.events.campaigns import CAMPAIGNS
from shared.events.contract import contract
from shared.events.values import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mailing:
    """A mailing is a campaign of one message to everybody who was in a segment when it began."""

    campaign: str
    campaign_version: int
    segment: str
    recorded_at: Instant


@contract(CAMPAIGNS, "crm.mailing.started.v1", key="campaign", subject="campaign/{campaign}")
@dataclass(frozen=True, slots=True, kw_only=True)
class MailingStarted(_Mailing):
    """Its recipients are those who are in the segment now; they are released one after another."""


@contract(CAMPAIGNS, "crm.mailing.paused.v1", key="campaign", subject="campaign/{campaign}")
@dataclass(frozen=True, slots=True, kw_only=True)
class MailingPaused(_Mailing):
    """Nobody more is released for now."""


@contract(CAMPAIGNS, "crm.mailing.resumed.v1", key="campaign", subject="campaign/{campaign}")
@dataclass(frozen=True, slots=True, kw_only=True)
class MailingResumed(_Mailing):
    """It goes on where it was paused."""


@contract(CAMPAIGNS, "crm.mailing.cancelled.v1", key="campaign", subject="campaign/{campaign}")
@dataclass(frozen=True, slots=True, kw_only=True)
class MailingCancelled(_Mailing):
    """Nobody more is released; messages that are not decided yet end as `stopped`."""


@contract(CAMPAIGNS, "crm.mailing.completed.v1", key="campaign", subject="campaign/{campaign}")
@dataclass(frozen=True, slots=True, kw_only=True)
class MailingCompleted(_Mailing):
    """Every recipient has ended: the four numbers sum to the recipients. `cancelled` were never released."""

    recipients: int
    sent: int
    skipped: int
    unknown: int
    cancelled: int
