"""Requests to a telephone company that a seed draws, in English, in Danish and in both at once, and some to nobody.

What is asked in the test is worded otherwise than in any example.
"""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import yaml

Texts = list[tuple[str, str]]
STRANGE = "oos"
_FOR_TESTS = 2
_SLOTS = {
    "n": ("2", "3", "12", "40"),
    "day": ("Monday", "mandag", "Friday", "fredag"),
    "m": ("May", "maj", "June", "juni"),
}
_GREETINGS = ("Hi,", "Hej,", "Hello there,", "Goddag,", "")
_OWN = yaml.safe_load(Path(__file__).with_name("requests.yaml").read_text("utf-8"))
_CATEGORIES: dict[str, tuple[list[str], list[str]]] = {
    name: (wordings["en"], wordings["da"]) for name, wordings in _OWN["categories"].items()
}
_STRANGE: list[str] = _OWN["strange"]


def draw(seed: int, few: int) -> tuple[Texts, Texts]:
    """So many examples of each category in both languages, and a test that words everything otherwise."""
    dice = Random(seed)
    train = [each for category in _CATEGORIES for each in _examples(category, few, dice)]
    return train, [*_tests(dice), *((_filled(text, dice), STRANGE) for text in _STRANGE for _ in range(4))]


def draw_foreign(seed: int) -> tuple[Texts, Texts]:
    """All examples in English, and a test in Danish, with strange requests in both."""
    dice = Random(seed)
    train = [
        (_filled(text, dice), category)
        for category, (english, _) in _CATEGORIES.items()
        for text in english[:-_FOR_TESTS]
    ]
    asked = [
        (_filled(text, dice), category)
        for category, (_, danish) in _CATEGORIES.items()
        for text in danish[-_FOR_TESTS:]
    ]
    return train, [*asked, *((_filled(text, dice), STRANGE) for text in _STRANGE)]


def _examples(category: str, few: int, dice: Random) -> Iterator[tuple[str, str]]:
    wordings = [text for own in _CATEGORIES[category] for text in own[:-_FOR_TESTS]]
    for text in dice.sample(wordings, min(few, len(wordings))):
        yield _filled(text, dice), category


def _tests(dice: Random) -> Iterator[tuple[str, str]]:
    for category, (english, danish) in _CATEGORIES.items():
        for first, second in zip(english[-_FOR_TESTS:], danish[-_FOR_TESTS:], strict=True):
            for text in (first, second, f"{_begin(second)} ... {_end(first)}"):
                yield _filled(text, dice), category


def _begin(text: str) -> str:
    words = text.split()
    return " ".join(words[: (len(words) + 1) // 2])


def _end(text: str) -> str:
    words = text.split()
    return " ".join(words[len(words) // 2 :])


def _filled(text: str, dice: Random) -> str:
    return (
        f"{dice.choice(_GREETINGS)} {text.format(**{name: dice.choice(all_) for name, all_ in _SLOTS.items()})}".strip()
    )
