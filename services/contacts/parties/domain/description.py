"""A party as `crm.parties` describes it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.contacts.parties.domain.details import described, of_description, shown_details, told
from services.contacts.parties.domain.party import FIELDS, UNSTATED, Party, Primary, shown, shown_roles
from shared.events.parties import KnownIdentity, PartyDescribed


def describe(
    party: Party, identities: Sequence[KnownIdentity], now: datetime, version: int | None = None
) -> PartyDescribed:
    """The description that goes to `crm.parties`. `version` is that of the definitions of custom fields."""
    primary: dict[UUID, Literal["stated", "used_last"]] = {
        each.identity_id: "stated" if each.said else "used_last" for each in party.primary.values()
    }
    details = described(shown_details(party))
    return PartyDescribed(
        party_id=party.id,
        version=party.version,
        kind=shown(party, "kind") or UNSTATED,
        recorded_at=now,
        name=shown(party, "name"),
        address=shown(party, "address"),
        identities=[
            replace(identity, primary=identity.id in primary, primary_because=primary.get(identity.id))
            for identity in sorted(identities, key=lambda each: (each.type, each.system or "", each.value))
        ],
        roles=shown_roles(party),
        birth_date=shown(party, "birth_date"),
        locale=shown(party, "locale"),
        time_zone=shown(party, "time_zone"),
        owner=party.owner,
        merged_into=party.merged_into,
        **details,
        custom_version=version if details["custom"] else None,
    )


def take_back(party: Party, data: PartyDescribed, at: datetime) -> None:
    """The party as a description has it, unless it is at a later one."""
    if data.version <= party.version:
        return
    for name in FIELDS:
        if _differs(party, data, name):
            setattr(party, name, getattr(data, name))
            party.said_at[name] = max(at, party.said_at.get(name, at))
    before = of_description(data)
    for name in {*before, *party.details}:
        if before.get(name) != party.details.get(name):
            party.said_at[told(name)] = max(at, party.said_at.get(told(name), at))
    party.details = before
    party.version, party.roles = data.version, sorted(data.roles)
    party.owner, party.merged_into = data.owner, data.merged_into
    for each in data.identities:
        if each.primary:
            party.primary[each.type] = Primary(each.id, at, said=each.primary_because == "stated")


def _differs(party: Party, data: PartyDescribed, name: str) -> bool:
    """A kind that nobody stated is described as the usual one."""
    value = getattr(data, name)
    return bool(value != getattr(party, name)) and not (name == "kind" and value == UNSTATED and party.kind is None)
