"""What marketing keeps of others: parties, products, consents, refunds and changes of tickets."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeVar
from uuid import UUID

from shared.engine.event import Event, Tombstone
from shared.errors import BadRecord
from shared.events.agreements import BoundarySet
from shared.events.contacts import LifecycleChanged
from shared.events.disputes import DisputeClosed, DisputeRaised
from shared.events.insights import ScoreComputed
from shared.events.parties import PartyDescribed
from shared.events.products import ProductDescribed
from shared.events.sales import SaleRefunded
from shared.events.tickets import (
    TicketOpened,
    TicketReopened,
    TicketResolved,
    TicketStatusChanged,
)
from shared.sql import storable

_ENDED = ("resolved", "closed", "merged", "spam")

T = TypeVar("T")
Category = tuple[str, ...]
"""From the department down."""
TicketEvent = TicketOpened | TicketStatusChanged | TicketResolved | TicketReopened


@dataclass(frozen=True, slots=True)
class Party:
    """The newest description of a party; `erased_by` is the event that erased it.

    `email` is the address that is written to and `email_id` its identity (None where it was described before that was
    kept), `emails` all of them by identity, where there are several, `handles` the phone number (`phone:`) and the ids
    in outside systems (`external:shop`). As it is read it says whether the party is `restrained`,
    whether addresses are stopped at all (`some_stopped`), and whether others were merged into it (`survives`).
    """

    id: UUID
    version: int
    name: str | None = None
    email: str | None = None
    locale: str | None = None
    merged_into: UUID | None = None
    erased_by: str | None = None
    kind: str | None = None
    time_zone: str | None = None
    restrained: bool = False
    some_stopped: bool = False
    survives: bool = False
    emails: Mapping[str, str] = field(default_factory=dict)
    handles: Mapping[str, str] = field(default_factory=dict)
    email_id: UUID | None = None

    @property
    def is_merged(self) -> bool:
        return self.survives or self.merged_into is not None

    def address_for(self, identity_id: str | None) -> str | None:
        """The address that a sale named, as long as the party has it; else the one that is written to."""
        return self.emails.get(identity_id or "", self.email)

    def identity_for(self, identity_id: str | None) -> UUID | None:
        return UUID(identity_id) if identity_id and identity_id in self.emails else self.email_id


@dataclass(frozen=True, slots=True)
class Product:
    sku: str
    name: str
    category: Category


@dataclass(frozen=True, slots=True)
class Refund:
    """Money of a sale that was paid back; (`origin`, `sale_id`) names the sale, which may come later."""

    event_id: str
    origin: str
    sale_id: str
    minor: int
    currency: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class TicketChange:
    """A ticket was open, or was not, from `occurred_at` on."""

    event_id: str
    ticket_id: UUID
    party_id: UUID
    open: bool
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Restraint:
    """Something that stands against writing to the party, or stands no more. `subject` names a dispute."""

    event_id: str
    party_id: UUID
    kind: Literal["boundary", "dispute"]
    subject: str
    purpose: str | None
    channel: str | None
    holds: bool
    occurred_at: datetime
    starts_at: datetime
    ends_at: datetime | None


StagePlace = tuple[UUID, str, datetime]
"""Of which party, which stage, and when it was entered."""


@dataclass(frozen=True, slots=True)
class StageChange:
    """The party came to a stage of its life as a customer."""

    event_id: str
    party_id: UUID
    stage: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Score:
    party_id: UUID
    score: str
    value: float
    band: str
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Erasure:
    """The event that erased a party, and how many copies of it there were."""

    event: Event[object]
    party_id: UUID
    copies: int


@dataclass(frozen=True, slots=True)
class Parties:
    """What a batch says of parties. One that is described after its erasure begins anew, whatever its version was."""

    erased: list[Party]
    described: list[Party]
    erasures: list[Erasure] = field(default_factory=list)


def gather(rows: Mapping[UUID, Sequence[T]], families: Mapping[UUID, Sequence[UUID]]) -> Mapping[UUID, Sequence[T]]:
    """For a party that was merged, what stands of all of its family; for others what stands of them."""
    if not families:
        return rows
    whole = {party: [row for id_ in family for row in rows.get(id_, ())] for party, family in families.items()}
    return {**rows, **whole}


def fold_parties(events: Iterable[Event[PartyDescribed | Tombstone]]) -> Parties:
    """The newest description of each party holds. Raises BadRecord for a tombstone whose key is no party's id."""
    erased: dict[UUID, Party] = {}
    described: dict[UUID, Party] = {}
    for event in events:
        if isinstance(event.data, PartyDescribed):
            party = _described(event.data)
            before = described.get(party.id)
            if before is None or party.version >= before.version:
                described[party.id] = party
        else:
            party = _erased(event)
            erased[party.id] = party
            described.pop(party.id, None)
    return Parties(list(erased.values()), list(described.values()))


def erasures_of(events: Iterable[Event[PartyDescribed | Tombstone]], known: Mapping[UUID, Party]) -> list[Erasure]:
    """The events that erase, in their order; `known` are the copies as they were."""
    living = {party_id for party_id, party in known.items() if party.erased_by is None}
    found = []
    for event in events:
        if isinstance(event.data, PartyDescribed):
            living.add(event.data.party_id)
        else:
            party_id = UUID(event.key_text)
            found.append(Erasure(event, party_id, int(party_id in living)))
            living.discard(party_id)
    return found


def described_by(event: Event[PartyDescribed | Tombstone]) -> UUID:
    """The party that an event describes or erases. Raises BadRecord for a tombstone whose key is no party's id."""
    return event.data.party_id if isinstance(event.data, PartyDescribed) else _erased(event).id


def _described(data: PartyDescribed) -> Party:
    emails = [identity for identity in data.identities if identity.type == "email"]
    # Where none is marked, any will do: the first of the description.
    written_to = min(emails, key=lambda identity: not identity.primary, default=None)
    return Party(
        data.party_id,
        data.version,
        data.name,
        written_to.value if written_to else None,
        data.locale,
        data.merged_into,
        kind=data.kind,
        time_zone=data.time_zone,
        emails={str(identity.id): identity.value for identity in emails} if len(emails) > 1 else {},
        handles={
            f"{each.type}:{each.system or ''}": each.value
            for each in sorted(data.identities, key=lambda each: each.primary)
            if each.type in {"phone", "external"}
        },
        email_id=written_to.id if written_to else None,
    )


def _erased(event: Event[object]) -> Party:
    try:
        return Party(UUID(event.key_text), 0, erased_by=event.id)
    except ValueError:
        raise BadRecord("key", "the key of a tombstone on crm.parties is a party's id") from None


def fold_products(events: Iterable[Event[ProductDescribed | Tombstone]]) -> dict[str, Product | None]:
    """By SKU the last description in the log; None for a product that was deleted."""
    products: dict[str, Product | None] = {}
    for event in events:
        match event.data:
            case ProductDescribed(sku=sku, name=name, category=category):
                products[storable(sku)] = Product(storable(sku), storable(name), tuple(map(storable, category)))
            case _:
                products[event.key_text] = None
    return products


def refund_of(event: Event[SaleRefunded]) -> Refund:
    data = event.data
    return Refund(event.id, data.origin, data.sale_id, data.total.minor, data.total.currency, event.time)


def ticket_change_of(event: Event[TicketEvent]) -> TicketChange:
    return TicketChange(event.id, event.data.ticket_id, event.data.party_id, _is_open(event.data), event.time)


def boundary_of(event: Event[BoundarySet]) -> Restraint:
    data = event.data
    purpose = None if data.purpose is None else storable(data.purpose)
    span = data.starts_at, data.ends_at
    return Restraint(
        event.id, data.party_id, "boundary", "", purpose, data.channel, not data.allowed, event.time, *span
    )


def dispute_of(event: Event[DisputeRaised | DisputeClosed]) -> Restraint:
    holds, at = isinstance(event.data, DisputeRaised), event.time
    return Restraint(
        event.id, event.data.party_id, "dispute", str(event.data.dispute_id), None, None, holds, at, at, None
    )


def fold_stages(events: Iterable[Event[LifecycleChanged]]) -> tuple[list[StageChange], set[StagePlace]]:
    """The stages that these events tell, and those that were told before and do not hold."""
    told: dict[StagePlace, StageChange] = {}
    gone = set[StagePlace]()
    for event in events:
        data = event.data
        for each in data.retracts:
            place = data.party_id, storable(each.stage), each.entered_at
            told.pop(place, None)
            gone.add(place)
        change = StageChange(event.id, data.party_id, storable(data.stage), data.entered_at)
        told[data.party_id, change.stage, change.occurred_at] = change
    return list(told.values()), gone


def newest_scores(events: Iterable[Event[ScoreComputed]]) -> list[Score]:
    """Of each party and kind the one as of the latest time."""
    newest: dict[tuple[UUID, str], Score] = {}
    for event in events:
        data = event.data
        score = Score(data.party_id, storable(data.score), data.value, storable(data.band), data.as_of)
        before = newest.get((score.party_id, score.score))
        if before is None or before.as_of <= score.as_of:
            newest[score.party_id, score.score] = score
    return [newest[key] for key in sorted(newest)]


def _is_open(data: TicketEvent) -> bool:
    if isinstance(data, TicketStatusChanged):
        return data.status not in _ENDED
    return not isinstance(data, TicketResolved)
