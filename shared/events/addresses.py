"""What people say of addresses that letters go to, told on `crm.campaigns`."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from shared.events.campaigns import CAMPAIGNS
from shared.events.contract import contract
from shared.events.values import Instant


@contract(CAMPAIGNS, "crm.address.stopped.v1", key="address_id", subject="address/{address_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class AddressStopped:
    """Somebody said that nothing is sent to it, whoever has it. `address_id` names it to marketing alone."""

    address_id: UUID
    recorded_at: Instant


@contract(CAMPAIGNS, "crm.address.lifted.v1", key="address_id", subject="address/{address_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class AddressLifted:
    """Somebody said that it may be written to again; `stopped_by` is what had stopped it."""

    address_id: UUID
    stopped_by: Literal["listed", "hard_bounce", "soft_bounces", "complaint"]
    recorded_at: Instant
    because: Literal["asked_again", "mistake", "reachable", "other"] | None = None
    agent: str | None = None
