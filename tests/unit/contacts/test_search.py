"""Names as they are searched for."""

from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from services.contacts.custom import CustomFields
from services.contacts.parties.domain.party import Party
from services.contacts.parties.domain.surnames import READINGS
from services.contacts.search.domain import (
    Said,
    Similar,
    cost_of,
    fold,
    forms_of,
    rank,
    said_of,
    words_of,
    words_of_all,
)

WORD = st.text("abcdefghij", min_size=4, max_size=12)
LETTER = st.sampled_from("abcdefghij")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Søren  Ærø", ["soren", "aero"]),
        ("S\u00f8ren Ber\u0301n\u00e5rd", ["soren", "bernard"]),
        ("BERNA\u030aRD", ["bernard"]),
        ("  Holm & Søn A/S ", ["holm", "son", "a", "s"]),
        ("O'Neill-Straße", ["oneill", "strasse"]),
        ("Ødegård Ødegård", ["odegard"]),
        ("株式会社 トヨタ", ["株式会社", "トヨタ"]),
        ("हिन्दी शर्मा", ["हिन्दी", "शर्मा"]),
        ("สมชาย ใจดี", ["สมชาย", "ใจดี"]),
        ("Дем'янюк Дем\u02bcянюк", ["демянюк"]),
        ("!!", []),
        ("", []),
    ],
)
def test_words_have_no_case_accents_or_marks(name: str, words: list[str]) -> None:
    assert words_of(name) == words


def test_words_of_another_script_are_found_in_latin_letters_too() -> None:
    said = Said(["Иван Петров", "Holm"], chinese=True, japanese=True)
    assert words_of_all(said) == ["иван", "петров", "holm", "ivan", "petrov"]


@pytest.mark.parametrize(
    ("name", "latin"),
    [
        ("王伟", ["wangwei", "wang", "wei"]),
        ("欧阳娜", ["ouyangna", "ou", "yangna", "ouyang", "na"]),
        ("이민수", ["iminsu", "i", "minsu", "imin", "su"]),
        ("王 伟", ["wang", "wei"]),
        ("北京王府饭店", ["beijingwangfufandian"]),
        ("たなか", ["tanaka"]),
        ("Пётр", ["petr"]),
    ],
)
def test_a_name_without_blanks_is_found_by_the_two_words_that_it_is_in_latin_letters(
    name: str, latin: list[str]
) -> None:
    """Nothing tells where the family name ends."""
    said = Said([name], chinese=True, japanese=False)
    assert words_of_all(said)[len(words_of(name)) :] == latin


@pytest.mark.parametrize(
    ("name", "latin"),
    [
        ("田中太郎", ["tanaka"]),
        ("佐々木 花子", ["sasaki"]),
        ("中島", ["nakajima", "nakashima"]),
        ("林田", ["hayashi"]),
        ("薬師寺", []),
        ("田中 さくら", ["tanaka", "sakura"]),
    ],
)
def test_japanese_in_chinese_characters_is_found_by_a_frequent_family_name(name: str, latin: list[str]) -> None:
    said = Said([name], chinese=False, japanese=True)
    assert words_of_all(said)[len(words_of(name)) :] == latin
    assert len(READINGS) == 100


@pytest.mark.parametrize(
    ("name", "locale", "latin"),
    [
        ("林", None, ["lin", "hayashi"]),
        ("林", "en", ["lin", "hayashi"]),
        ("林", "zh_TW", ["lin"]),
        ("林", "ja", ["hayashi"]),
        ("林 さくら", None, ["hayashi", "sakura"]),
        ("林 さくら", "zh", ["hayashi", "sakura"]),
    ],
)
def test_chinese_characters_are_read_both_ways_until_somebody_said_which(
    name: str, locale: str | None, latin: list[str]
) -> None:
    said = said_of(Party(id=UUID(int=1), partition=0, name=name, locale=locale), {}, CustomFields(version=1))
    assert words_of_all(said)[len(words_of(name)) :] == latin


@given(st.text(max_size=60))
def test_any_text_has_words_that_are_their_own(text: str) -> None:
    words = words_of(text)
    assert [again for word in words for again in words_of(word)][: len(words)] == words or not text.isascii()
    assert fold(fold(text)) == fold(text)


@given(WORD, LETTER, st.data())
def test_one_error_of_typing_leaves_a_form_in_common(word: str, letter: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(word) - 1))
    swapped = [*word]
    swapped[place - 1], swapped[place] = swapped[place], swapped[place - 1]
    typed = {
        "missing": word[:place] + word[place + 1 :],
        "too much": word[:place] + letter + word[place:],
        "wrong": word[:place] + letter + word[place + 1 :],
        "swapped": "".join(swapped) if place else word,
    }
    for each in typed.values():
        if len(each) >= 4:
            shared = forms_of(each) & forms_of(word)
            assert shared
            assert min(cost_of(each, word, form) for form in shared) <= 2
    assert min(cost_of(word, word, form) for form in forms_of(word)) == 0


def test_the_most_similar_come_first_and_every_word_counts() -> None:
    ids = [UUID(int=number) for number in range(5)]
    names = [["anna", "holm"], ["ana", "holm"], ["anna", "berg"], ["anna", "maria", "holm"], ["hanna", "holm"]]
    similar = [Similar(0, "anna", 0), Similar(0, "ana", 1), Similar(0, "hanna", 1), Similar(1, "holm", 0)]
    assert rank(dict(zip(ids, names, strict=True)), similar, {ids[4]}) == [ids[0], ids[3], ids[1]]


@pytest.mark.parametrize("number", ["12345", "2026", "٣٤٥٦"])
def test_a_number_with_another_digit_is_another_number(number: str) -> None:
    assert forms_of(number) == {number}
    assert len(forms_of(f"a{number}")) > 1
