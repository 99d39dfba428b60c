"""Letters about letters: reports of delivery (RFC 3464) and of abuse (RFC 5965)."""

import re
from email import message_from_bytes, message_from_string
from email.message import Message

from services.marketing.engagement.domain.mapping import message_id_of
from services.marketing.engagement.domain.returned import Kind, Report

_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_MOST_PARTS, _MOST_BYTES = 50, 128 * 1024
"""Anybody may send such mails: longer ones would keep the parser busy for seconds. Reports stand before the letter."""


def read_report(mail: bytes, domain: str) -> Report | None:
    """What a mail says became of a letter of ours; None where it says nothing of that kind, or cannot be read."""
    try:
        return _report(message_from_bytes(mail[:_MOST_BYTES]), domain)
    except (
        ValueError,
        LookupError,
        AttributeError,
        TypeError,
        RecursionError,
    ):  # what strange mails bring the parser to
        return None


def _report(mail: Message, domain: str) -> Report | None:
    if mail.get_content_type() != "multipart/report":
        return None
    message_id = kind = code = None
    for place, part in enumerate(mail.walk()):
        if place > _MOST_PARTS:
            return None
        match part.get_content_type():
            case "message/delivery-status":
                kind, code = _delivery(part) or (kind, code)
            case "message/feedback-report":
                kind = "complaint" if _field(part, "Feedback-Type").lower() in {"abuse", "fraud"} else None
            case "text/rfc822-headers":
                original = message_from_string(str(part.get_payload()))
                message_id = message_id_of(str(original.get("Message-ID", "")), domain) or message_id
            case "message/rfc822":
                for inner in _inner(part):
                    message_id = message_id_of(str(inner.get("Message-ID", "")), domain) or message_id
            case _:
                continue
    return Report(message_id, kind, code) if message_id and kind else None


def _delivery(part: Message) -> tuple[Kind, str | None] | None:
    """By the first recipient that it is about: a letter of ours has one. A delay is no end, and says nothing."""
    for group in _inner(part):
        action, status = _field(group, "Action").lower(), _STATUS.search(_field(group, "Status"))
        if action == "delivered":
            return "delivered", None
        if action == "failed":
            code = status[0] if status else None
            return ("soft" if code and code.startswith("4") else "hard"), code
    return None


def _field(part: Message, name: str) -> str:
    """Of an abuse report the fields are the text of the part, or its one message."""
    if name in part:
        return str(part[name]).strip()
    inner = _inner(part)
    text = inner[0].as_string() if inner else str(part.get_payload())
    found = re.search(rf"^{re.escape(name)}:[ \t]*(\S+)", text, re.MULTILINE | re.IGNORECASE)
    return found[1] if found else ""


def _inner(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [each for each in payload if isinstance(each, Message)] if isinstance(payload, list) else []
