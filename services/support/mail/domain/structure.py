"""A mail taken apart, in work that its length bounds whatever its headers and parts say."""

import codecs
from collections.abc import Iterator, Sequence
from email import message_from_bytes
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import Compat32
from typing import Any

MOST_HEADER = 20_000
_MOST_STRUCTURE = 4_000
"""Of what says how a part is made: parameters are read in the square of their length, and a dozen times a part."""
_MOST_PARTS = 200
_MOST_WORK = 20_000_000
"""Lines times parts that hold others: each line is held against the boundary of every part that is open."""
_MOST_TEXT = 1_000_000
_SLOW_CHARSETS = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"})
"""Python's own, which no mail is written in. Some are read in the square of their length."""


class _Bounded(Compat32):
    """Reads the beginning of a header that is longer than any mail program writes, and UTF-8 in it (RFC 6532)."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        most = _MOST_STRUCTURE if name.lower().startswith("content-") else MOST_HEADER
        return name, value[:most]

    def header_fetch_parse(self, name: str, value: str) -> str:
        del name
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


_POLICY: Any = _Bounded()


def parse(raw: bytes) -> Message:
    """Where it is nested without end, or would take too long, everything below its headers is one plain text."""
    lines, nested = max(raw.count(b"\n"), raw.count(b"\r")), raw.lower().count(b"multipart/")
    if lines * nested <= _MOST_WORK:
        try:
            return message_from_bytes(raw, policy=_POLICY)
        except RecursionError:
            pass
    message: Message = BytesHeaderParser(policy=_POLICY).parsebytes(raw)
    for name in ("Content-Type", "Content-Transfer-Encoding", "Content-Disposition"):
        del message[name]
    return message


def parts_of(message: Message) -> Iterator[Message]:
    """Depth first without recursion, the first of them; forwarded messages stay whole."""
    waiting, found = [message], 0
    while waiting and found < _MOST_PARTS:
        part = waiting.pop()
        found += 1
        yield part
        payload = part.get_payload()
        if isinstance(payload, list) and (part.get_content_maintype() == "multipart"):
            waiting.extend(reversed([each for each in payload if isinstance(each, Message)]))


def content_of(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def read_text(part: Message) -> str:
    """The beginning of what a part says, in the charset that it names where that is one."""
    content = content_of(part)
    for charset in (part.get_content_charset() or "utf-8", "utf-8"):
        try:
            if codecs.lookup(charset).name in _SLOW_CHARSETS:
                continue
            return content.decode(charset)[:_MOST_TEXT].encode("utf-8", "replace").decode()
        except (LookupError, ValueError):
            continue
    return content[:_MOST_TEXT].decode("latin-1")


def is_file(part: Message) -> bool:
    if part.get_content_maintype() == "multipart" or part.get_content_type() == "message/delivery-status":
        return False
    return (
        bool(part.get_filename())
        or part.get_content_disposition() == "attachment"
        or (part.get_content_maintype() != "text")
    )


def returned_in(parts: Sequence[Message]) -> Iterator[Message]:
    """Of a report, the messages that came back, or their headers."""
    for part in parts:
        payload = part.get_payload()
        if part.get_content_type() == "message/rfc822" and isinstance(payload, list):
            yield from (each for each in payload if isinstance(each, Message))
        elif part.get_content_type() == "text/rfc822-headers":
            yield parse(content_of(part))
