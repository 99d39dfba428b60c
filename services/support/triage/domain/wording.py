"""What the words of a request say beside its category: the language, how urgent it is, and how it is meant."""

import re
from dataclasses import dataclass
from typing import Literal

from services.support.categories import Words

Urgency = Literal["low", "normal", "high"]
Sentiment = Literal["negative", "neutral", "positive"]
_WORD = re.compile(r"[^\W\d_]+")
_SHOUTED = re.compile(r"\b[A-ZÆØÅÄÖÜ]{4,}\b")


@dataclass(frozen=True, slots=True)
class Wording:
    """`language` is None where no small word tells; `mixed` where two languages do. The words are those that spoke."""

    language: str | None
    mixed: bool
    urgency: Urgency
    sentiment: Sentiment
    urgent: tuple[str, ...]
    felt: tuple[str, ...]


def read(text: str, lexicon: Words) -> Wording:
    words = _WORD.findall(text.lower())
    language, mixed = _language(words, lexicon)
    urgent = tuple(dict.fromkeys(word for word in words if word in lexicon.urgent))[:3]
    felt, balance = _feeling(words, lexicon)
    pressing = len(urgent) + (text.count("!") >= 2) + (len(_SHOUTED.findall(text)) >= 2)
    urgency: Urgency = "high" if urgent or pressing > 1 else "normal"
    if urgency == "normal" and any(word in lexicon.patient for word in words):
        urgency = "low"
    sentiment: Sentiment = "negative" if balance < 0 else "positive" if balance > 0 else "neutral"
    return Wording(language, mixed, urgency, sentiment, urgent, felt)


def _language(words: list[str], lexicon: Words) -> tuple[str | None, bool]:
    """The language whose small words are most, the first of those where two are even; and whether another has at least
    a third as many, and two.
    """
    counts = {name: sum(word in small for word in words) for name, small in lexicon.languages.items()}
    language = max(counts, key=counts.__getitem__)
    second = max(count for name, count in counts.items() if name != language)
    if counts[language] == 0:
        return None, False
    return language, second >= 2 and second * 3 >= counts[language]


def _feeling(words: list[str], lexicon: Words) -> tuple[tuple[str, ...], int]:
    """The words that say how it is meant, and what is left of good and bad; a word of denial turns the next three."""
    balance = 0
    felt: dict[str, None] = {}
    for place, word in enumerate(words):
        worth = (word in lexicon.good) - (word in lexicon.bad)
        if worth:
            turned = any(before in lexicon.denying for before in words[max(0, place - 3) : place])
            balance += -worth if turned else worth
            felt[word] = None
    return tuple(felt)[:3], balance
