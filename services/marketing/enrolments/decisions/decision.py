"""Whether a message that is due goes out, is skipped, or waits for an address."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.marketing.catalogue.domain.definition import Definition
from services.marketing.copies.domain import Party, Refund, Restraint, TicketChange
from services.marketing.enrolments.decisions.address import EMAIL, address_on, next_look
from services.marketing.enrolments.decisions.boundaries import forbidding, open_disputes
from services.marketing.enrolments.decisions.consent import deciding_consent
from services.marketing.enrolments.decisions.moment import Moment
from services.marketing.enrolments.decisions.quiet_hours import quiet_until
from services.marketing.enrolments.decisions.refunds import refunding
from services.marketing.enrolments.decisions.tickets import open_tickets
from services.marketing.settings import QuietHours
from shared.events.campaigns import SkipReason
from shared.events.consent import Statement


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known about the party and the sale of a message. `email_id`: the address that the sale named.

    `stopped`: why nothing is sent to that address, whoever has it. `handles`: by channel what names a party there.
    """

    trigger_event_id: str
    party_version: int
    minor: int
    currency: str
    email_id: str | None = None
    party: Party | None = None
    consents: Sequence[Statement] = ()
    suppressions: Sequence[Statement] = ()
    refunds: Sequence[Refund] = ()
    tickets: Sequence[TicketChange] = ()
    restraints: Sequence[Restraint] = ()
    stopped: str | None = None
    cancelled_by: str | None = None
    cancelled_at: datetime | None = None
    handles: Mapping[str, str] = field(default_factory=dict)


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


def decide(
    definition: Definition, channel: str, facts: Facts, moment: Moment, quiet: QuietHours | None = None
) -> Send | Skip | Hold:
    """In this order: erased, cancelled, refunded, consent or suppression, boundaries, disputes and tickets, address,
    quiet hours.
    """
    if gone := _gone(facts, moment):
        return gone
    refunds = refunding(definition.skip.refunded, facts.refunds, facts.minor, facts.currency, moment)
    if refunds:
        return Skip("refunded", refunds)
    said = [*facts.consents, *facts.suppressions]
    consent = deciding_consent(said, definition, channel, moment) if definition.needs_consent else None
    if definition.needs_consent and (consent is None or not consent.allows(moment.now)):
        reason: SkipReason = "suppressed" if consent in facts.suppressions else "no_consent"
        return Skip(reason, (facts.trigger_event_id if consent is None else consent.event_id,))
    if standing := _standing(definition, channel, facts, moment):
        return standing
    return _reach(definition, channel, facts, moment, quiet) or Send(consent.event_id if consent else None)


def _reach(
    definition: Definition, channel: str, facts: Facts, moment: Moment, quiet: QuietHours | None
) -> Skip | Hold | None:
    """Where, and whether at this hour, the party can be written to."""
    party = facts.party
    if (
        party is None
        or party.version < facts.party_version
        or not address_on(channel, party, facts.handles, facts.email_id)
    ):
        until = next_look(moment.first_look, moment.look)
        return Hold(until) if until else Skip("no_address", (facts.trigger_event_id,))
    if facts.stopped is not None and channel == EMAIL:
        return Skip("suppressed", (facts.stopped,))
    held = quiet_until(quiet, party.time_zone, moment.now) if definition.needs_consent else None
    return Hold(held) if held else None


def _standing(definition: Definition, channel: str, facts: Facts, moment: Moment) -> Skip | None:
    """What has been agreed, or is going on, with the party."""
    boundary = forbidding(facts.restraints, definition.purpose, channel, moment) if facts.restraints else None
    if boundary is not None:
        return Skip("boundary", (boundary.event_id,))
    disputes = open_disputes(facts.restraints, moment) if definition.skip.dispute_open and facts.restraints else ()
    if disputes:
        return Skip("dispute_open", disputes)
    tickets = open_tickets(facts.tickets, moment) if definition.skip.ticket_open else ()
    return Skip("ticket_open", tickets) if tickets else None


def _gone(facts: Facts, moment: Moment) -> Skip | None:
    """Where there is nobody, or nothing, to write about. An erasure counts whenever it was."""
    if facts.party is not None and facts.party.erased_by is not None:
        return Skip("erased", (facts.party.erased_by,))
    if facts.cancelled_by is not None and facts.cancelled_at is not None and moment.counts(facts.cancelled_at):
        return Skip("cancelled", (facts.cancelled_by,))
    return None
