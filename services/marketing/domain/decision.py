"""Whether a message that is due goes out, is skipped, or waits for an address."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.marketing.domain.definition import Definition
from shared.events.campaigns import SkipReason

ADDRESS_PATIENCE = timedelta(hours=24)
_LOOKS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 20, 60, 240, 720, 1440))
"""How long after the due time an address is looked for again; the last is the end of the patience."""


@dataclass(frozen=True, slots=True)
class Party:
    """Marketing's copy of a party; `erased_by` is the event that erased it."""

    id: UUID
    version: int
    name: str | None = None
    email: str | None = None
    locale: str | None = None
    merged_into: UUID | None = None
    erased_by: str | None = None


@dataclass(frozen=True, slots=True)
class Consent:
    """Consent given or withdrawn; `topic` None covers all topics."""

    event_id: str
    purpose: str
    topic: str | None
    channel: str
    given: bool
    occurred_at: datetime
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Refund:
    """Money of a sale that was paid back."""

    event_id: str
    minor: int
    currency: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class TicketChange:
    """A ticket was open, or was not, from `occurred_at` on."""

    event_id: str
    ticket_id: UUID
    open: bool
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known about the party and the sale of a message; later facts than the decision's time are ignored."""

    trigger_event_id: str
    party_version: int
    minor: int
    currency: str
    party: Party | None = None
    consents: Sequence[Consent] = ()
    refunds: Sequence[Refund] = ()
    tickets: Sequence[TicketChange] = ()


@dataclass(frozen=True, slots=True)
class Send:
    """Cleared; `consent_event_id` None where the purpose needs no consent."""

    consent_event_id: str | None


@dataclass(frozen=True, slots=True)
class Skip:
    reason: SkipReason
    deciding_event_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hold:
    """Not now: decide again at `until`."""

    until: datetime


def decide(definition: Definition, channel: str, facts: Facts, due_at: datetime, at: datetime) -> Send | Skip | Hold:
    """`due_at` is when the message was due, `at` when its timer was: the same, unless it waits for an address.

    Facts with `occurred_at` ≤ `at` decide. In this order: erased, refunded, consent, tickets, address.
    """
    if facts.party is not None and facts.party.erased_by is not None:
        return Skip("erased", (facts.party.erased_by,))
    refunds = refunding(definition, facts, at)
    if refunds:
        return Skip("refunded", refunds)
    consent = latest_consent(facts.consents, definition, channel, at) if definition.needs_consent else None
    if definition.needs_consent and (consent is None or not consent.given):
        return Skip("no_consent", (facts.trigger_event_id if consent is None else consent.event_id,))
    tickets = open_tickets(facts.tickets, at) if definition.skip.ticket_open else ()
    if tickets:
        return Skip("ticket_open", tickets)
    if facts.party is None or facts.party.version < facts.party_version or not facts.party.email:
        until = next_look(due_at, at)
        return Hold(until) if until else Skip("no_address", (facts.trigger_event_id,))
    return Send(consent.event_id if consent else None)


def latest_consent(consents: Iterable[Consent], definition: Definition, channel: str, at: datetime) -> Consent | None:
    """The latest by (occurred_at, recorded_at) that covers the campaign's purpose and topic on this channel.

    Of two at the same moment the withdrawal holds.
    """
    covering = (
        consent
        for consent in consents
        if consent.purpose == definition.purpose
        and consent.topic in {None, definition.topic}
        and consent.channel == channel
        and consent.occurred_at <= at
    )
    order = lambda consent: (consent.occurred_at, consent.recorded_at, not consent.given, consent.event_id)  # noqa: E731
    return max(covering, key=order, default=None)


def refunding(definition: Definition, facts: Facts, at: datetime) -> tuple[str, ...]:
    """The refunds that end the message, none if they do not: by its rule any, or those that pay back the whole sale."""
    rule = definition.skip.refunded
    known = sorted(
        (refund for refund in facts.refunds if refund.occurred_at <= at), key=lambda r: (r.occurred_at, r.event_id)
    )
    if rule == "never" or not known:
        return ()
    paid_back = sum(refund.minor for refund in known if refund.currency == facts.currency)
    if rule == "full" and paid_back < facts.minor:
        return ()
    return tuple(refund.event_id for refund in known)


def open_tickets(changes: Iterable[TicketChange], at: datetime) -> tuple[str, ...]:
    """The events by which tickets are open at that time, the oldest first."""
    latest: dict[UUID, TicketChange] = {}
    for change in sorted(changes, key=lambda change: (change.occurred_at, change.event_id)):
        if change.occurred_at <= at:
            latest[change.ticket_id] = change
    return tuple(change.event_id for change in latest.values() if change.open)


def next_look(due_at: datetime, at: datetime) -> datetime | None:
    """When to look for the address again; None once the patience is over."""
    return next((due_at + look for look in _LOOKS if due_at + look > at), None)
