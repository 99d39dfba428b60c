"""Who a party is: what facts and profiles say of it, and its published description."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from typing_extensions import TypedDict  # pydantic reads this one before Python 3.12

from shared.events.contacts import PartyRegistered, PartyUpdated
from shared.events.ingest import Address, ReportedParty
from shared.events.parties import PartyDescribed
from shared.events.values import PartyKind

FIELDS = ("kind", "name", "address", "birth_date", "locale", "time_zone")
UNSTATED: PartyKind = "person"


class Lifecycle(NamedTuple):
    """The stage that holds, since when, until when time alone changes nothing of it, and the first sale."""

    stage: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    bought_at: datetime | None = None


class Primary(NamedTuple):
    """Which of several addresses of a kind is written to: since when, and whether it was said to be."""

    identity_id: UUID
    at: datetime
    said: bool


class Picked(TypedDict, total=False):
    """Fields of a party."""

    kind: PartyKind
    name: str
    address: Address
    birth_date: str
    locale: str
    time_zone: str


class Pick(NamedTuple):
    """What a party shows of one that was merged into it. `chosen` are fields that somebody picked; the others fill what
    the party does not say itself. Of a field that a profile states after `at`, nothing is shown.
    """

    merge_id: UUID
    at: datetime
    values: Picked
    chosen: Sequence[str] = ()
    roles: Sequence[str] = ()
    details: Mapping[str, Any] = MappingProxyType({})


class Description(NamedTuple):
    """How a party is described, and that as JSON."""

    data: PartyDescribed
    body: bytes


@dataclass(slots=True, kw_only=True)
class Party:
    """The row of a party. `said_at` tells when a profile last stated each field; what only a fact stated is not in it.

    `version` counts the published descriptions; 0 means none yet. `primary` has an entry for each type of address
    of which the party has several, or of which one was said to be written to. `score` says how complete that is, and
    `missing` what is not known, the heaviest first. Of an erased party nothing is stated. `revision` is a new
    description, which is kept with the next save.
    """

    id: UUID
    partition: int
    version: int = 0
    kind: PartyKind | None = None
    name: str | None = None
    address: Any = None
    roles: list[str] = field(default_factory=list)
    birth_date: str | None = None
    locale: str | None = None
    time_zone: str | None = None
    owner: str | None = None
    merged_into: UUID | None = None
    said_at: dict[str, datetime] = field(default_factory=dict)
    primary: dict[str, Primary] = field(default_factory=dict)
    picked: list[Pick] = field(default_factory=list)
    lifecycle: Lifecycle = field(default_factory=Lifecycle)
    score: int | None = None
    missing: list[str] = field(default_factory=list)
    registered_at: datetime | None = None
    erased_at: datetime | None = None
    details: dict[str, Any] = field(default_factory=dict)
    revision: Description | None = None


def fill(party: Party, reported: ReportedParty, at: datetime) -> set[str]:
    """A fact of the time `at` fills what is empty and no profile ever stated. Returns the fields that changed."""
    changed = set()
    for name in FIELDS:
        value = getattr(reported, name)
        if value is not None and getattr(party, name) is None and name not in party.said_at:
            setattr(party, name, value)
            changed.add(name)
    return changed | add_roles(party, reported.roles, at)


def has_news(party: Party, reported: ReportedParty) -> bool:
    """Whether `fill` would change something."""
    return (
        (party.name is None and reported.name is not None)
        or (party.kind is None and reported.kind is not None)
        or (party.address is None and reported.address is not None)
        or (party.locale is None and reported.locale is not None)
        or (party.birth_date is None and reported.birth_date is not None)
        or (party.time_zone is None and reported.time_zone is not None)
        or any(role not in party.roles for role in reported.roles)
        or bool(reported.tags or reported.custom or reported.addresses)
    )


def submit(party: Party, reported: ReportedParty, at: datetime, *, prevails: bool = False) -> set[str]:
    """A profile of the time `at` overwrites, field by field, what was stated before; the later of two wins.

    Roles are added. With `prevails` it wins in any case.
    """
    said = {name: value for name in FIELDS if (value := getattr(reported, name)) is not None}
    return amend(party, said, at, prevails=prevails) | add_roles(party, reported.roles, at)


def amend(party: Party, values: Mapping[str, Any], at: datetime, *, prevails: bool = False) -> set[str]:
    """Set the fields given, None included, unless one was stated later than `at`. Returns the fields that changed.

    With `prevails` they are set in any case: what people of the company write is of now, and a sender's clock may be
    ahead of ours.
    """
    changed = set()
    for name, value in values.items():
        last = party.said_at.get(name, at)
        if last > at and not prevails:
            continue
        before = shown(party, name), getattr(party, name)
        party.said_at[name] = max(last, after_picks(party, at) if prevails else at)
        setattr(party, name, value)
        if before != (shown(party, name), value):
            changed.add(name)
    return changed


def after_picks(party: Party, at: datetime) -> datetime:
    """When it counts as said what is to hold whatever was picked before: in one moment, or by a clock that is ahead."""
    return max([at, *(pick.at + timedelta.resolution for pick in party.picked)]) if party.picked else at


def shown(party: Party, name: str) -> Any:
    """A field as descriptions and answers have it: the party's own, or what was picked in a merge."""
    value = getattr(party, name)
    for pick in party.picked:
        said = party.said_at.get(name)
        if name in pick.values and (said is None or said <= pick.at) and (value is None or name in pick.chosen):
            value = pick.values[name]  # type: ignore[literal-required]  # it is one of FIELDS
    return value


def shown_fields(party: Party) -> dict[str, Any]:
    """A party's fields and roles, as they are shown with what was picked in merges."""
    return {name: shown(party, name) for name in FIELDS} | {"roles": shown_roles(party)}


def shown_roles(party: Party) -> list[str]:
    return (
        sorted({*party.roles, *(role for pick in party.picked for role in pick.roles)}) if party.picked else party.roles
    )


def add_roles(party: Party, roles: Sequence[str], at: datetime) -> set[str]:
    """Give the party those roles of which nobody has said later than `at` that they ended. Returns `roles` if there is
    a new one.
    """
    # A role ends by an event of its own, never because a profile leaves it out.
    missing = [role for role in roles if role not in party.roles and party.said_at.get(_ending(role), at) <= at]
    party.roles = sorted({*party.roles, *missing}) if missing else party.roles
    return {"roles"} if missing else set()


def end_role(party: Party, role: str, at: datetime) -> None:
    """What was told of the role until `at` gives it to the party no more."""
    party.said_at[_ending(role)] = max(at, party.said_at.get(_ending(role), at))
    party.roles = [each for each in party.roles if each != role]


def _ending(role: str) -> str:
    """The field in `said_at` that has when a role was last said to be over."""
    return f"roles.{role}"


def prefer(party: Party, type_: str, used: Primary) -> bool:
    """An address was used, or said to be the one to write to. What was said goes before what was used, later before
    earlier. Returns whether another address is written to from now on, or for another reason.
    """
    before = party.primary.get(type_)
    if before is not None and (before.said, before.at) > (used.said, used.at):
        return False
    party.primary[type_] = used
    return before is None or (before.identity_id, before.said) != (used.identity_id, used.said)


def announce_registered(party: Party, now: datetime, origin: str | None) -> PartyRegistered:
    return PartyRegistered(
        party_id=party.id,
        party_version=party.version,
        kind=party.kind or UNSTATED,
        recorded_at=now,
        origin=origin,
        completeness=party.score,
        missing=party.missing,
    )


def announce_updated(party: Party, fields: set[str], now: datetime, origin: str | None) -> PartyUpdated:
    """Which fields changed, without their values."""
    return PartyUpdated(
        party_id=party.id, party_version=party.version, fields=sorted(fields), recorded_at=now, origin=origin
    )
