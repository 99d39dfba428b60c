"""Who may erase, what is said of it, and where an erased party may still be read."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple
from uuid import UUID

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from services.contacts.parties.domain.identity import Claim, Reading, read_identities
from services.contacts.parties.domain.party import Party
from services.contacts.privacy.schemas import Confirmation, ErasureView, TopicFate
from shared.engine.event import Emission, Event
from shared.engine.outbox import Removal
from shared.engine.partitions import partition_of
from shared.errors import Refused
from shared.events.campaigns import ErasureConfirmed as OfCampaigns
from shared.events.contract import contract_of, contracts
from shared.events.erased import ErasureDeclined, ErasureRequested, Exemption, Ground, PartyErased
from shared.events.erasure import Forgotten, counted
from shared.events.ingest import ReportedIdentity
from shared.events.insights import ErasureConfirmed as OfInsights
from shared.events.parties import PARTIES, PartyDescribed
from shared.events.tickets import ErasureConfirmed as OfTickets
from shared.events.topics import OWNERS
from shared.ids import dated_id

Confirmed = OfCampaigns | OfTickets | OfInsights
State = Literal["requested", "approved", "declined"]
WRITTEN_AGAIN = timedelta(hours=25)
"""A segment of a compacted topic that nothing is added to is never closed: the null value is written again."""
_SERVICES = sorted(OWNERS[each.topic].removeprefix("/") for each in contracts() if issubclass(each.model, Forgotten))
"""Whoever may confirm has to."""
_IDENTITY = TypeAdapter(ReportedIdentity)
_PARTS = re.compile(r"[^\s\"'<>,;:(){}\[\]]+")
_NUMBERS = re.compile(r"\+?[0-9][0-9 ()./-]{5,24}[0-9]")
_LONGEST_ADDRESS = 320


class SamePerson(Refused):
    """Nobody erases alone."""

    status = 409
    reason = "same_person"


class Decided(Refused):
    """Somebody has approved or declined it; `state` is the erasure as it is."""

    status = 409
    reason = "decided"


@dataclass(frozen=True, slots=True)
class Erasure:
    """What somebody of the company asked for, on which ground, and what became of it: refused by an exemption where it
    was declined with one; `lost` are fields that no topic told.
    """

    id: UUID
    party_id: UUID
    party_ids: list[UUID]
    state: State
    because: str
    requested_by: str
    requested_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    found: dict[str, int]
    parked: int
    quarantined: int
    searched_at: datetime | None
    lost: list[str] = field(default_factory=list)
    ground: Ground | None = None
    exemption: Exemption | None = None


class Confirming(NamedTuple):
    """A service has forgotten a party."""

    party_id: UUID
    service: str
    forgotten: dict[str, int]
    event_id: str
    confirmed_at: datetime


def require_second(erasure: Erasure, who: str) -> None:
    """Raises SamePerson where the one who asked would approve or refuse it."""
    if erasure.requested_by == who:
        raise SamePerson("an erasure is approved, or refused, by another person than the one who asked for it")


def announce_request(asked: Erasure) -> Emission:
    """That somebody asked for it."""
    said = ErasureRequested(
        party_id=asked.party_id,
        erasure_id=asked.id,
        requested_by=asked.requested_by,
        recorded_at=asked.requested_at,
        ground=asked.ground,
    )
    return Emission(said, asked.requested_at, partition=partition_of(str(asked.party_id)))


def announce_declined(declined: Erasure, now: datetime) -> Emission:
    """That it is not to be done."""
    said = ErasureDeclined(
        party_id=declined.party_id,
        erasure_id=declined.id,
        declined_by=declined.decided_by or "",
        recorded_at=now,
        requested_by=declined.requested_by,
        requested_at=declined.requested_at,
        ground=declined.ground,
        exemption=declined.exemption,
    )
    return Emission(said, now, partition=partition_of(str(declined.party_id)))


def told_undone(told: ErasureRequested | ErasureDeclined) -> Erasure:
    """An erasure that waits or was declined, as its event tells it."""
    at = told.recorded_at if isinstance(told, ErasureRequested) else told.requested_at
    asked = Erasure(
        told.erasure_id,
        told.party_id,
        [told.party_id],
        "requested",
        "",
        told.requested_by,
        at,
        None,
        None,
        {},
        0,
        0,
        None,
        ["because"],
        told.ground,
    )
    if isinstance(told, ErasureRequested):
        return asked
    declined = replace(asked, state="declined", decided_by=told.declined_by, decided_at=told.recorded_at)
    return replace(declined, exemption=told.exemption)


def announce_erasure(done: Erasure, party: Party, now: datetime) -> Iterator[Emission]:
    """That the party was erased, and the null value that removes it from the compacted topic."""
    said = PartyErased(
        party_id=party.id,
        party_version=party.version,
        erasure_id=done.id,
        recorded_at=now,
        asked_for=done.party_id,
        requested_by=done.requested_by,
        requested_at=done.requested_at,
        approved_by=done.decided_by,
        found=counted(done.found),
        ground=done.ground,
    )
    yield Emission(said, now, partition=party.partition)
    yield remove_description(party.id, now)


def told_erasure(told: PartyErased, known: Erasure | None) -> Erasure:
    """An erasure that was approved, as its event tells it; `known` is what stands of it, as another party's event may
    have told it.
    """
    if known is not None and known.state == "approved":
        others = [party_id for party_id in (*known.party_ids, told.party_id) if party_id != known.party_id]
        return replace(known, party_ids=[known.party_id, *sorted(set(others))])
    asked_for = known.party_id if known else told.asked_for or told.party_id
    said = {"requested_by": told.requested_by, "requested_at": told.requested_at}
    lost = [] if known else [name for name, value in said.items() if value is None]
    lost += [name for name, value in (("decided_by", told.approved_by), ("found", told.found)) if not value]
    return Erasure(
        told.erasure_id,
        asked_for,
        list(dict.fromkeys([asked_for, told.party_id])),
        "approved",
        "",
        known.requested_by if known else told.requested_by or "",
        known.requested_at if known else told.requested_at or told.recorded_at,
        told.approved_by,
        told.recorded_at,
        {each.what: each.count for each in told.found},
        0,
        0,
        None,
        lost,
        (known.ground if known else None) or told.ground,
    )


def remove_description(party_id: UUID, now: datetime) -> Emission:
    """The null value of a party on the compacted topic."""
    event_id = dated_id(int(now.timestamp() * 1000), "erased", party_id)
    return Emission(Removal(PARTIES, contract_of(PartyDescribed).type, str(party_id)), now, id=event_id)


def confirmations_of(events: Iterable[Event[Any]]) -> dict[tuple[UUID, str], Confirming]:
    """By party and service, the first of these events that confirms."""
    found: dict[tuple[UUID, str], Confirming] = {}
    for event in events:
        data = event.data
        if isinstance(data, Forgotten):
            service = event.source.removeprefix("/")
            forgotten = {each.what: each.count for each in data.forgotten}
            confirming = Confirming(data.party_id, service, forgotten, event.id, data.recorded_at)
            found.setdefault((data.party_id, service), confirming)
    return found


def certify(erasure: Erasure, left: dict[str, int], confirmations: Sequence[Confirmation]) -> ErasureView:
    """The erasure as it is shown; approved, with what says where the party may still be read."""
    view = ErasureView(**{name: getattr(erasure, name) for name in Erasure.__slots__}, left=left)
    if erasure.state != "approved" or erasure.decided_at is None:
        return view
    view.confirmations = list(confirmations)
    confirmed = {each.service for each in confirmations}
    view.waiting_for = [service for service in _SERVICES if service not in confirmed]
    view.topics = list(_fates(erasure.decided_at))
    view.complete = not view.waiting_for and erasure.searched_at is not None and not any(left.values())
    return view


def _fates(at: datetime) -> Iterator[TopicFate]:
    yield TopicFate(
        topic="crm.parties", gone_by=at + timedelta(days=3), because="a null value removes it when it is compacted"
    )
    for topic in ("crm.ingest", "crm.requests"):
        yield TopicFate(topic=topic, gone_by=at + timedelta(days=8), because="it is kept for seven days")


def claims_in(value: bytes | None, reading: Reading) -> set[Claim]:
    """Whom a record may be about: every identity in its JSON; where there is none, what looks like an e-mail or a
    phone, in JSON of another form too.
    """
    try:
        named = list(_identities(from_json(value or b"")))
    except ValueError:
        named = []
    return set(read_identities(named or list(_words((value or b"").decode("utf-8", "replace"))), reading).claims)


def _words(text: str) -> Iterator[ReportedIdentity]:
    """In time that grows with the text alone, whatever anybody sent."""
    for word in _PARTS.findall(text):
        if "@" in word and len(word) <= _LONGEST_ADDRESS:
            yield ReportedIdentity(type="email", value=word)
    for word in _NUMBERS.findall(text):
        yield ReportedIdentity(type="phone", value=word)


def _identities(node: object) -> Iterator[ReportedIdentity]:
    if isinstance(node, dict):
        if "type" in node and "value" in node:
            with suppress(ValidationError):  # an envelope of another kind, which may hold some
                yield _IDENTITY.validate_python(node)
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from _identities(each)
