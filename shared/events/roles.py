"""Which roles parties have and had, told on `crm.contacts`."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.events.contacts import CONTACTS
from shared.events.contract import contract
from shared.events.values import Instant, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class _Role:
    party_id: UUID
    party_version: int
    role_id: UUID
    role: Role
    recorded_at: Instant
    since: Annotated[str, Field(json_schema_extra={"format": "date"})] | None = None


@contract(CONTACTS, "crm.role.granted.v1", key="party_id", subject="party/{party_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class RoleGranted(_Role):
    """The party has this role, as far as it is known since that day; `role_id` names the time in which it has it."""

    origin: str | None = None


@contract(CONTACTS, "crm.role.ended.v1", key="party_id", subject="party/{party_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class RoleEnded(_Role):
    """The party had this role until the day `ended_on`. Who says so again later grants it anew."""

    ended_on: Annotated[str, Field(json_schema_extra={"format": "date"})]
