"""What only some parties have: addresses by what they are for, tags, and the operator's own fields.

Each stands under a name of its own, as `addresses.billing`, `tags.vip` or `custom.industry`. Of each address and field
the later word holds. Tags are added by whatever tells them, unless people said later which ones the party has.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, get_args

from pydantic_core import to_jsonable_python

from services.contacts.parties.domain.party import Party, after_picks
from shared.events.ingest import Address, Addresses, ReportedParty
from shared.events.parties import PartyDescribed
from shared.events.values import AddressKind

KINDS: tuple[AddressKind, ...] = get_args(AddressKind)
MOST_TAGS = 100
"""So many tags has a party at most, so that a topic takes its description; what tells more leaves them out."""
_BLANK = Address()


def stated(reported: ReportedParty) -> dict[str, Any]:
    """What a profile or a fact says of them, by name; nothing for most."""
    if not (reported.tags or reported.custom or reported.addresses):
        return {}
    found: dict[str, Any] = {f"tags.{tag}": True for tag in reported.tags}
    found |= {f"custom.{name}": value for name, value in reported.custom.items() if value is not None}
    for kind in KINDS if reported.addresses else ():
        address = getattr(reported.addresses, kind)
        if address is not None and address != _BLANK:
            found[f"addresses.{kind}"] = to_jsonable_python(address)
    return found


def amend_details(party: Party, values: Mapping[str, Any], at: datetime, *, prevails: bool = False) -> set[str]:
    """Set what is given, None takes it off, unless it was stated later than `at`; with `prevails` in any case. Returns
    the fields that changed, as events name them.
    """
    before = shown_details(party)
    details = dict(party.details)
    for name, value in values.items():
        last = party.said_at.get(told(name), at)
        if last > at and not prevails:
            continue
        if not _is_tag(name):
            party.said_at[name] = max(last, after_picks(party, at) if prevails else at)
        if value is None:
            details.pop(name, None)
        elif not _is_tag(name) or fits(name, before | details):
            details[name] = value
    party.details = details
    return _differing(before, shown_details(party))


def set_tags(party: Party, tags: Sequence[str], at: datetime) -> set[str]:
    """These are all that the party has; what told others before does not add them. Returns `tags` if that is new."""
    before = shown_details(party)
    party.said_at["tags"] = max(after_picks(party, at), party.said_at.get("tags", at))
    own = {name: value for name, value in party.details.items() if not _is_tag(name)}
    party.details = own | {f"tags.{tag}": True for tag in tags}
    return _differing(before, shown_details(party))


def fill_details(party: Party, values: Mapping[str, Any], at: datetime) -> set[str]:
    """A fact of the time `at` adds its tags, and fills what else is empty and no profile ever stated.

    Returns the fields that changed, as events name them.
    """
    tags = {name: value for name, value in values.items() if _is_tag(name)}
    fresh = {
        name: value
        for name, value in values.items()
        if name not in tags and name not in party.details and name not in party.said_at
    }
    if fresh:
        party.details = {**party.details, **fresh}
    return {*fresh, *(amend_details(party, tags, at) if tags else ())}


def fits(name: str, known: Mapping[str, Any]) -> bool:
    """Whether a party that has those details has room for this one."""
    return not _is_tag(name) or name in known or sum(map(_is_tag, known)) < MOST_TAGS


def shown_details(party: Party) -> dict[str, Any]:
    """The party's own, and what it shows of others that were merged into it."""
    if not party.picked:
        return party.details
    found: dict[str, Any] = {}
    for pick in party.picked:
        for name, value in pick.details.items():
            said = party.said_at.get(told(name))
            if said is None or said <= pick.at:
                found[name] = value
    return found | party.details


def has_all_tags(party: Party, tags: Collection[str]) -> bool:
    return not tags or shown_details(party).keys() >= {f"tags.{tag}" for tag in tags}


def told(name: str) -> str:
    """As events name it: a tag is a word of people, and none of theirs."""
    return "tags" if _is_tag(name) else name


def _is_tag(name: str) -> bool:
    return name.startswith("tags.")


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> set[str]:
    return {told(name) for name in {*before, *after} if before.get(name) != after.get(name)}


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
