"""Support's reasons in the language of whoever looks."""

import re
from datetime import UTC, datetime
from html import escape
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.console.shell.reason_terms import REASONS
from services.console.shell.reasons import reasons_told, skills_text
from services.console.shell.vocabulary import TERMS
from services.console.shell.words import Words
from services.support.categories import OWN_CATEGORIES, load_categories
from services.support.reasons import TEXTS

DANISH = Words("da", ZoneInfo("UTC"), datetime(2026, 3, 12, tzinfo=UTC))
ENGLISH = Words("en", ZoneInfo("UTC"), datetime(2026, 3, 12, tzinfo=UTC))


def told(code: str, **values: Any) -> str:
    return str(reasons_told(["As support says."], [{"code": code, "values": values}], DANISH)[0].html)


def test_every_code_has_a_sentence_with_the_same_values() -> None:
    ours = {code: set(re.findall(r"%\((\w+)\)s", text)) for code, text in REASONS.items()}
    theirs = {code: {name for _, name, _, _ in Formatter().parse(text) if name} for code, text in TEXTS.items()}
    assert ours == theirs


def test_words_of_support_are_words_of_the_reader() -> None:
    assert told("category", category="delivery", words="hvor, pakke", share=0.874) == (
        "Levering, på grund af <q>hvor</q>, <q>pakke</q>;"
        " den slags svar var rigtige i 87\N{NO-BREAK SPACE}% af tilfældene"
    )
    assert told("least_loaded", load=1, room=3, channel="email", fitting=2).startswith("Havde 1 af højst 3 (E-mail)")
    assert told("urgency", urgency="high") == "Hast: Høj"
    assert "1,25" in told("priority", priority="high", impact=2, urgency=3, value=1.25, haste=1.0, score=7.5)


def test_agents_lead_to_their_page_and_nothing_of_a_request_becomes_markup() -> None:
    assert (
        told("claimed", agent="staff 1/<b>") == 'Taget af <a href="/agents/staff%201%2F%3Cb%3E">staff 1/&lt;b&gt;</a>'
    )
    assert (
        told("urgency_by_words", urgency="high", words="<i>, %(x)s")
        == "Hast: Høj, på grund af <q>&lt;i&gt;</q>, <q>%(x)s</q>"
    )


@pytest.mark.parametrize(
    "coded",
    [
        *(None, [], [{}], [{"code": "unheard_of", "values": {}}], [{"code": None}], [{"code": ["claimed"]}]),
        *([{"code": "claimed"}], [{"code": "claimed", "values": None}], [{"code": "claimed", "values": {}}]),
        [{"code": "claimed", "values": ["agent"]}],
    ],
)
def test_what_has_no_code_or_an_unknown_one_is_shown_as_support_said_it(coded: Any) -> None:
    (found,) = reasons_told(["has <payments>"], coded, DANISH)
    assert found.html == '<span lang="en">has &lt;payments&gt;</span>'


@pytest.mark.parametrize("value", [None, True, [], {"<i>": 1}])
def test_a_value_of_another_kind_is_shown_as_it_is(value: object) -> None:
    assert told("claimed", agent=value) == f"Taget af {escape(str(value))}"


def test_skills_have_words() -> None:
    assert skills_text(["payments", "language:da", "glass"], DANISH) == "Betalinger, Dansk, glass"
    assert skills_text(["language:da"], ENGLISH) == "Danish"
    own = {skill for each in load_categories(OWN_CATEGORIES).values() for skill in each.skills}
    assert own <= TERMS["skill"].keys()
