"""An e-mail as it leaves."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any
from uuid import UUID

import pytest

from services.marketing.catalogue.domain.definition import Content
from services.marketing.sending.domain.letter import Addressee, FromAddress, unsubscribe_url, values_of, write
from tests.unit.marketing.facts import NOW

ID = UUID(int=1)
SENDER = FromAddress("shop@shop.example", "The Shop", "shop.example", "https://shop.example/u/{message_id}")


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
    message = letter(content("{{ unsubscribe_url }}"), url=unsubscribe_url(SENDER, ID))
    assert message["List-Unsubscribe"] == f"<https://shop.example/u/{ID}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message.get_content().strip() == f"https://shop.example/u/{ID}"


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
