"""Articles by what they mean: what is near, how it is joined with words, and what a reply is made of."""

from collections.abc import Sequence
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, strategies as st

from services.support.knowledge.domain.article import Source, paragraphs_of, parts_of, passages
from services.support.knowledge.domain.nearness import NEAR, choose, excerpt_of, fuse, has_letters, is_exact, join
from services.support.meanings import Meanings, Meant, Near
from services.support.semantic import SIZE, packed
from services.support.text_features import Floats

A, B, C = (UUID(int=number) for number in (1, 2, 3))


def vectors(*firsts: float) -> Floats:
    """Of length one, each as near to the question as its number."""
    rows = np.zeros((len(firsts), SIZE), np.float32)
    rows[:, 0] = firsts
    rows[:, 1] = np.sqrt(1 - np.square(rows[:, 0]))
    return rows


def question(_: Sequence[str]) -> Floats:
    return vectors(1.0)


def meant(article: UUID, language: str, *firsts: float, version: int = 1) -> Meant:
    return Meant(article, language, version, b"".join(packed(vectors(*firsts))))


def test_all_texts_of_an_article_are_found_by_the_nearest_part_of_any() -> None:
    meanings = Meanings(question)
    assert meanings.near("x", 0.5, 10) == []
    meanings.learn([meant(A, "en", 0.25, 0.75), meant(A, "da", 0.5), meant(B, "en", 0.25), meant(C, "en", 0.875, 0.5)])
    found = meanings.near("x", 0.5, 10)
    assert [(each.article_id, each.language) for each in found] == [(C, "en"), (A, "da"), (A, "en")]
    assert found[2].parts == pytest.approx((0.25, 0.75), abs=1e-3)
    assert [each.article_id for each in meanings.near("x", 0.5, 1)] == [C]
    meanings.learn([meant(C, "en", 0.125, version=2)])
    assert {each.article_id for each in meanings.near("x", 0.5, 10)} == {A}
    assert meanings.size == 5
    meanings.forget()
    assert meanings.near("x", 0.0, 10) == []


@given(
    st.dictionaries(
        st.tuples(st.integers(1, 5), st.sampled_from(["da", "en", "fr"])),
        st.lists(st.integers(0, 16), min_size=1, max_size=8),
        min_size=1,
    ),
    st.integers(1, 16),
)
def test_what_is_near_is_what_each_part_by_itself_says(texts: dict[tuple[int, str], list[int]], at_least: int) -> None:
    meanings = Meanings(question)
    for (number, language), parts in texts.items():
        meanings.learn([meant(UUID(int=number), language, *(each / 16 for each in parts))])
    near = {number for (number, _), parts in texts.items() if max(parts) >= at_least}
    found = meanings.near("x", at_least / 16 - 0.01, 10)
    assert {(each.article_id.int, each.language) for each in found} == {key for key in texts if key[0] in near}
    assert all(len(each.parts) == len(texts[each.article_id.int, each.language]) for each in found)


def near(article: UUID, language: str, *parts: float) -> Near:
    return Near(article, language, 1, parts)


def test_an_article_is_shown_in_the_language_that_is_spoken_else_where_it_is_nearest() -> None:
    high, low = NEAR + 0.05, NEAR - 0.05
    found = [near(A, "da", low), near(A, "en", high), near(B, "de", high), near(B, "fr", 1.0), near(C, "da", low)]
    assert [(each.article_id, each.language) for each in choose(found, "da")] == [(B, "fr"), (A, "da")]
    assert choose([], "da") == []


def test_what_is_in_both_rankings_comes_first_and_who_is_even_as_in_the_first() -> None:
    assert list(fuse("abc", "dbe")) == ["b", "a", "d", "c", "e"]
    assert list(fuse("abc")) == list("abc")
    assert fuse([], []) == {}


def test_meaning_counts_twice_beside_words() -> None:
    assert list(join("ab", "cb")) == ["b", "c", "a"]
    assert list(join("ab", "")) == ["a", "b"]


@given(st.lists(st.permutations(range(6)).map(lambda order: order[:4]), min_size=1, max_size=3))
def test_a_fused_ranking_holds_each_once_and_keeps_what_all_agree_on(rankings: list[list[int]]) -> None:
    fused = list(fuse(*rankings))
    assert sorted(fused) == sorted({each for ranking in rankings for each in ranking})
    everywhere = [each for each in fused if all(each in ranking for ranking in rankings)]
    for one in everywhere:
        for other in everywhere:
            if all(ranking.index(one) < ranking.index(other) for ranking in rankings):
                assert fused.index(one) < fused.index(other)


@pytest.mark.parametrize(
    ("query", "exact"), [("my lamp is dark", False), ('"my lamp"', True), ("lamp -dark", True), ("e-mail lost", False)]
)
def test_a_query_that_says_which_words_is_left_to_words(query: str, exact: bool) -> None:
    assert is_exact(query) == exact
    assert has_letters(query)
    assert not has_letters("?! 12 -")


def test_a_text_is_read_by_its_title_and_first_paragraphs() -> None:
    body = "\n \n".join(f"Paragraph {number}. " for number in range(20))
    assert parts_of("Title", body) == ["Title", *(f"Title\nParagraph {number}." for number in range(7))]
    assert parts_of("Title", "\n\n") == ["Title"]


def test_the_nearest_paragraph_is_shown_up_to_a_length() -> None:
    paragraphs = paragraphs_of(f"First.\n\n{'long ' * 100}\n\n{'x' * 400}")
    assert excerpt_of(paragraphs, near(A, "en", 1.0, 0.9, 0.1, 0.1)) == "First."
    assert excerpt_of(paragraphs, near(A, "en", 1.0, 0.1, 0.9, 0.1)) == ("long " * 60).strip()
    assert excerpt_of(paragraphs, near(A, "en", 1.0, 0.1, 0.1, 0.9)) == "x" * 300
    assert excerpt_of(paragraphs, near(A, "en", 1.0)) == ""


def test_a_reply_is_made_of_paragraphs_that_have_the_words_or_are_near() -> None:
    own = Source(A, "en", 1, "Lamps", "Cats like boxes.\n\nTurn the switch twice.")
    other = Source(B, "da", 1, "Lamper", "Katte.\n\nDrej to gange.", (0.1, 0.2, 0.3))
    text = "how do I turn my lamp on by the switch"
    assert passages(text, [own]) == [(own, "Turn the switch twice.")]
    assert passages(text, [own, other]) == [(other, "Drej to gange."), (own, "Turn the switch twice.")]
    assert passages("?", [own]) == []
