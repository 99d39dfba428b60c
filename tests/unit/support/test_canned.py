"""Placeholders of replies for use again: what they may be, and what is never read as one."""

from typing import Any

import pytest
from hypothesis import given, strategies as st

from services.support.canned.domain import PLACEHOLDERS, choose_language, fault_of, fill


@pytest.mark.parametrize(
    ("text", "is_sound"),
    [
        ("Hello {{customer.name|there}}, about {{ ticket.number }}.", True),
        ("Braces { } and a lone { are words.", True),
        ("{{customer.email}}", False),
        ("{{party.name}}", False),
        ("{{customer.name", False),
        ("customer.name}}", False),
        ("{{}}", False),
        ("{{customer.name|{{ticket.number}}}}", False),
        ("{{customer.__class__}}", False),
    ],
)
def test_a_text_names_only_placeholders_that_there_are(text: str, is_sound: bool) -> None:
    assert (fault_of(text) is None) is is_sound


@given(st.text(), st.sampled_from(sorted(PLACEHOLDERS)))
def test_what_a_value_says_is_never_read_as_a_placeholder(said: str, name: str) -> None:
    value = f"{said} {{{{ticket.sale_id}}}}"
    filled = fill("en", f"<{{{{{name}}}}}>", {"ticket.sale_id": "of the shop", name: value})
    assert filled.text == f"<{' '.join(value.split())[:200]}>"
    assert filled.missing == ()


def test_what_stands_for_nothing_is_said() -> None:
    text = "{{customer.name|there}} {{ticket.subject}} {{ticket.sku|}} {{ticket.subject}}"
    filled = fill("en", text, {"customer.name": None, "ticket.subject": " \n "})
    assert (filled.text, filled.missing) == ("there   ", ("ticket.subject", "ticket.sku"))


@pytest.mark.parametrize(
    ("texts", "wanted", "chosen"),
    [
        ("da en", ("de", "da-DK"), "da"),
        ("da en", ("DA_dk",), "da"),
        ("da en", (None, ""), "en"),
        ("sv da", (None,), "da"),
    ],
)
def test_a_customer_is_answered_in_a_language_that_there_is(texts: str, wanted: Any, chosen: str) -> None:
    assert choose_language(dict.fromkeys(texts.split(), ""), wanted) == chosen
