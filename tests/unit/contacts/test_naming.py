"""Names as they are written: their letters in any script, and what they say beside."""

from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, strategies as st

from services.contacts.matching.domain.blocking import keys_of
from services.contacts.matching.domain.comparison import compare
from services.contacts.matching.domain.folding import fold
from services.contacts.matching.domain.model import odds_to_share, usual_model
from services.contacts.matching.domain.traits import read_name, read_traits
from services.contacts.matching.domain.verdict import likenesses
from services.contacts.parties.domain.letters import plain_words


@pytest.mark.parametrize(
    "forms",
    [
        ("Jørgensen", "Joergensen", "J\u00c3\u00b8rgensen", "JORGENSEN", "Jörgensen"),
        ("Åge", "Aage", "A\u030age"),
        ("O'Brien", "O\u2019brien", "obrien"),
        ("Kjær", "KJAER"),
        ("Пётр", "ПЕТР"),
        ("Παπαδάκης", "ΠΑΠΑΔΑΚΗΣ"),
        ("أَحْمَد", "احمد"),
        ("דָּוִד", "דוד"),
        ("김민수", "\u1100\u1175\u11b7\u1106\u1175\u11ab\u1109\u116e"),
        ("葛城", "葛\U000e0100城"),
        ("12", "\uff11\uff12", "١٢", "१२"),
    ],
)
def test_ways_of_spelling_are_one(forms: tuple[str, ...]) -> None:
    (folded,) = {fold(form) for form in forms}
    assert folded


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Иван", "Пётр"),
        ("राम", "रमा"),
        ("สมชาย", "สมชัย"),
        ("かき", "かぎ"),
        ("王伟", "王芳"),
        ("Joe", "Jo"),
        ("Иван", "Ivan"),
    ],
)
def test_letters_of_no_script_are_dropped(one: str, other: str) -> None:
    assert fold(one) != fold(other)
    assert fold(one)
    assert fold(other)


@given(st.text(max_size=40))
def test_any_text_is_folded_once_and_for_all(text: str) -> None:
    assert plain_words(plain_words(text, {}), {}) == plain_words(text, {})
    read_name(text)
    keys_of(read_traits(name=text, birth="1971-03-09", lines=[text], postal=text[:20], town=text))


@pytest.mark.parametrize(
    ("name", "given", "family", "generation"),
    [
        ("John Holm Jr.", "john", "holm", "2"),
        ("Holm Jr, John", "john", "holm", "2"),
        ("John Holm, Sr.", "john", "holm", "1"),
        ("John Holm III", "john", "holm", "3"),
        ("Hans Holm d.y.", "hans", "holm", "2"),
        ("HANS HOLM D.Æ.", "hans", "holm", "1"),
        ("Hans Holm (junior)", "hans", "holm", "2"),
        ("Иван Петров мл.", "иван", "петров", "2"),
        ("Junior Silva", "junior", "silva", ""),
        ("Maria Neto", "maria", "neto", ""),
        ("Sr. Juan García", "juan", "garcia", ""),
        ("Anna D. E. Holm", "anna d e", "holm", ""),
    ],
)
def test_the_elder_and_the_younger_are_told_from_initials_and_titles(
    name: str, given: str, family: str, generation: str
) -> None:
    said = read_name(name)
    assert (said.given, said.family, said.generation, said.joint) == (given, family, generation, False)


@pytest.mark.parametrize(
    ("name", "joint"),
    [
        ("Anna og Peter Holm", True),
        ("ANNA AND PETER HOLM", True),
        ("Anna & Peter Holm", True),
        ("Holm, Anna og Peter", True),
        ("Mr and Mrs Holm", True),
        ("Hr./Fru Holm", True),
        ("Familien Holm", True),
        ("M. et Mme Dupont", True),
        ("Juan y Ana García", True),
        ("Иван и Анна Петровы", True),
        ("Anna Y. Holm", False),
        ("Maria E Holm", False),
        ("Anna Holm c/o Peter Dahl", False),
        ("Kim In Su", False),
        ("Mrs. M. Holm", False),
        ("Og Holm", False),
    ],
)
def test_a_record_of_two_people_is_told_from_one_of_a_person(name: str, joint: bool) -> None:
    assert read_name(name).joint is joint


HOME: dict[str, Any] = {"lines": ["Nørregade 12, 2. tv"], "postal": "8000", "town": "Aarhus C"}
ADA: dict[str, Any] = {"birth": "1971-03-09", **HOME}


@pytest.mark.parametrize(
    ("one", "other", "least", "most"),
    [
        ({"birth": None}, {"birth": None}, 0.45, 0.55),
        ({"birth": None, "phones": ["+4526123456"]}, {"phones": ["+4526123456"]}, 0.45, 0.55),
        ({"birth": None, "emails": ["anne@example.com"]}, {"emails": ["anne@example.com"]}, 0.6, 0.9),
        ({"emails": ["anne@example.com"]}, {"emails": ["anne@example.com"]}, 0.99, 1.0),
    ],
)
def test_who_bears_a_name_more_at_one_home_is_one_as_often_as_two_unless_the_birthday_is_one(
    one: dict[str, Any], other: dict[str, Any], least: float, most: float
) -> None:
    two = [
        read_traits(**{**ADA, **each, "name": name}) for each, name in ((one, "Anne Holm"), (other, "Anne-Sofie Holm"))
    ]
    pair = (UUID(int=1), UUID(int=2))
    alike = likenesses(usual_model(), dict(zip(pair, two, strict=True)), [pair])[pair]
    assert least <= odds_to_share(np.array(alike.bits)) <= most
    assert alike.certain is (most == 1.0)
    assert "one bears more given names than the other" in alike.reasons
    assert "given names that are forms of one name" not in alike.reasons


TOKYO: dict[str, Any] = {"birth": "1971-03-09", "lines": ["銀座 7"], "town": "東京"}


@pytest.mark.parametrize("country", ["JP", None])
def test_ideographs_say_nothing_against_whoever_is_written_in_latin_letters(country: str | None) -> None:
    latin = read_traits(name="Taro Tanaka", birth="1971-03-09", lines=["Ginza 7"], town="Tokyo", country=country)
    for name in ("田中太郎", "田中 太郎", "太郎 田中"):
        ideographs = read_traits(name=name, country=country, **TOKYO)
        assert ideographs.kanji is (country == "JP")
        (levels,) = compare([latin, ideographs], np.array([0]), np.array([1])).levels.tolist()
        assert levels == [0, 0, 1, 0, 0, 0]


def test_a_japanese_name_in_kanji_is_not_read_as_a_chinese_one() -> None:
    latin = read_traits(name="Zhong Tian", **HOME)
    for locale, country, is_read in (
        ("zh-CN", "JP", True),
        (None, None, True),
        ("ja", None, False),
        (None, "JP", False),
    ):
        other = read_traits(name="中 田", locale=locale, country=country, **HOME)
        (levels,) = compare([latin, other], np.array([0]), np.array([1])).levels.tolist()
        assert (levels[:2] != [0, 0]) is is_read
    assert set(keys_of(read_traits(name="中 田", locale="ja", **HOME))) == set(
        keys_of(read_traits(name="中 田", **HOME))
    )
