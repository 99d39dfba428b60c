"""An e-mail as it leaves."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any
from uuid import UUID

import pytest

from services.marketing.catalogue.domain.steps import Content
from services.marketing.sending.domain.letter import Addressee, FromAddress, can_be_written_to, values_of, write
from tests.unit.marketing.facts import NOW

ID = UUID(int=1)
SENDER = FromAddress("shop@shop.example", "The Shop", "shop.example")
URL = f"https://shop.example/u/{ID}"


def content(body: str = "Hello {{ name }}\n", subject: str = "Hello", **languages: dict[str, str]) -> Content:
    return Content.model_validate({"template": "t", "texts": {"": {"subject": subject, "body": body}, **languages}})


def letter(
    content: Content,
    *,
    name: str | None = "Ada Holm",
    email: str = "ada@example.com",
    locale: str | None = None,
    url: str = "",
) -> EmailMessage:
    addressee = Addressee(name, email, locale)
    written = write(ID, 1, SENDER, addressee, content, values_of(addressee, ["Vase"], "s-1", NOW, url), NOW)
    message = message_from_bytes(written.content, policy=default)
    assert isinstance(message, EmailMessage)
    assert message.defects == []
    return message


def test_headers_say_who_to_whom_when_and_which() -> None:
    message = letter(content())
    assert message["From"] == "The Shop <shop@shop.example>"
    assert message["To"] == "Ada Holm <ada@example.com>"
    assert message["Message-ID"] == f"<{ID}@shop.example>"
    assert message["Date"].datetime == NOW
    assert message["List-Unsubscribe"] is None


def test_unsubscribe_is_one_click() -> None:
    message = letter(content("{{ unsubscribe_url }}"), url=URL)
    assert message["List-Unsubscribe"] == f"<{URL}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message.get_content().strip() == URL


@pytest.mark.parametrize("name", ["Ada Holm", "Åse Ærø", 'Holm, "Ada"', "O'Brien", "a" * 200, "名前 テスト"])
def test_names_come_out_as_they_went_in(name: str) -> None:
    (address,) = letter(content(), name=name)["To"].addresses
    assert (address.display_name, address.addr_spec) == (name, "ada@example.com")


@pytest.mark.parametrize(
    "name", ["Ada\r\nBcc: eve@example.com", "Ada\nX: y", "Ada\x00\x0bHolm", "Åda\r\nBcc: eve@example.com"]
)
def test_name_cannot_add_a_header(name: str) -> None:
    message = letter(content(subject="For {{ name }}"), name=name)
    assert message["Bcc"] is None
    assert message["X"] is None
    assert [address.addr_spec for address in message["To"].addresses] == ["ada@example.com"]


GREETING = "Hello {{ first_name or 'there' }}{% if name %} ({{ name }}){% endif %}, {{ products | join(', ') }}"


@pytest.mark.parametrize(
    "name",
    [
        "=?utf-8?b?PGV2ZUBldmlsLmV4YW1wbGU+?=",
        "=?utf-8?q?Ada=0d=0aBcc:_eve@evil.example?=",
        "Åda =?us-ascii?q?Eve?=",
        "Ada\x00\x07\x1b[31m\x7f\x9b",
        "Ada\u202egpj.exe\u2028Bcc\u200b: eve",
    ],
)
def test_name_is_shown_as_it_is_and_hides_nothing(name: str) -> None:
    """Neither another header nor another name comes out of it, in header, subject or greeting."""
    message = letter(content(GREETING, subject="For {{ name }}"), name=name)
    shown = " ".join("".join(c if c.isprintable() else " " for c in name).split())
    (address,) = message["To"].addresses
    expected = "" if "@" in shown or ".exe" in shown else shown
    assert (address.display_name, address.addr_spec) == (expected, "ada@example.com")
    assert message["Subject"].strip() == f"For {expected}".strip()
    assert "Bcc" not in message
    assert all(character.isprintable() for character in message.get_content().rstrip("\n"))


@pytest.mark.parametrize(
    "name",
    [
        "Win at https://evil.example/now",
        "www.evil.example",
        "evil.com",
        "Free iPhone > evil\u3002com",
        "evil\uff0ecom",
        "eve@evil.example",
        "mailto:eve",
        "Ada //evil",
        "see evil.co/x",
    ],
)
def test_name_that_is_a_link_greets_nobody(name: str) -> None:
    message = letter(content(GREETING, subject="For {{ name }}"), name=name)
    assert message["To"] == "ada@example.com"
    assert message["Subject"].strip() == "For"
    assert message.get_content().strip() == "Hello there, Vase"


@pytest.mark.parametrize(
    "name", ["A.P. Holm", "J.Smith", "Dr. Ada Holm", "Ada & Bob", "Holm A/S", "Æ.Ø. Å", "St. John"]
)
def test_name_with_dots_is_a_name(name: str) -> None:
    assert letter(content(), name=name)["To"].addresses[0].display_name == name


@pytest.mark.parametrize(
    ("address", "can"),
    [
        ("ada@example.com", True),
        ("ada+shop@example.com", True),
        ("åda@example.com", True),
        ("ada@exämple.com", True),
        ("ada", False),
        ("@example.com", False),
        ("ada@example.com, eve@evil.example", False),
        ("<eve@evil.example>ada@example.com", False),
        ("ada@example.com\r\nRCPT TO:<eve@evil.example>", False),
        ("ada\x00@example.com", False),
    ],
)
def test_address_that_means_more_than_one_mailbox_is_not_written_to(address: str, can: bool) -> None:
    assert can_be_written_to(address) is can


def test_domain_of_an_address_is_written_as_servers_name_it() -> None:
    assert letter(content(), email="ada@exämple.com")["To"] == "Ada Holm <ada@xn--exmple-cua.com>"


def test_address_without_a_name_stands_alone() -> None:
    assert letter(content("Hello {{ first_name or 'there' }}"), name=None)["To"] == "ada@example.com"


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        ("plain\n", "7bit"),
        ("Grüße und alles Gute von uns allen im Laden\n", "quoted-printable"),
        ("名前" * 100, "base64"),
        ("x" * 2_000, "quoted-printable"),
    ],
)
def test_bodies_come_out_as_they_went_in(body: str, encoding: str) -> None:
    message = letter(content(body))
    assert message["Content-Transfer-Encoding"] == encoding
    assert message.get_content().rstrip("\n") == body.rstrip("\n")


def test_subject_is_one_line_in_any_script() -> None:
    assert letter(content(subject="Grüße\n{{ product }}"))["Subject"] == "Grüße Vase"


@pytest.mark.parametrize(("locale", "body"), [("da-DK", "Hej"), ("da", "Hej"), ("de", "Hello"), (None, "Hello")])
def test_language_of_the_addressee_is_taken_where_there_is_one(locale: str | None, body: str) -> None:
    danish: dict[str, Any] = {"da": {"subject": "Hej", "body": "Hej"}}
    assert letter(content("Hello", **danish), locale=locale).get_content().strip() == body


def test_values_of_somebody_unknown_are_empty() -> None:
    values = values_of(Addressee(None, "a@example.com", None), [], "s-1", NOW, "")
    assert (values["name"], values["first_name"], values["product"]) == ("", "", "")
