"""A party as `crm.parties` describes it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal
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
            replace(identity, primary=True, primary_because=primary[identity.id])
            if identity.id in primary
            else identity
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
    before, own = of_description(data), shown_details(party)
    if before != own:
        for name in {*before, *own}:
            if before.get(name) != own.get(name):
                party.said_at[told(name)] = max(at, party.said_at.get(told(name), at))
        party.details = {name: value for name, value in before.items() if _is_own(party, name, value)}
    if sorted(data.roles) != shown_roles(party):
        party.roles = sorted(data.roles)
    party.version = data.version
    party.owner, party.merged_into = data.owner, data.merged_into
    for each in data.identities:
        if each.primary:
            party.primary[each.type] = Primary(each.id, at, said=each.primary_because == "stated")


def _is_own(party: Party, name: str, value: Any) -> bool:
    """Not shown of one that was merged into the party: that goes when the merge is undone."""
    return name in party.details or shown_details(party).get(name) != value


def _differs(party: Party, data: PartyDescribed, name: str) -> bool:
    """From what is shown. A kind that nobody stated is described as the usual one."""
    value, own = getattr(data, name), shown(party, name)
    return bool(value != own) and not (name == "kind" and value == UNSTATED and own is None)
