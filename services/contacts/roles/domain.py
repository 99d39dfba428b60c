"""Which roles a party has, and from when to when."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from services.contacts.parties.domain.party import Party
from services.contacts.roles.schemas import RoleView
from shared.events.roles import RoleEnded, RoleGranted
from shared.events.values import Role


@dataclass(frozen=True, slots=True)
class PartyRole:
    """A time in which the party has a role: from `since` (None: not known) to `ended_on`."""

    id: UUID
    party_id: UUID
    role: str
    since: date | None
    ended_on: date | None
    recorded_at: datetime


def view(each: PartyRole) -> RoleView:
    return RoleView(id=each.id, party_id=each.party_id, role=each.role, since=each.since, ended_on=each.ended_on)


def fault_of_beginning(since: date, today: date, before: Iterable[PartyRole]) -> str | None:
    """Why the party cannot have the role from that day on."""
    if since > today:
        return "a role begins today at the latest"
    if any(each.ended_on is not None and since < each.ended_on for each in before):
        return "the party had the role until a later day"
    return None


def without_ended(family: Mapping[UUID, Party], role: str) -> list[Party]:
    """Those of the parties that are one which showed a role only because of others that have it no more.

    Each stops showing it, also where the merges are undone in another order.
    """
    changed = []
    for party in family.values():
        if not any(role in pick.roles for pick in party.picked) or _is_held_below(family, party, role):
            continue
        party.picked = [pick._replace(roles=[each for each in pick.roles if each != role]) for pick in party.picked]
        changed.append(party)
    return changed


def _is_held_below(family: Mapping[UUID, Party], top: Party, role: str) -> bool:
    """Whether one that goes on as this party has the role itself."""
    return any(role in party.roles and _goes_on_as(family, party, top) for party in family.values())


def _goes_on_as(family: Mapping[UUID, Party], party: Party, top: Party) -> bool:
    following = party.merged_into
    while following is not None and following != top.id:
        following = family[following].merged_into if following in family else None
    return following is not None


def announce_granted(party: Party, each: PartyRole, origin: str | None) -> RoleGranted:
    return RoleGranted(**_said(party, each), recorded_at=each.recorded_at, origin=origin)


def announce_ended(party: Party, each: PartyRole, now: datetime) -> RoleEnded:
    assert each.ended_on is not None  # it has just been ended
    return RoleEnded(**_said(party, each), recorded_at=now, ended_on=each.ended_on.isoformat())


def told(data: RoleGranted | RoleEnded) -> PartyRole:
    """The role as an event of it has it."""
    ended_on = date.fromisoformat(data.ended_on) if isinstance(data, RoleEnded) else None
    since = date.fromisoformat(data.since) if data.since else None
    return PartyRole(data.role_id, data.party_id, data.role, since, ended_on, data.recorded_at)


def _said(party: Party, each: PartyRole) -> dict[str, Any]:
    return {
        "party_id": party.id,
        "party_version": party.version,
        "role_id": each.id,
        "role": cast("Role", each.role),
        "since": each.since.isoformat() if each.since else None,
    }
