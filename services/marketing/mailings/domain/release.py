"""What becomes of recipients whose turn it is."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.marketing.catalogue.domain.campaign import Campaign
from services.marketing.copies.domain import Party
from services.marketing.enrolments.domain.announcements import announce_ended, announce_planned, announce_started
from services.marketing.enrolments.domain.message import Ending, Enrolment, Message, plan
from services.marketing.enrolments.domain.sale import Sale
from services.marketing.suppressions.domain import hash_of
from shared.engine.event import Emission
from shared.engine.partitions import partition_of
from shared.ids import derived_id

Outcome = Literal["sent", "skipped", "unknown"]
SAME_ADDRESS, MERGED = "same_address", "merged"


@dataclass(frozen=True, slots=True)
class Recipient:
    """A party that a mailing is for; see the table for its fields."""

    party_id: UUID
    rank: int
    trigger_event_id: str
    address_hash: bytes | None
    written_to: UUID | None = None
    message_id: UUID | None = None
    released_at: datetime | None = None
    outcome: Outcome | None = None
    reason: str | None = None

    def is_before(self, other: "Recipient") -> bool:
        """Whether the other has to wait for how this one ends: both are written to at one address."""
        return self.outcome is None and (self.released_at is not None or self.rank < other.rank)


@dataclass(slots=True)
class Released:
    """What has to be written. `ended` are messages that are over already."""

    recipients: list[Recipient] = field(default_factory=list)
    enrolments: list[Enrolment] = field(default_factory=list)
    entries: list[Sale] = field(default_factory=list)
    planned: list[tuple[Message, int]] = field(default_factory=list)
    emissions: list[Emission] = field(default_factory=list)

    @property
    def begun(self) -> int:
        return len(self.enrolments)


def address_hash(address: str | None) -> bytes | None:
    return bytes.fromhex(hash_of(address)) if address else None


def release(
    campaign: Campaign,
    turn: Sequence[Recipient],
    others: Iterable[Recipient],
    parties: Mapping[UUID, Party],
    survivors: Mapping[UUID, UUID],
    now: datetime,
) -> Released:
    """Those whose turn it is enter the campaign, each party and each address once.

    `others` are the recipients of the same mailing that may stand for the same party or address. Whoever shares an
    address waits until the one before has ended, and is written to where that one was not.
    """
    released = Released()
    by_address: defaultdict[bytes, dict[UUID, Recipient]] = defaultdict(dict)
    known = [*others, *turn]
    taken = {each.party_id: each.party_id for each in known}
    taken |= {each.written_to: each.party_id for each in known if each.written_to not in {None, each.party_id}}
    for each in known:
        if each.address_hash is not None:
            by_address[each.address_hash][each.party_id] = each
    for before in turn:
        target = survivors.get(before.party_id, before.party_id)
        party = parties.get(target)
        hashed = address_hash(party.email if party else None)
        after = replace(before, address_hash=hashed)
        if before.address_hash is not None:
            del by_address[before.address_hash][before.party_id]
        sharing = by_address[hashed].values() if hashed else ()
        instead = MERGED if taken.get(target, before.party_id) != before.party_id else _instead(sharing)
        if instead is not None:
            after = replace(after, outcome="skipped", reason=instead)
        elif not any(each.is_before(after) for each in sharing):
            nowhere = party is not None and party.erased_by is None and hashed is None
            after = _enter(campaign, after, target, now, released, nowhere=nowhere)
            taken[target] = before.party_id
        if hashed is not None:
            by_address[hashed][before.party_id] = after
        released.recipients.append(after)
    return released


def _instead(sharing: Iterable[Recipient]) -> str | None:
    """Why nobody else at an address is written to; None: nobody was, so far."""
    return SAME_ADDRESS if any(each.outcome in {"sent", "unknown"} for each in sharing) else None


def _enter(
    campaign: Campaign, recipient: Recipient, party: UUID, now: datetime, released: Released, *, nowhere: bool
) -> Recipient:
    """`nowhere`: it is known that the party has no address; nobody waits for one."""
    entry = _entry(recipient.trigger_event_id, party, now)
    enrolment = Enrolment(
        entry.trigger_event_id,
        campaign.name,
        derived_id(campaign.name, entry.trigger_event_id),
        campaign.version,
        party,
        follow_up=False,
        started_at=now,
    )
    message, cause = plan(enrolment, campaign, now, 1, now), entry.cause()
    released.entries.append(entry)
    released.enrolments.append(enrolment)
    released.emissions.append(announce_started(enrolment, cause, entry.partition))
    released.emissions.append(announce_planned(message, cause, entry.partition))
    after = replace(recipient, written_to=party, message_id=message.id, released_at=now)
    if nowhere:
        ending = Ending("skipped", now, "no_address", (entry.trigger_event_id,))
        released.emissions.append(announce_ended(message, ending, cause, entry.partition))
        message = replace(message, ending=ending)
        after = replace(after, outcome="skipped", reason="no_address")
    released.planned.append((message, entry.partition))
    return after


def _entry(trigger_event_id: str, party: UUID, now: datetime) -> Sale:
    """What led to the message, in the form in which messages know it."""
    partition = partition_of(str(party))
    return Sale(trigger_event_id, party, 0, partition, "", "", "", 0, "", [], now, now, trigger_event_id, None)
