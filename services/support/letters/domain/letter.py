"""An agent's reply as an e-mail, and what comes of sending it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Literal
from uuid import UUID

from shared.engine.event import Emission
from shared.errors import Refused
from shared.events.tickets import LetterOutcome, TicketReplySettled
from shared.events.values import Channel
from shared.mail.smtp import Answer

_FIRST_WAIT_S, _LONGEST_WAIT_S = 30.0, 4 * 3600.0
_MOST_ATTEMPTS = 12
"""About a day and a half of attempts."""
MOST_REFERENCES = 20
_NAME = re.compile(r"[!-;=?-~]+")
"""What stands in a header as it is: a shop may know a message by anything, and a letter is not lost for it."""
_AS_THEY_ARE = SMTP.clone(max_line_length=998)
"""Message ids have no blanks, and one that is folded names nothing any more."""


class UnwritableError(Refused):
    """An address that cannot stand in an envelope."""

    reason = "unwritable"


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be sent. `follows` are the messages of the thread that are known, the oldest first."""

    reply_id: UUID
    ticket_id: UUID
    party_id: UUID
    request_event_id: str | None
    body: str | None
    written_at: datetime
    address: str | None = None
    subject: str | None = None
    follows: Sequence[str] = ()
    number: int = 0


@dataclass(frozen=True, slots=True)
class Correspondence:
    """The thread of a ticket: the events that its messages came with, and what they are known by, oldest first."""

    channel: Channel
    subject: str | None
    requests: Sequence[str]
    follows: Sequence[str]


def message_id_of(reply_id: UUID, domain: str) -> str:
    """What the reply is known by, without the angle brackets; the same at each attempt."""
    return f"{reply_id}@{domain}"


def reply_of(message_id: str, domain: str) -> UUID | None:
    """Which reply a message id names; None where it is none of ours."""
    name, _, at = message_id.partition("@")
    try:
        return UUID(name) if at == domain and len(name) == 36 else None
    except ValueError:
        return None


def write(draft: Draft, sender: str, sender_name: str) -> bytes:
    """RFC 5322 text; the same draft gives the same bytes. Raises UnwritableError."""
    message = EmailMessage(policy=_AS_THEY_ARE)
    try:
        message["From"] = Address(sender_name, addr_spec=sender)
        message["To"] = Address(addr_spec=ascii_domain(draft.address or ""))
    except (HeaderParseError, ValueError, IndexError, LookupError) as error:
        raise UnwritableError(f"the address cannot be written to: {type(error).__name__}") from None
    message["Subject"] = subject_of(draft.subject)
    message["Date"] = format_datetime(draft.written_at)
    message["Message-ID"] = f"<{message_id_of(draft.reply_id, sender.rpartition('@')[2])}>"
    follows = [each for each in draft.follows if _NAME.fullmatch(each)]
    if follows:
        message["In-Reply-To"] = f"<{follows[-1]}>"
        message["References"] = " ".join(f"<{each}>" for each in follows[-MOST_REFERENCES:])
    message.set_content(draft.body or "", cte="quoted-printable")
    return message.as_bytes()


def subject_of(subject: str | None) -> str:
    bare = " ".join("".join(c if c.isprintable() else " " for c in subject or "").split())
    return bare if bare[:3].lower() in {"re:", "sv:"} else f"Re: {bare}".strip()


def ascii_domain(address: str) -> str:
    """With the domain as the mail servers name it."""
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        return address


def wait_before(number: int) -> float | None:
    """Seconds to wait after attempt `number` was put off; None when it was the last."""
    return None if number >= _MOST_ATTEMPTS else min(_FIRST_WAIT_S * 2 ** (number - 1), _LONGEST_WAIT_S)


def outcome_of(answer: Answer) -> LetterOutcome:
    """`later` means here that it was put off too often."""
    outcomes: dict[Literal["accepted", "refused", "later", "lost"], LetterOutcome] = {
        "accepted": "sent",
        "refused": "refused",
        "later": "refused",
        "lost": "unknown",
    }
    return outcomes[answer.kind]


def announce_settled(draft: Draft, outcome: LetterOutcome, at: datetime) -> Emission:
    told = TicketReplySettled(
        ticket_id=draft.ticket_id,
        party_id=draft.party_id,
        request_event_id=draft.request_event_id,
        recorded_at=at,
        reply_id=draft.reply_id,
        outcome=outcome,
    )
    return Emission(data=told, time=at)
