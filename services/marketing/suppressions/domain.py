"""What a party wants no more of, and the signed link by which it says so."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Literal
from uuid import UUID

from services.marketing.copies.domain import Party
from services.marketing.suppressions.schemas import Because
from shared.engine.event import Emission
from shared.events.addresses import AddressLifted, AddressStopped
from shared.events.consent import Statement, deciding
from shared.events.ingest import ReportedIdentity, ReportedParty, ReportedWithdrawal
from shared.events.returned import MessageBounced, MessageComplained
from shared.events.values import Channel
from shared.http.links import read_claims, sign_claims
from shared.ids import derived_id

SOURCE = "/marketing/unsubscribe"
"""Under this name unsubscribing is told to everybody."""
_AUDIENCE = "unsubscribe"
Reason = Literal["listed", "hard_bounce", "soft_bounces", "complaint"]
Returned = Literal["hard_bounce", "soft_bounce", "soft_bounces", "complaint"]
SOFT_BOUNCES, SOFT_WITHIN = 3, timedelta(days=30)
"""So many soft bounces of an address within so long stop it."""


@dataclass(frozen=True, slots=True)
class Links:
    """How links are made. Empty `public_url`: there are none."""

    public_url: str
    secret: str
    valid: timedelta

    def url(self, link: "Link") -> str:
        return f"{self.public_url.rstrip('/')}/v1/unsubscribe/{sign(link, self.secret)}"


@dataclass(frozen=True, slots=True)
class Link:
    """What the link of a letter ends: letters like it, of this purpose and topic (empty: all topics), to this party."""

    message_id: UUID
    party_id: UUID
    purpose: str
    topic: str
    channel: Channel
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Suppression:
    """Nothing of this purpose, topic and channel is sent to the party, unless it consents again later."""

    id: UUID
    party_id: UUID
    purpose: str
    topic: str
    channel: Channel
    message_id: UUID
    suppressed_at: datetime

    def statement(self) -> Statement:
        at = self.suppressed_at
        return Statement(
            str(self.id), self.purpose, self.topic, self.channel, given=False, occurred_at=at, recorded_at=at
        )


@dataclass(frozen=True, slots=True)
class StoppedAddress:
    """Nothing is sent to this address, whoever has it; `cause` is the message or the request that stopped it."""

    address_id: UUID
    reason: Reason
    cause: str
    stopped_at: datetime


@dataclass(frozen=True, slots=True)
class ReturnedIdentity:
    """What an event says of an address that came back, which it names by its identity. As `soft_bounce` it stopped
    nothing, and counts.
    """

    identity_id: UUID
    party_id: UUID
    reason: Returned
    cause: str
    stopped_at: datetime

    def stop_of(self, address: UUID) -> StoppedAddress | None:
        if self.reason == "soft_bounce":
            return None
        return StoppedAddress(address, self.reason, self.cause, self.stopped_at)


def returned_by(said: MessageBounced | MessageComplained) -> tuple[ReturnedIdentity, ...]:
    """Nothing where the event names no address. A soft bounce counts, and the third stops the address as well."""
    reasons: list[Returned] = ["complaint"]
    if isinstance(said, MessageBounced):
        counts: list[Returned] = ["soft_bounce"] if said.bounce == "soft" else []
        stops: list[Returned] = ["soft_bounces" if counts else "hard_bounce"] if said.stopped else []
        reasons = counts + stops
    if said.identity_id is None:
        return ()
    return tuple(
        ReturnedIdentity(said.identity_id, said.party_id, reason, str(said.message_id), said.recorded_at)
        for reason in reasons
    )


def address_of(returned: ReturnedIdentity, party: Party | None) -> str | None:
    """The address, as far as a party's description tells it."""
    if party is None:
        return None
    return party.email if party.email_id == returned.identity_id else party.emails.get(str(returned.identity_id))


@dataclass(frozen=True, slots=True)
class LiftedAddress:
    """It may be written to again; `stopped_by` is what had stopped it."""

    id: UUID
    address_id: UUID
    because: Because | None
    agent: str | None
    stopped_by: Reason
    lifted_at: datetime


def hash_of(address: str) -> str:
    """Case and spaces around an address make no other one of it."""
    return sha256(address.strip().lower().encode()).hexdigest()


def name_of(address: str, key: bytes) -> UUID:
    """What is kept and told of an address: it stays when its party is erased, and tells nobody the address who has not
    got the key, which is as long for all of them, as hashes are.
    """
    return UUID(bytes=sha256(key + hash_of(address).encode()).digest()[:16])


def announce_stop(stopped: StoppedAddress) -> Emission:
    """Of a stop by hand, under the id that is its cause."""
    said = AddressStopped(address_id=stopped.address_id, recorded_at=stopped.stopped_at)
    return Emission(said, stopped.stopped_at, id=UUID(stopped.cause))


def announce_lift(lifted: LiftedAddress) -> Emission:
    said = AddressLifted(
        address_id=lifted.address_id,
        because=lifted.because,
        agent=lifted.agent,
        stopped_by=lifted.stopped_by,
        recorded_at=lifted.lifted_at,
    )
    return Emission(said, lifted.lifted_at, id=lifted.id)


def sign(link: Link, secret: str) -> str:
    claims = {
        "sub": str(link.message_id),
        "party": str(link.party_id),
        "purpose": link.purpose,
        "topic": link.topic,
        "channel": link.channel,
    }
    return sign_claims(claims, secret, _AUDIENCE, link.expires_at)


def read_link(token: str, secret: str, now: datetime) -> Link:
    """What a token says. Raises LinkRefused and LinkExpired."""
    claims = read_claims(token, secret, _AUDIENCE, ("party", "purpose", "topic", "channel"), now)
    return Link(
        UUID(claims["sub"]),
        UUID(claims["party"]),
        claims["purpose"],
        claims["topic"],
        claims["channel"],
        datetime.fromtimestamp(claims["exp"], UTC),
    )


def suppress(link: Link, statements: Iterable[Statement], at: datetime) -> Suppression:
    """What the link leads to, given what the party said so far, also where it has said no before: a consent of before
    this moment may be on its way, and is not to stand.

    The id is of the letter and of the last consent that is known: to ask twice is to ask once, and whoever has
    consented anew can still end that by an old link.
    """
    known = list(statements)
    said = deciding(known, link.purpose, link.topic, link.channel)
    if said is not None:  # a consent by a clock that is ahead of this one ends all the same
        at = max(at, said.moment + timedelta(microseconds=1))
    allowed = deciding((each for each in known if each.given), link.purpose, link.topic, link.channel)
    id_ = derived_id("suppression", link.message_id, allowed.event_id if allowed else "")
    return Suppression(id_, link.party_id, link.purpose, link.topic, link.channel, link.message_id, at)


def announce_withdrawal(suppression: Suppression, email: str | None, source: str = SOURCE) -> Emission:
    """Contacts takes it for what it is, a fact from outside, and publishes it for every party that has the address."""
    identities = [ReportedIdentity(type="party", value=str(suppression.party_id))]
    if email:
        identities.append(ReportedIdentity(type="email", value=email))
    withdrawal = ReportedWithdrawal(
        party=ReportedParty(identities=identities),
        purpose=suppression.purpose,
        channel=suppression.channel,
        topic=suppression.topic or None,
        basis="unsubscribed",
        evidence=f"link in message {suppression.message_id}",
    )
    key = str(suppression.party_id)
    return Emission(withdrawal, suppression.suppressed_at, id=suppression.id, source=source, key=key)
