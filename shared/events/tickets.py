"""`crm.tickets`: the life of tickets, keyed by party; texts stay with support."""

from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.events.contract import contract
from shared.events.erasure import Forgotten
from shared.events.reasons import CodedReason
from shared.events.topic import topic
from shared.events.values import Channel, Instant

TICKETS = topic("crm.tickets", owner="support", about="The life of tickets.", cleanup="keep")
TicketStatus = Literal["new", "open", "pending", "resolved", "closed", "reopened", "merged", "spam"]
Waiting = Literal["customer", "internal", "until"]
Handing = Literal["routed", "claimed", "given", "returned"]
ReturnReason = Literal["wrong_skills", "needs_other_team", "conflict_of_interest", "overloaded", "other"]
Priority = Literal["low", "normal", "high", "urgent"]
LetterOutcome = Literal["sent", "unknown", "refused", "no_address", "called_off", "bounced"]
SlaMetric = Literal["first_response", "next_response", "resolution"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ticket:
    ticket_id: UUID
    party_id: UUID
    request_event_id: str | None
    recorded_at: Instant


@contract(TICKETS, "crm.ticket.opened.v1", key="party_id", subject="ticket/{ticket_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class TicketOpened(_Ticket):
    """A request became a ticket; `follows` is the ticket whose thread it continues, `split_from` the one that it was a
    part of, and then no request is its own.

    (`origin`, `sale_id`) names the sale that the request was about.
    """

    number: int
    channel: Channel
    has_text: bool
    sku: str | None = None
    sale_id: str | None = None
    origin: str | None = None
    follows: UUID | None = None
    split_from: UUID | None = None


@contract(TICKETS, "crm.ticket.replied.v1", key="party_id", subject="ticket/{ticket_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class TicketReplied(_Ticket):
    """Somebody wrote: the customer, an agent (staff id), or the system. `message_event_id` is the request by which a
    customer wrote into a ticket that stood already.
    """

    reply_id: UUID
    author: Literal["customer", "agent", "system"]
    has_text: bool
    agent: str | None = None
    message_event_id: str | None = None
    channel: Channel | None = None


@contract(TICKETS, "crm.ticket.reply_settled.v1", key="party_id", subject="ticket/{ticket_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class TicketReplySettled(_Ticket):
    """What became of an agent's reply, or of the question how satisfied the customer is, as an e-mail: `sent`,
    `unknown` where the mail server's answer was lost (it is never sent again by itself), `refused`, `no_address`,
    `called_off` where the customer refused to be asked before it left, or `bounced` some time after it was sent.
    """

    reply_id: UUID
    outcome: LetterOutcome


@contract(TICKETS, "crm.ticket.noted.v1", key="party_id", subject="ticket/{ticket_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class TicketNoted(_Ticket):
    """An agent wrote a note that the customer does not see."""

    note_id: UUID
    agent: str


@contract(TICKETS, "crm.ticket.status_changed.v1", key="party_id", subject="ticket/{ticket_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class TicketStatusChanged(_Ticket):
    """The ticket moved on; `version` counts its changes. A pending one says for what it `waits_for`, and `until` when
    where that is a time.
    """

    previous: TicketStatus
    status: TicketStatus
    version: int
    agent: str | None = None
    waits_for: Waiting | None = None
    until: Instant | None = None


@contract(TICKETS, "crm.ticket.resolved.v1", key="party_id", subject="ticket/{ticket_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class TicketResolved(_Ticket):
    """An agent says that the request is met."""

    agent: str | None = None


@contract(TICKETS, "crm.ticket.reopened.v1", key="party_id", subject="ticket/{ticket_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class TicketReopened(_Ticket):
    """It was not."""

    agent: str | None = None


@contract(TICKETS, "crm.ticket.merged.v1", key="party_id", subject="ticket/{ticket_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class TicketMerged(_Ticket):
    """The ticket goes on in another of the same customer; nothing of it was moved or lost."""

    into: UUID
    agent: str | None = None


@contract(TICKETS, "crm.ticket.unmerged.v1", key="party_id", subject="ticket/{ticket_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class TicketUnmerged(_Ticket):
    """It goes on by itself again."""

    out_of: UUID
    agent: str | None = None


@contract(TICKETS, "crm.ticket.split.v1", key="party_id", subject="ticket/{ticket_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class TicketSplit(_Ticket):
    """Some of what was written is a matter of its own, and stands in the ticket `into`."""

    into: UUID
    replies: tuple[UUID, ...]
    agent: str | None = None


@contract(TICKETS, "crm.erasure.confirmed.v1", key="party_id", subject="party/{party_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureConfirmed(Forgotten):
    """The service has forgotten an erased party; see there what it counts."""


@contract(TICKETS, "crm.ticket.triaged.v1", key="party_id", subject="ticket/{ticket_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class TicketTriaged(_Ticket):
    """What the request is about and how pressing it is, by this version of the model, or by the agent who corrected it.

    `category` is None where the request is like nothing that the model knows.
    """

    category: str | None
    confidence: float
    urgency: Literal["low", "normal", "high"]
    sentiment: Literal["negative", "neutral", "positive"]
    language: str | None = None
    priority: Priority
    skills: tuple[str, ...]
    model_version: int
    agent: str | None = None


@contract(TICKETS, "crm.ticket.assigned.v1", key="party_id", subject="ticket/{ticket_id}", minor=1)
@dataclass(frozen=True, slots=True, kw_only=True)
class TicketAssigned(_Ticket):
    """Who answers for the ticket from now on, and why: it was routed to them, claimed, given by somebody else, or
    returned to its queue, where `agent` is None.

    `because` says in codes what `why` says in English, in the same order.
    """

    queue: str
    how: Handing
    why: tuple[str, ...]
    agent: str | None = None
    previous: str | None = None
    because: tuple[CodedReason, ...] = ()


@contract(TICKETS, "crm.csat.asked.v1", key="party_id", subject="ticket/{ticket_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class CsatAsked(_Ticket):
    """The customer of a resolved ticket is asked by e-mail how satisfied they are, once a ticket. What becomes of the
    letter is told as `ticket.reply_settled`, with `question_id` as its `reply_id`.
    """

    question_id: UUID


@contract(TICKETS, "crm.csat.recorded.v1", key="party_id", subject="ticket/{ticket_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class CsatRecorded(_Ticket):
    """How satisfied the customer was, from 1 (not at all) to 5 (very): one answer a ticket, the first. `agent` answered
    for the ticket then.
    """

    value: Annotated[int, Field(ge=1, le=5)]
    answered_at: Instant
    agent: str | None = None


@contract(TICKETS, "crm.request.deflected.v1", key="party_id", subject="article/{article_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class RequestDeflected:
    """A party who was about to ask was helped by an article, and did not ask."""

    deflection_id: UUID
    party_id: UUID
    article_id: UUID
    recorded_at: Instant


@contract(TICKETS, "crm.warning.raised.v1", key="warning_id", subject="warning/{warning_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class DeskWarningRaised:
    """Tickets get out of hand: said once, until `warning.cleared`. `about` is the queue where little time is left for
    many (`slack_short`) or more is opened than resolved (`backlog_growing`), or the product that many tickets of one
    `category` are about (`similar_tickets`). `observed` is how many, `usual` what they are compared with.
    """

    warning_id: UUID
    kind: str
    about: str
    observed: int
    usual: int
    recorded_at: Instant
    category: str | None = None


@contract(TICKETS, "crm.warning.cleared.v1", key="warning_id", subject="warning/{warning_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class DeskWarningCleared:
    """It is over; `observed` is how many there were then."""

    warning_id: UUID
    kind: str
    about: str
    observed: int
    recorded_at: Instant
    category: str | None = None


@contract(TICKETS, "crm.sla.applied.v1", key="party_id", subject="ticket/{ticket_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class SlaApplied(_Ticket):
    """What is promised of the ticket, for which priority and by which versions; a version never changes.

    `agreement_id` is the agreement with the party that names the policy; without one it is the default.
    """

    priority: Priority
    policy: str
    policy_version: int
    calendar: str
    calendar_version: int
    agreement_id: UUID | None = None
    first_response_due: Instant | None = None
    resolution_due: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sla(_Ticket):
    """One clock of a ticket. `cycle` counts its next responses, and how often it was to be resolved.

    `due_at` is None where the clock was ended before the calendar came to it.
    """

    metric: SlaMetric
    cycle: int
    due_at: Instant | None = None


@contract(TICKETS, "crm.sla.warned.v1", key="party_id", subject="ticket/{ticket_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class SlaWarned(_Sla):
    """Little of the time is left."""


@contract(TICKETS, "crm.sla.breached.v1", key="party_id", subject="ticket/{ticket_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class SlaBreached(_Sla):
    """The promise was not kept."""


@contract(TICKETS, "crm.sla.met.v1", key="party_id", subject="ticket/{ticket_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class SlaMet(_Sla):
    """The promise was kept."""
