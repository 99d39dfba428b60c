"""A mail as it came in: who wrote, what it answers, what it says, and whether a person wrote it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from hashlib import sha256
from typing import Literal
from uuid import UUID

from services.support.mail.domain.attachment import Attachment, attachment_of
from services.support.mail.domain.structure import (
    MOST_HEADER,
    content_of,
    is_file,
    parse,
    parts_of,
    read_text,
    returned_in,
)
from services.support.mail.domain.text import text_of_html, tidy
from shared.ids import derived_id

Kind = Literal["request", "held", "auto", "bounce"]
MOST_SUBJECT, MOST_BODY = 1_000, 100_000
_MOST_ATTACHMENTS = 20
_LONGEST_REFERENCE = 200
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,900})>")
_ATOM = r"[^\s@<>()\[\]\\,;:.\"\x00-\x1f\x7f-\x9f\ufffd]+"
_LABEL = r"(?!xn--\.)[^\W_](?:(?:[^\W_]|-){0,61}[^\W_])?"
_ADDRESS = re.compile(
    rf"(?=.{{1,64}}@){_ATOM}(?:\.{_ATOM})*@(?!localhost$|test$)(?=.{{1,255}}$){_LABEL}(?:\.{_LABEL})*\.?"
)
"""What contacts knows somebody by: of another sender a request would find nobody whose it is."""
_BULK = {"bulk", "junk", "list", "auto_reply"}
_UNREADABLE = (MessageError, LookupError, ValueError, TypeError, AttributeError, OverflowError, RecursionError)
"""What the parser of mails raises for what no mail program would write."""
_AUTOMATIC = ("X-Autoreply", "X-Autorespond", "X-Auto-Reply", "List-Id", "List-Unsubscribe", "Feedback-ID")


@dataclass(frozen=True, slots=True)
class Incoming:
    """`references` are what it answers, the nearest first. `sender` is None where nobody is named.

    The id is the same whichever way the same mail comes in; a mail that only borrows a Message-ID has another.
    """

    id: UUID
    kind: Kind
    sender: str | None
    name: str | None
    subject: str
    body: str
    thread: str | None
    references: Sequence[str]
    written_at: datetime | None
    attachments: Sequence[Attachment]
    returned: Sequence[str] = ()
    """Of a bounce: the messages that came back."""


def read_mail(raw: bytes, own_addresses: frozenset[str], returning: str | None = None) -> Incoming:
    """Whatever cannot be read is left out; a mail that cannot be taken apart at all is held as it came, for people.

    `returning` is the return path, where the envelope told it.
    """
    try:
        return _read(raw, own_addresses, returning)
    except _UNREADABLE:
        body = tidy(raw[:MOST_BODY].decode("ascii", "replace"))
        id_ = derived_id("unreadable mail", sha256(raw).hexdigest())
        return Incoming(id_, "held", None, None, "", body, None, (), None, ())


def _read(raw: bytes, own_addresses: frozenset[str], returning: str | None) -> Incoming:
    message = parse(raw)
    parts = list(parts_of(message))
    sender, name = _sender(message)
    subject = tidy(_header(message, "Subject")).replace("\n", " ")[:MOST_SUBJECT]
    body = _body(parts)
    thread = next(iter(_ids_of(message)), None)
    files = _attachments(parts)
    kind = _kind(message, parts, sender, own_addresses, returning)
    digests = [each.sha256.hex() for each in files]
    id_ = derived_id(
        "mail", thread, sender, subject, _header(message, "Date"), sha256(body.encode()).hexdigest(), *digests
    )
    answers = [*message_ids(_header(message, "In-Reply-To")), *reversed(message_ids(_header(message, "References")))]
    return Incoming(
        id=id_,
        kind=kind,
        sender=sender,
        name=name,
        subject=subject,
        body=body if len(body) <= MOST_BODY else body[: MOST_BODY - 1] + "…",
        thread=thread,
        references=list(dict.fromkeys(answers)),
        written_at=_written_at(message),
        attachments=files,
        returned=_returned(parts) if kind == "bounce" else (),
    )


def message_ids(text: str) -> list[str]:
    """The names of messages in a header; one that is too long for a reference is told by its hash."""
    found = _MESSAGE_ID.findall(text)
    return [each if len(each) <= _LONGEST_REFERENCE - 2 else sha256(each.encode()).hexdigest() for each in found]


def _header(message: Message, name: str) -> str:
    return _decoded(str(message.get(name, ""))[:MOST_HEADER])


def _decoded(value: str) -> str:
    try:
        decoded = str(make_header(decode_header(value)))
    except _UNREADABLE:
        decoded = value
    return decoded.encode("utf-8", "replace").decode().replace("\0", "")


def _sender(message: Message) -> tuple[str | None, str | None]:
    """Who the mail says that it is from. Answers go there alone: a Reply-To that differs may be anybody's."""
    # Taken apart before it is decoded: an encoded name may hold what looks like an address.
    for name, address in getaddresses([str(message.get("From", ""))[:MOST_HEADER]]):
        if _ADDRESS.fullmatch(address):
            return address.lower(), tidy(_decoded(name)).replace("\n", " ")[:300] or None
    return None, None


def _written_at(message: Message) -> datetime | None:
    try:
        at = parsedate_to_datetime(_header(message, "Date"))
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    try:
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (OverflowError, ValueError):
        return None


def _kind(
    message: Message, parts: Sequence[Message], sender: str | None, own: frozenset[str], returning: str | None
) -> Kind:
    """RFC 3834 and RFC 3464, and what mail programs do beside them."""
    path = returning if returning is not None else message.get("Return-Path")
    report = message.get_content_type() == "multipart/report"
    if report and any(part.get_content_type() == "message/delivery-status" for part in parts):
        return "bounce"
    box = (sender or "").partition("@")[0]
    if box in {"mailer-daemon", "postmaster"} or (path is not None and str(path).strip() == "<>" and _returned(parts)):
        return "bounce"
    submitted = _header(message, "Auto-Submitted").strip().lower()
    automatic = (
        (submitted not in {"", "no"})
        or _header(message, "Precedence").strip().lower() in _BULK
        or any(name in message for name in _AUTOMATIC)
        or (path is not None and str(path).strip() == "<>")
        or report
        or sender in own
    )
    return "auto" if automatic else "request"


def _returned(parts: Sequence[Message]) -> list[str]:
    """Message-IDs of what came back."""
    return [id_ for each in returned_in(parts) for id_ in _ids_of(each)]


def _ids_of(message: Message) -> list[str]:
    return message_ids(_header(message, "Message-ID"))


def _body(parts: Sequence[Message]) -> str:
    """Plain text where the mail has some, else the text of its HTML; binary nonsense becomes marks of replacement."""
    written = [part for part in parts if part.get_content_maintype() == "text" and not is_file(part)]
    plain = [tidy(read_text(part)) for part in written if part.get_content_subtype() != "html"]
    if any(plain):
        return "\n\n".join(filter(None, plain))
    return "\n\n".join(text_of_html(read_text(part)) for part in written if part.get_content_subtype() == "html")


def _attachments(parts: Sequence[Message]) -> list[Attachment]:
    files = [part for part in parts if is_file(part)]
    found = []
    for place, part in enumerate(files):
        payload = part.get_payload()
        inner = payload[0] if isinstance(payload, list) and payload else None
        content = _whole(inner) if isinstance(inner, Message) else content_of(part)
        said = "".join(c for c in part.get_content_type() if c.isprintable())[:_LONGEST_REFERENCE]
        found.append(attachment_of(_filename(part), said, content, too_many=place >= _MOST_ATTACHMENTS))
    return found


def _whole(message: Message) -> bytes:
    """A forwarded message as a file; nothing of one that cannot be written again."""
    try:
        return message.as_bytes()
    except _UNREADABLE:
        return b""


def _filename(part: Message) -> str:
    try:
        name = str(make_header(decode_header(part.get_filename() or "")))
    except _UNREADABLE:
        name = ""
    bare = re.split(r"[/\\]", name)[-1]
    return "".join(c for c in bare if c.isprintable())[:200].strip() or "attachment"
