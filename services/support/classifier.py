"""The classifier of requests: words and characters, weighted and hashed, under a linear model with calibrated answers.
Beside it, where there are sentence vectors, a second linear model reads what a text means.

Features are hashed, so a model holds no word of anybody; the words behind an answer come from the request itself.
"""

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.support.text_features import (
    LONGEST,
    Floats,
    centred,
    counts,
    hashing,
    probabilities,
    shares,
    weighted,
)

Vectors = Callable[[Sequence[str]], Floats]
"""Makes a sentence vector of each text."""


@dataclass(frozen=True, slots=True)
class Example:
    """A text whose category is known."""

    text: str
    category: str


@dataclass(frozen=True, slots=True)
class Guess:
    """`confidence` is how often such an answer was right when it was tried out; `words` of the text spoke for it most.

    Not `in_scope` is what is like no category that the model knows: people decide.
    """

    category: str
    confidence: float
    in_scope: bool
    words: tuple[str, ...]
    surest: float
    nearness: float


@dataclass(frozen=True, slots=True)
class Model:
    """`columns` are the hashed features that were seen, `weights` a row of them for each category.

    `scores` and `shares` are the calibration: how often an answer of such a score was right. `unseen` weighs what no
    example had, and `threshold` is how near to the examples a text has to be.

    `part` is what sentence vectors have in an answer, with weights over them as they lie around their `centre`; 0 is a
    model of words alone.
    """

    categories: NDArray[np.str_]
    columns: NDArray[np.int32]
    idf: Floats
    weights: Floats
    intercepts: Floats
    scores: Floats
    shares: Floats
    threshold: float
    unseen: float
    sentence_weights: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    sentence_intercepts: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    centre: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    part: float = 0.0

    def guess(self, texts: Sequence[str], vectors: Vectors | None = None) -> list[Guess]:
        """An answer for each text, as quick as a thread apart needs it; without `vectors`, by the words alone."""
        if not texts:
            return []
        counted = counts(texts)
        features = weighted(counted[:, self.columns], self.idf)
        answers = probabilities(features @ self.weights.T + self.intercepts)
        if self.part and vectors is not None:
            meant = centred(vectors(texts), self.centre) @ self.sentence_weights.T + self.sentence_intercepts
            answers = (1 - self.part) * answers + self.part * probabilities(meant)
        best = answers.argmax(axis=1)
        surest = answers[np.arange(len(texts)), best]
        near = nearness(surest, self._covered(counted), self.part if vectors is not None else 0.0)
        found = np.interp(surest, self.scores, self.shares)
        return [
            Guess(
                category=str(self.categories[which]),
                confidence=round(float(share), 3),
                in_scope=bool(close > self.threshold),
                words=words,
                surest=float(score),
                nearness=float(close),
            )
            for words, which, score, share, close in zip(
                self._words(texts, best), best, surest, found, near, strict=True
            )
        ]

    def _covered(self, counted: Any) -> Floats:
        """The share of what a text says that any example said too."""
        weights = np.full(counted.shape[1], self.unseen, np.float32)
        weights[self.columns] = self.idf
        seen = np.zeros(counted.shape[1], np.float32)
        seen[self.columns] = 1
        return shares(weighted(counted, weights), seen)

    def dump(self) -> bytes:
        with io.BytesIO() as file:
            arrays: dict[str, Any] = {each.name: np.asarray(getattr(self, each.name)) for each in fields(self)}
            np.savez_compressed(file, **arrays)
            return file.getvalue()

    @staticmethod
    def load(content: bytes) -> "Model":
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            found: dict[str, Any] = {name: file[name] for name in file.files}
        plain: dict[str, Any] = {name: each if each.ndim else float(each) for name, each in found.items()}
        return Model(**plain)

    def _words(self, texts: Sequence[str], which: NDArray[np.intp]) -> list[tuple[str, ...]]:
        """Of each text the words that spoke most for its answer; a call costs as much as ten texts, so there is one."""
        own = [list(dict.fromkeys(re.findall(r"\w+", text[:LONGEST].lower())))[:200] for text in texts]
        words, of = [word for each in own for word in each], np.repeat(np.arange(len(own)), [len(each) for each in own])
        worth: list[dict[str, float]] = [{} for _ in texts]
        if words:
            hashed = hashing()[2].transform(words).tocoo()
            places = np.searchsorted(self.columns, hashed.col)
            known = places < len(self.columns)
            known[known] = self.columns[places[known]] == hashed.col[known]
            rows, places = hashed.row[known], places[known]
            weights = self.weights[which[of[rows]], places] * self.idf[places]
            for row, weight in zip(rows[weights > 0], weights[weights > 0], strict=True):
                worth[of[row]][words[row]] = float(weight)
        return [tuple(sorted(each, key=each.__getitem__, reverse=True)[:3]) for each in worth]


def guess_all(models: Sequence[Model], texts: Sequence[str], vectors: Vectors | None) -> list[list[Guess]]:
    """What each model says; sentence vectors, which cost far more than answers, are made once for all of them."""
    if vectors is None or not texts or not any(each.part for each in models):
        return [each.guess(texts) for each in models]
    made = vectors(texts)
    return [each.guess(texts, lambda _: made) for each in models]


@dataclass(slots=True)
class Models:
    """The models of this process, by their versions: the one in force, and the one in shadow beside it.

    `vectors` makes what a model over sentence vectors reads; None where the extra is not asked for.
    """

    live: tuple[int, Model] | None = None
    shadow: tuple[int, Model] | None = None
    vectors: Vectors | None = None


def nearness(surest: Floats, covered: Floats, part: float) -> Floats:
    """How near texts are to the examples: the surer, and the more of their words any example had, the nearer.

    That other words mean the same, sentence vectors see.
    """
    return np.asarray(surest * covered ** ((1 - part) / 2), np.float32)
