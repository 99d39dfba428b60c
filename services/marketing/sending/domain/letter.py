"""An e-mail as it leaves: RFC 5322 text, made without the standard library's slow message objects."""

import base64
import quopri
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from typing import Any, TypedDict
from uuid import UUID

from services.marketing.catalogue.content.formats import Amount, choose_language, writing_locale
from services.marketing.catalogue.domain.steps import Content

NOTHING = Amount(0, "")
_LONGEST_LINE = 900
"""RFC 5322 allows 998 bytes a line; above this, a text is encoded."""
_SPECIALS = frozenset('()<>[]:;@\\,."')
_ENCODED = "=?"
"""Begins an encoded word, which a reader would decode: a name must not hide another one in it."""
_UNSAFE = frozenset('<>()[]:;,\\" ')
_LINK = re.compile(r"//|\bwww\.|\bmailto:|@|[^\W_]{2,}[.\u3002\uff61][^\W\d_]{2,}", re.IGNORECASE)
"""What a mail reader may make a link of: an address or a domain; initials (`A.P. Holm`) are none."""


@dataclass(frozen=True, slots=True)
class FromAddress:
    """Who writes; `domain` is the right side of every Message-ID. `id_header` says the message's id once more."""

    address: str
    name: str
    domain: str
    id_header: str = ""


@dataclass(frozen=True, slots=True)
class Addressee:
    name: str | None
    email: str
    locale: str | None


@dataclass(frozen=True, slots=True)
class Letter:
    """Ready to be handed over. The lines of an e-mail's `content` end in LF, as files do; SMTP makes it CRLF."""

    message_id: UUID
    number: int
    recipient: str
    content: bytes


class Urls(TypedDict, total=False):
    """The links of a letter, each empty where there is none. `link_to` makes one that is counted, `video_to` one to a
    page that plays a video.
    """

    unsubscribe_url: str
    survey_url: str
    preferences_url: str
    opened_url: str
    link_to: Callable[[str, str], str]
    video_to: Callable[[str, str], str]


def values_of(
    addressee: Addressee,
    products: Sequence[str],
    sale_id: str,
    bought_at: datetime,
    total: Amount = NOTHING,
    urls: Urls | None = None,
    tier: str | None = None,
) -> dict[str, Any]:
    name = presentable(addressee.name or "")
    return {
        "name": name,
        "first_name": name.partition(" ")[0],
        "products": [_printable(product) for product in products],
        "product": _printable(products[0]) if products else "",
        "sale_id": _printable(sale_id),
        "bought_on": bought_at.date().isoformat(),
        "total": total,
        "tier": _printable(tier or ""),
        "unsubscribe_url": "",
        "survey_url": "",
        "preferences_url": "",
        "opened_url": "",
        **(urls or {}),
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
    recipient = ascii_domain(addressee.email)
    language = choose_language(content.texts, addressee.locale)
    locale = writing_locale(language, addressee.locale)
    subject, body, html = content.texts[language].render({**values, "locale": locale})
    kind, encoded = _part("plain", body) if html is None else _both(message_id, body, html)
    url = values["unsubscribe_url"]
    headers = [
        ("From", _mailbox(sender.name, sender.address)),
        ("To", _mailbox(values["name"], recipient)),
        ("Subject", _words(subject, len("Subject: "))),
        ("Date", format_datetime(at)),
        ("Message-ID", f"<{message_id}@{sender.domain}>"),
        ("MIME-Version", "1.0"),
        *kind,
        ("Auto-Submitted", "auto-generated"),
    ]
    if sender.id_header:
        headers.append((sender.id_header, str(message_id)))
    if url:
        headers += [("List-Unsubscribe", f"<{url}>"), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")]
    head = "".join(f"{name}: {value}\n" for name, value in headers)
    return Letter(message_id, number, recipient, head.encode() + b"\n" + encoded)


def presentable(name: str) -> str:
    """A name as it may stand in a greeting or a header; empty where it holds an address or a link.

    Whoever signs somebody else up chooses the name: it must not carry an advertisement, which mail readers would even
    make a link of.
    """
    bare = _printable(name)
    return "" if _LINK.search(unicodedata.normalize("NFKC", bare)) else bare


def can_be_written_to(address: str) -> bool:
    """Whether an address can stand in a header and an envelope as it is, and means one mailbox there."""
    local, _, domain = address.rpartition("@")
    return bool(local and domain) and address.isprintable() and not _UNSAFE & set(address)


def ascii_domain(address: str) -> str:
    """With the domain as the mail servers name it, so that only the left side may need SMTPUTF8."""
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        return address


def _printable(text: str) -> str:
    """One line without characters that nobody sees: controls, marks of direction, ends of lines."""
    shown = text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)
    return " ".join(shown.split())


def _mailbox(name: str, address: str) -> str:
    """`Name <address>`; what could end a header or an address is taken out."""
    bare = "".join(address.split())
    name = _printable(name)
    if not name:
        return bare
    if not name.isascii() or _ENCODED in name:
        return f"{_words(name, 0)} <{bare}>"
    if _SPECIALS & set(name):
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}" <{bare}>'
    return f"{name} <{bare}>"


def _words(text: str, used: int) -> str:
    """One line of header text, in encoded words (RFC 2047) where it is not ASCII, is too long, or looks like them."""
    line = _printable(text)
    if line.isascii() and _ENCODED not in line and len(line) + used <= _LONGEST_LINE:
        return line
    return Header(line, "utf-8", header_name=" " * used).encode(linesep="\n")


Headers = list[tuple[str, str]]


def _part(kind: str, text: str) -> tuple[Headers, bytes]:
    encoding, encoded = _encode(text)
    return [("Content-Type", f"text/{kind}; charset=utf-8"), ("Content-Transfer-Encoding", encoding)], encoded


def _both(message_id: UUID, body: str, html: str) -> tuple[Headers, bytes]:
    """The text first, the HTML as the better of the two (RFC 2046)."""
    boundary = f"=_{message_id.hex}"
    whole = b""
    for headers, encoded in (_part("plain", body), _part("html", html)):
        head = "".join(f"{name}: {value}\n" for name, value in headers)
        whole += f"--{boundary}\n{head}\n".encode() + encoded + b"\n"
    return [("Content-Type", f'multipart/alternative; boundary="{boundary}"')], whole + f"--{boundary}--\n".encode()


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
