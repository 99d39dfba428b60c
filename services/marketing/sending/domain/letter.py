"""An e-mail as it leaves: RFC 5322 text, made without the standard library's slow message objects."""

import base64
import quopri
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from typing import Any
from uuid import UUID

from services.marketing.catalogue.domain.definition import Content

_LONGEST_LINE = 900
"""RFC 5322 allows 998 bytes a line; above this, a text is encoded."""
_SPECIALS = frozenset('()<>[]:;@\\,."')


@dataclass(frozen=True, slots=True)
class FromAddress:
    """Who writes. `unsubscribe_url` has `{message_id}` where the message is named; empty: there is none yet."""

    address: str
    name: str
    domain: str
    unsubscribe_url: str


@dataclass(frozen=True, slots=True)
class Addressee:
    name: str | None
    email: str
    locale: str | None


@dataclass(frozen=True, slots=True)
class Letter:
    """Ready to be handed over. The lines of `content` end in LF, as files do; SMTP makes it CRLF."""

    message_id: UUID
    number: int
    email: str
    content: bytes


def values_of(
    addressee: Addressee, products: Sequence[str], sale_id: str, bought_at: datetime, url: str
) -> dict[str, Any]:
    """What the template may use; see `template.SAMPLE`."""
    name = " ".join((addressee.name or "").split())
    return {
        "name": name,
        "first_name": name.partition(" ")[0],
        "products": list(products),
        "product": products[0] if products else "",
        "sale_id": sale_id,
        "bought_on": bought_at.date().isoformat(),
        "unsubscribe_url": url,
    }


def write(
    message_id: UUID,
    number: int,
    sender: FromAddress,
    addressee: Addressee,
    content: Content,
    values: Mapping[str, Any],
    at: datetime,
) -> Letter:
    """Render in the addressee's language where the content has it. The same input gives the same bytes.

    Raises jinja2.TemplateError where the template fails.
    """
    language = (addressee.locale or "")[:2].lower()
    text = content.texts.get(language) or content.texts[""]
    subject, body = text.render(values)
    encoding, encoded = _encode(body)
    url = values["unsubscribe_url"]
    headers = [
        ("From", _mailbox(sender.name, sender.address)),
        ("To", _mailbox(values["name"], addressee.email)),
        ("Subject", _words(subject, len("Subject: "))),
        ("Date", format_datetime(at)),
        ("Message-ID", f"<{message_id}@{sender.domain}>"),
        ("MIME-Version", "1.0"),
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Transfer-Encoding", encoding),
        ("Auto-Submitted", "auto-generated"),
    ]
    if url:
        headers += [("List-Unsubscribe", f"<{url}>"), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")]
    head = "".join(f"{name}: {value}\n" for name, value in headers)
    return Letter(message_id, number, addressee.email, head.encode() + b"\n" + encoded)


def unsubscribe_url(sender: FromAddress, message_id: UUID) -> str:
    return sender.unsubscribe_url.replace("{message_id}", str(message_id))


def _mailbox(name: str, address: str) -> str:
    """`Name <address>`; what could end a header or an address is taken out."""
    bare = "".join(address.split())
    name = " ".join(name.split())
    if not name:
        return bare
    if not name.isascii():
        return f"{_words(name, 0)} <{bare}>"
    if _SPECIALS & set(name):
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}" <{bare}>'
    return f"{name} <{bare}>"


def _words(text: str, used: int) -> str:
    """One line of header text, as encoded words (RFC 2047) where it is not plain ASCII or too long for a line."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if line.isascii() and len(line) + used <= _LONGEST_LINE:
        return line
    return Header(line, "utf-8", header_name=" " * used).encode(linesep="\n")


def _encode(body: str) -> tuple[str, bytes]:
    """Transfer encoding and bytes; a person who opens the file reads them where the text is plain."""
    lines = body.splitlines()
    whole = "".join(f"{line}\n" for line in lines).encode()
    if body.isascii() and all(len(line) <= _LONGEST_LINE for line in lines):
        return "7bit", whole
    quoted = quopri.encodestring(whole)
    if len(quoted) < 2 * len(whole):
        return "quoted-printable", quoted
    return "base64", base64.encodebytes(whole)
