"""Whether a message that is due goes out, is skipped, or waits for an address."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.marketing.catalogue.domain.definition import Definition
from services.marketing.copies.domain import Consent, Party, Refund, TicketChange
from services.marketing.enrolments.decisions.address import next_look
from services.marketing.enrolments.decisions.consent import latest_consent
from services.marketing.enrolments.decisions.refunds import refunding
from services.marketing.enrolments.decisions.tickets import open_tickets
from shared.events.campaigns import SkipReason


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
    refunds = refunding(definition.skip.refunded, facts.refunds, facts.minor, facts.currency, at)
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
