"""Mails as they come: what is read of them, and what bad ones do."""

import sys
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
import quotequail
from hypothesis import given, strategies as st

from services.contacts.parties.domain.identity import normal_email
from services.support.letters.domain.letter import Draft, UnwritableError, reply_of, write
from services.support.mail.domain.attachment import MOST_BYTES, attachment_of
from services.support.mail.domain.incoming import MOST_BODY, Incoming, read_mail
from services.support.mail.domain.request import written_by
from services.support.mail.domain.text import text_of_html
from services.support.quoting import words_of
from services.support.signature import is_signed, sign
from shared.ids import derived_id
from tests.unit.support.builders import NOON, party_id

OWN = frozenset({"help@rapport.example"})
HEAD = b"From: Ada <Ada@Example.com>\r\nSubject: Lamp\r\nMessage-ID: <m1@x>\r\n"


def incoming(head: bytes = HEAD, body: bytes = b"Dark.", more: bytes = b"") -> Incoming:
    return read_mail(head + more + b"\r\n" + body, OWN)


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        (b"", "request"),
        (b"Auto-Submitted: no\r\n", "request"),
        (b"Auto-Submitted: auto-replied\r\n", "auto"),
        (b"Precedence: Bulk\r\n", "auto"),
        (b"X-Autoreply: yes\r\n", "auto"),
        (b"List-Id: <news.example>\r\n", "auto"),
        (b"Return-Path: <>\r\n", "auto"),
        (b"Return-Path: <ada@example.com>\r\n", "request"),
    ],
)
def test_mails_of_no_person_are_known(more: bytes, kind: str) -> None:
    assert incoming(more=more).kind == kind


def test_a_mail_of_our_own_makes_no_loop() -> None:
    assert incoming(b"From: help@rapport.example\r\n").kind == "auto"
    assert incoming(b"From: Mail Delivery <MAILER-DAEMON@x.example>\r\n").kind == "bounce"


def test_what_it_answers_is_read_nearest_first() -> None:
    more = b"References: <a@x>\r\n <b@x> <c@x>\r\nIn-Reply-To: <c@x>\r\n"
    assert incoming(more=more).references == ["c@x", "b@x", "a@x"]


def test_an_encoded_name_hides_no_other_sender() -> None:
    found = incoming(b"From: =?utf-8?q?=3Cvictim=40example=2Ecom=3E=2C?= <ada@example.com>\r\n")
    assert found.sender == "ada@example.com"


def test_the_same_mail_has_one_id_and_one_that_borrows_its_name_another() -> None:
    assert incoming().id == incoming(b"Received: by another way\r\n" + HEAD).id
    assert incoming().id != incoming(body=b"Other.").id


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff\xfe" * 1000,
        b"From: \r\n\r\n",
        b"From: ada@example.com\r\nContent-Type: text/plain; charset=nonsense\r\n\r\n\xff\xe6",
        b"From: ada@example.com\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!",
        b"From: ada@example.com\r\nSubject: =?utf-8?b?!!!?=\r\nDate: never\r\n\r\nx",
        b"From: ada@example.com\r\nDate: Thu, 1 Jan 0001 00:00:00 +2359\r\n\r\nx",
        b"From: ada@example.com\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\n" * 5_000,
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(300)),
        b"".join(b"Content-Type: message/rfc822\r\n\r\n" for _ in range(2_000)),
        b"From: " + b"a@b.c, " * 20_000 + b"\r\nReferences: " + b"<x@y> " * 20_000 + b"\r\n\r\n" + b"x" * (1 << 20),
        "From: ada@example.com\r\nSubject: \ud800\r\n\r\n".encode("utf-8", "surrogatepass"),
        b"From: ada@example.com\r\nSubject: =?utf\xff?q?x?=\r\n\r\n",
        b"From: ada@example.com\r\nContent-Type: text/plain; charset=unicode_escape\r\n\r\n\\ud800",
        b"From: ada@example.com\r\nContent-Type: text/plain; charset=idna\r\n\r\n\xe6",
        b"From: ada@example.com\r\nContent-Type: image/\0png\r\n\r\nx",
        b"From: ada@example.com\r\nContent-Type: text/plain; name*=\0''%41\r\n\r\nx",
        b"From: ada@example.com\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * 300,
    ],
)
def test_no_mail_is_too_bad_to_be_read(raw: bytes) -> None:
    found = read_mail(raw, OWN)
    assert len(found.body) <= MOST_BODY
    files = [text for each in found.attachments for text in (each.name, each.media_type)]
    told = "".join([found.body, found.subject, found.name or "", *files])
    assert "\0" not in told
    told.encode()


LONG = 4 << 20
SLOW = [
    b"Content-Type: text/plain" + b";a" * LONG + b"\r\n\r\nDark.",
    b'Content-Type: text/plain; a="' + b";" * LONG + b"\r\n\r\nDark.",
    b"Content-Type: text/plain" + b"".join(b"; name*%d=a" % n for n in range(LONG // 12)) + b"\r\n\r\nDark.",
    b"Content-Type: text/plain; charset=punycode\r\n\r\nDark." + b"-aaab" * (LONG // 5),
    b"Content-Type: text/html\r\n\r\nDark." + b"&" * LONG,
    b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(200))
    + b"Dark.\n" * (LONG // 6),
]


@pytest.mark.parametrize("mail", SLOW, ids=["parameters", "quotes", "pieces", "charset", "characters", "nested"])
def test_what_would_be_read_for_hours_is_read_in_part(mail: bytes) -> None:
    """Each is read in the square of its length by what reads it, and would hold up the mailbox for everybody."""
    found = incoming(body=b"", more=mail)
    assert "Dark." in found.body or found.attachments


@pytest.mark.parametrize(
    ("sender", "kind"),
    [
        ("jürgen@example.com", "request"),
        ("ada@blåbær.example", "request"),
        ("Ada <ada@example.com>, bo@example.com", "request"),
        ("ada@localhost", "held"),
        ("ada@[192.0.2.1]", "held"),
        ("ada@example..com", "held"),
        ("a..b@example.com", "held"),
        ("ada@-x.example", "held"),
        ("ada@xn--.example", "held"),
        ("\N{REPLACEMENT CHARACTER}@example.com", "held"),
        ("ada\x01@example.com", "held"),
        ("", "held"),
    ],
)
def test_a_request_is_of_somebody_whom_contacts_knows(sender: str, kind: str) -> None:
    """Of another sender it would end there, where nobody of support sees it."""
    found = incoming(f"From: {sender}\r\n".encode())
    assert (found.sender is None) == (kind == "held")
    assert found.sender is None or normal_email(found.sender) is not None


def test_headers_in_utf_8_are_read_as_they_are_meant() -> None:
    """Two senders whose letters were lost would be one."""
    found = incoming("From: Jørgen <jørgen@example.com>\r\nSubject: Mørk lampe\r\n".encode())
    assert (found.name, found.sender, found.subject) == ("Jørgen", "jørgen@example.com", "Mørk lampe")


@pytest.mark.parametrize(
    ("written", "believed"),
    [
        (None, NOON),
        (datetime(1, 1, 1, tzinfo=UTC), NOON),
        (datetime(1800, 1, 1, tzinfo=UTC), NOON),
        (datetime(1970, 1, 1, tzinfo=UTC), NOON),
        (datetime(2099, 1, 1, tzinfo=UTC), NOON),
        (NOON - timedelta(days=400), NOON - timedelta(days=400)),
    ],
)
def test_a_clock_that_lies_is_not_believed(written: datetime | None, believed: datetime) -> None:
    """A fact of before 1900 is taken by nobody."""
    assert written_by(written, NOON) == believed


def test_html_becomes_text_that_hides_and_runs_nothing() -> None:
    html = '<style>p{}</style><p onclick="x()">Hej<br>du</p><script>alert(1)</script><blockquote>old</blockquote>'
    assert text_of_html(html) == "Hej\ndu\n\n> old"
    assert text_of_html("<div>" * 100_000 + "x") == "x"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Still dark.\n\nOn Thu, Mar 5, 2026 at 10:12 AM Rapport <h@r.example> wrote:\n> Try\n", "Still dark."),
        ("Stadig mørkt.\n\nDen tors. 5. mar. 2026 kl. 10.12 skrev Rapport <h@r.example>:\n\n> Prøv\n", "Stadig mørkt."),
        ("Dark.\n-- \nAda Holm\nCEO", "Dark."),
        ("> only quoted", "> only quoted"),
        ("", ""),
    ],
)
def test_quotes_and_signatures_are_left_out(text: str, words: str) -> None:
    assert words_of(text) == words


LINES = [
    *("", "  ", "It is dark", "Note: this", "word:", "a > b", "wrote:", "schrieb Ann:", "On Monday, Ann"),
    *("On Mon, 3 Mar 2026 at 10:00, Ann <a@b.example> wrote:", "Den 3. marts skrev Ann:", "2026/1/2 Ann <a@b.example>"),
    *(
        "> quoted",
        ">",
        "From: a@b.example",
        "To: x",
        "Subject: y",
        "Sent: today",
        "_" * 32,
        "---- Forwarded message ----",
    ),
]


@given(st.lists(st.sampled_from(LINES), max_size=10))
def test_what_is_left_out_before_a_quotation_is_looked_for_changes_nothing(lines: list[str]) -> None:
    text = "\n".join(lines)
    found = quotequail.unwrap(text) or {}
    own = "\n".join(line for line in lines if not line.startswith(">")).strip()
    assert words_of(text) == (found.get("text_top") or own or text)


@pytest.mark.parametrize("line", ["x", "x:", ">", "On Monday, Ann", " " * 60_000])
@pytest.mark.slow
def test_a_body_of_very_many_lines_is_looked_through_in_bounded_work(line: str) -> None:
    calls = 0

    def count(_: object, event: str, __: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        words_of("\n".join([line] * 25_000))
    finally:
        sys.setprofile(None)
    assert calls < 300_000


def test_a_quotation_is_found_below_very_many_lines() -> None:
    above = "\n".join(["It is dark"] * 4_000)
    assert words_of(f"{above}\n\nOn Mon, 3 Mar 2026, Ann <a@b.example> wrote:\n> Try\n") == above


@pytest.mark.parametrize(
    ("said", "content", "kept", "refused"),
    [
        ("image/png", b"\x89PNG\r\n\x1a\n" + b"\0" * 32, "image/png", None),
        ("application/octet-stream", b"%PDF-1.7\n", "application/pdf", None),
        ("image/png", b"%PDF-1.7\n", "image/png", "type_mismatch"),
        ("application/pdf", b"MZ\x90\0", "application/pdf", "type_mismatch"),
        ("text/plain", "brev på dansk".encode(), "text/plain", None),
        ("text/plain", b"\x7fELF\0\0", "text/plain", "type_mismatch"),
        ("text/html", b"<script>", "text/html", "type_not_allowed"),
        ("application/x-msdownload", b"MZ\x90\0", "application/x-msdownload", "type_not_allowed"),
        ("text/plain", b"x" * (MOST_BYTES + 1), "text/plain", "too_large"),
        ("text/plain", b"", "text/plain", None),
    ],
)
def test_a_file_is_what_its_bytes_are(said: str, content: bytes, kept: str, refused: str | None) -> None:
    found = attachment_of("file", said, content)
    assert (found.media_type, found.refused, found.content is None) == (kept, refused, refused is not None)


def draft(**given: object) -> Draft:
    values = {"reply_id": derived_id("r"), "ticket_id": derived_id("t"), "party_id": party_id(1)}
    more = {"request_event_id": None, "body": "Hej", "written_at": NOON, "address": "ada@example.com"}
    return Draft(**{**values, **more, **given})  # type: ignore[arg-type]


def test_a_reply_is_threaded_and_the_same_at_each_attempt() -> None:
    letter = draft(follows=["a@x", "b@x"], subject="Lamp\r\nBcc: all@example.com")
    written = write(letter, "help@rapport.example", "Rapport")
    assert written == write(letter, "help@rapport.example", "Rapport")
    text = written.decode()
    assert "In-Reply-To: <b@x>\r\nReferences: <a@x> <b@x>\r\n" in text
    assert "\r\nBcc:" not in text
    assert f"Message-ID: <{letter.reply_id}@rapport.example>" in text
    assert reply_of(f"{letter.reply_id}@rapport.example", "rapport.example") == letter.reply_id
    assert reply_of(f"{letter.reply_id}@other.example", "rapport.example") is None


@pytest.mark.parametrize("name", ["a\nb", "a\u2028b", "a\x85b", "a b", "æ@x", "a>b", "", "a\r\nBcc: all@example.com"])
def test_a_name_that_cannot_stand_in_a_header_stops_no_letter(name: str) -> None:
    """A shop may know its messages by anything; whoever sends would die of it, with the letters beside it."""
    text = write(draft(follows=["a@x", name]), "help@rapport.example", "Rapport").decode()
    assert "In-Reply-To: <a@x>\r\nReferences: <a@x>\r\n" in text
    assert "In-Reply-To" not in write(draft(follows=[name]), "help@rapport.example", "Rapport").decode()


def test_what_a_reply_refers_to_is_written_as_it_was() -> None:
    long = "x" * 90 + "@mail.example"
    assert f"In-Reply-To: <{long}>\r\n" in write(draft(follows=[long]), "help@rapport.example", "Rapport").decode()


@pytest.mark.parametrize("timestamp", ["999999999999", "", "-1", "٣", "1e3"])
def test_a_time_that_is_none_signs_nothing(timestamp: str) -> None:
    key = b"k" * 24
    assert not is_signed([key], "m", timestamp, sign(key, "m", timestamp, b""), b"", NOON)


@pytest.mark.parametrize("address", ["", "no address", "a@b@c", "ada@example.com\r\nBcc: all@example.com"])
def test_an_address_that_cannot_stand_in_an_envelope_is_refused(address: str) -> None:
    with pytest.raises(UnwritableError):
        write(draft(address=address), "help@rapport.example", "Rapport")


def test_a_message_keeps_its_attachments_and_its_text() -> None:
    message = EmailMessage()
    message["From"] = "ada@example.com"
    message.set_content("See here.")
    message.add_alternative("<p>See <b>here</b></p>", subtype="html")
    message.add_attachment(b"a,b\n", maintype="text", subtype="csv", filename="list.csv")
    found = read_mail(message.as_bytes(), OWN)
    assert (found.body, [each.name for each in found.attachments]) == ("See here.", ["list.csv"])
