"""What comes back of messages, told on `crm.campaigns`."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from shared.events.campaigns import CAMPAIGNS
from shared.events.contract import contract
from shared.events.values import Instant


@contract(CAMPAIGNS, "crm.message.bounced.v1", key="party_id", subject="message/{message_id}", minor=1)
@dataclass(frozen=True, slots=True, kw_only=True)
class MessageBounced:
    """It did not reach its address: `hard` for good, `soft` this time. `code` is the enhanced status of the answer.

    `identity_id` names the address, as descriptions of parties do; with `stopped` nothing is sent to it any more.
    """

    message_id: UUID
    party_id: UUID
    campaign: str
    trigger_event_id: str
    bounce: Literal["hard", "soft"]
    recorded_at: Instant
    code: str | None = None
    identity_id: UUID | None = None
    stopped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _CameBack:
    message_id: UUID
    party_id: UUID
    campaign: str
    trigger_event_id: str
    recorded_at: Instant


@contract(CAMPAIGNS, "crm.message.complained.v1", key="party_id", subject="message/{message_id}", minor=1)
@dataclass(frozen=True, slots=True, kw_only=True)
class MessageComplained(_CameBack):
    """Its reader called it spam; nothing more is sent to the address, which `identity_id` names as descriptions do."""

    identity_id: UUID | None = None


@contract(CAMPAIGNS, "crm.message.delivered.v1", key="party_id", subject="message/{message_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDelivered(_CameBack):
    """Whoever delivers it says that it reached its mailbox."""


@contract(CAMPAIGNS, "crm.message.opened.v1", key="party_id", subject="message/{message_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class MessageOpened(_CameBack):
    """The first time that it was opened. `machine`: by what it is held to have been a program; null: its reader."""

    machine: str | None = None


@contract(CAMPAIGNS, "crm.message.clicked.v1", key="party_id", subject="message/{message_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class MessageClicked(_CameBack):
    """The first time that a link of it was followed. `machine` as in `message.opened`."""

    label: str
    machine: str | None = None


@contract(CAMPAIGNS, "crm.message.watched.v1", key="party_id", subject="message/{message_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class MessageWatched(_CameBack):
    """The first time that so much of a video of it had been played. `machine` as in `message.opened`."""

    label: str
    percent: Literal[25, 50, 75, 100]
    machine: str | None = None
