"""What only some parties have: addresses by what they are for, tags, and the operator's own fields.

Each stands under a name of its own, as `addresses.billing`, `tags.vip` or `custom.industry`, and of each the later word
holds. A tag that was taken off is one that is not there.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, get_args

from pydantic_core import to_jsonable_python

from services.contacts.parties.domain.party import Party
from shared.events.ingest import Address, Addresses, ReportedParty
from shared.events.parties import PartyDescribed
from shared.events.values import AddressKind

KINDS: tuple[AddressKind, ...] = get_args(AddressKind)


def stated(reported: ReportedParty) -> dict[str, Any]:
    """What a profile or a fact says of them, by name; nothing for most."""
    if not (reported.tags or reported.custom or reported.addresses):
        return {}
    found: dict[str, Any] = {f"tags.{tag}": True for tag in reported.tags}
    found |= {f"custom.{name}": value for name, value in reported.custom.items() if value is not None}
    for kind in KINDS if reported.addresses else ():
        if (address := getattr(reported.addresses, kind)) is not None:
            found[f"addresses.{kind}"] = to_jsonable_python(address)
    return found


def amend_details(party: Party, values: Mapping[str, Any], at: datetime, *, prevails: bool = False) -> set[str]:
    """Set what is given, None takes it off, unless it was stated later than `at`; with `prevails` in any case. Returns
    the fields that changed, as events name them.
    """
    changed = set()
    for name, value in values.items():
        last = party.said_at.get(name, at)
        if last > at and not prevails:
            continue
        before = shown_details(party).get(name)
        party.said_at[name] = max(last, at)
        party.details = {each: kept for each, kept in party.details.items() if each != name}
        if value is not None:
            party.details[name] = value
        if before != shown_details(party).get(name):
            changed.add(told(name))
    return changed


def fill_details(party: Party, values: Mapping[str, Any]) -> set[str]:
    """A fact fills what is empty and no profile ever stated. Returns the fields that changed, as events name them."""
    fresh = {name: value for name, value in values.items() if name not in party.details and name not in party.said_at}
    if fresh:
        party.details = {**party.details, **fresh}
    return {told(name) for name in fresh}


def shown_details(party: Party) -> dict[str, Any]:
    """The party's own, and what it shows of others that were merged into it."""
    if not party.picked:
        return party.details
    found: dict[str, Any] = {}
    for pick in party.picked:
        for name, value in pick.details.items():
            said = party.said_at.get(name)
            if said is None or said <= pick.at:
                found[name] = value
    return found | party.details


def told(name: str) -> str:
    """As events name it: a tag is a word of people, and none of theirs."""
    return "tags" if name.startswith("tags.") else name


def described(details: Mapping[str, Any]) -> dict[str, Any]:
    """As descriptions have them."""
    addresses = {kind: Address(**details[f"addresses.{kind}"]) for kind in KINDS if f"addresses.{kind}" in details}
    return {
        "addresses": Addresses(**addresses) if addresses else None,
        "tags": sorted(_under("tags", details)),
        "custom": dict(sorted(_under("custom", details).items())),
    }


def of_description(data: PartyDescribed) -> dict[str, Any]:
    """The other way round."""
    return stated(ReportedParty(addresses=data.addresses, tags=data.tags, custom=dict(data.custom)))


def _under(kind: str, details: Mapping[str, Any]) -> dict[str, Any]:
    return {name.removeprefix(f"{kind}."): value for name, value in details.items() if name.startswith(f"{kind}.")}
