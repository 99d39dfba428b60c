"""The classifier of requests: words and characters, weighted and hashed, under a linear model with calibrated answers.

Features are hashed, so a model holds no word of anybody; the words behind an answer come from the request itself.
"""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

# scikit-learn is loaded with the first request: what reads settings alone does without it.
Floats = NDArray[np.float32]
LONGEST = 20_000
"""Of a longer text only the beginning is read."""
_BUCKETS = 2**18
_STRENGTH = 20.0
_FOLDS = 5
_MANY = 3_000
"""With so many examples two halves say as much as five parts, and sooner."""
_LEFT_OUT = 0.1
"""The share of requests of known categories that may be left to people, so that strange ones are."""


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

    def guess(self, texts: Sequence[str]) -> list[Guess]:
        """An answer for each text; pure, and as quick as a thread apart needs it."""
        if not texts:
            return []
        counts = _counts(texts)
        features = _weighted(counts[:, self.columns], self.idf)
        answers = _probabilities(features @ self.weights.T + self.intercepts)
        best = answers.argmax(axis=1)
        surest = answers[np.arange(len(texts)), best]
        near = surest * np.sqrt(self._covered(counts))
        shares = np.interp(surest, self.scores, self.shares)
        return [
            Guess(
                category=str(self.categories[which]),
                confidence=round(float(share), 3),
                in_scope=bool(nearness > self.threshold),
                words=self._words(text, int(which)),
                surest=float(score),
                nearness=float(nearness),
            )
            for text, which, score, share, nearness in zip(texts, best, surest, shares, near, strict=True)
        ]

    def _covered(self, counts: Any) -> Floats:
        """The share of what a text says that any example said too."""
        weights = np.full(counts.shape[1], self.unseen, np.float32)
        weights[self.columns] = self.idf
        seen = np.zeros(counts.shape[1], np.float32)
        seen[self.columns] = 1
        return _shares(_weighted(counts, weights), seen)

    def dump(self) -> bytes:
        with io.BytesIO() as file:
            arrays: dict[str, Any] = {each.name: np.asarray(getattr(self, each.name)) for each in fields(self)}
            np.savez_compressed(file, **arrays)
            return file.getvalue()

    @staticmethod
    def load(content: bytes) -> "Model":
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            return Model(
                **{
                    **{name: file[name] for name in file.files},
                    "threshold": float(file["threshold"]),
                    "unseen": float(file["unseen"]),
                }
            )

    def _words(self, text: str, which: int) -> tuple[str, ...]:
        words = list(dict.fromkeys(re.findall(r"\w+", text[:LONGEST].lower())))[:200]
        if not words:
            return ()
        hashed = _hashing()[2].transform(words).tocoo()
        places = np.searchsorted(self.columns, hashed.col)
        known = places < len(self.columns)
        known[known] = self.columns[places[known]] == hashed.col[known]
        worth = {
            words[row]: float(self.weights[which, place] * self.idf[place])
            for row, place in zip(hashed.row[known], places[known], strict=True)
        }
        return tuple(sorted((word for word in worth if worth[word] > 0), key=worth.__getitem__, reverse=True)[:3])


@dataclass(slots=True)
class Models:
    """The models of this process, by their versions: the one in force, and the one in shadow beside it."""

    live: tuple[int, Model] | None = None
    shadow: tuple[int, Model] | None = None


def fit(examples: Sequence[Example]) -> Model:
    """A model of these examples, of at least two categories. The same examples give the same model."""
    from sklearn.isotonic import IsotonicRegression

    texts = [example.text for example in examples]
    categories, y = np.unique([example.category for example in examples], return_inverse=True)
    counts = _counts(texts)
    columns = np.unique(counts.indices)
    seen = counts[:, columns]
    present = np.bincount(seen.indices, minlength=len(columns))
    idf = (np.log((1 + len(texts)) / (1 + present)) + 1).astype(np.float32)
    features = _weighted(seen, idf)
    linear = _linear(features, y)
    surest, right, near = _try_out(features, y)
    calibration = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(surest, right)
    weights, intercepts = _rows(linear, len(categories))
    return Model(
        categories=categories.astype(np.str_),
        columns=columns.astype(np.int32),
        idf=idf,
        weights=weights,
        intercepts=intercepts,
        scores=calibration.X_thresholds_.astype(np.float32),
        shares=calibration.y_thresholds_.astype(np.float32),
        threshold=float(np.quantile(near, _LEFT_OUT)),
        unseen=float(np.log(1 + len(texts)) + 1),
    )


@cache
def _hashing() -> tuple[Any, Any, Any]:
    """Words and pairs of them, characters within words, and single words; they hold nothing of what they read."""
    from sklearn.feature_extraction.text import HashingVectorizer

    common = {"n_features": _BUCKETS, "alternate_sign": False, "norm": None, "dtype": np.float32}
    words = {**common, "token_pattern": r"\w+"}
    return (
        HashingVectorizer(ngram_range=(1, 2), **words),
        HashingVectorizer(analyzer="char_wb", ngram_range=(2, 5), **common),
        HashingVectorizer(**words),
    )


def _counts(texts: Sequence[str]) -> Any:
    from scipy.sparse import hstack

    cut = [text[:LONGEST].lower() for text in texts]
    words, characters, _ = _hashing()
    return hstack([words.transform(cut), characters.transform(cut)]).tocsr()


def _weighted(counts: Any, idf: Floats) -> Any:
    """Logarithms of counts by how rare a feature is; words and characters together of length one."""
    found = counts.astype(np.float32).copy()
    found.data = (1 + np.log(found.data)) * idf[found.indices]
    lengths = np.sqrt(np.asarray(found.multiply(found).sum(axis=1)).ravel())
    lengths[lengths == 0] = 1
    found.data /= np.repeat(lengths, np.diff(found.indptr)).astype(np.float32)
    return found


def _linear(features: Any, y: NDArray[np.int64]) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=_STRENGTH, max_iter=200, tol=1e-3).fit(features, y)


def _rows(linear: Any, categories: int) -> tuple[Floats, Floats]:
    """Of two categories scikit-learn keeps one row."""
    weights, intercepts = linear.coef_, linear.intercept_
    if categories == 2:
        weights, intercepts = np.vstack([-weights, weights]) / 2, np.hstack([-intercepts, intercepts]) / 2
    return weights.astype(np.float32), intercepts.astype(np.float32)


def _try_out(features: Any, y: NDArray[np.int64]) -> tuple[Floats, Floats, Floats]:
    """Of examples that were left out of the fit: scores of their answers, whether those were right, and how near the
    examples are to the others.
    """
    fewest = int(np.bincount(y).min())
    if fewest < 2:  # nothing can be left out: each answer counts for what it says of itself, and few are strange
        return np.array([0.0, 1.0], np.float32), np.array([0.0, 1.0], np.float32), np.zeros(1, np.float32)
    from sklearn.model_selection import StratifiedKFold

    surest, right, near = (np.zeros(len(y), np.float32) for _ in range(3))
    folds = StratifiedKFold(min(_FOLDS if len(y) < _MANY else 2, fewest), shuffle=True, random_state=1)
    for train, held in folds.split(features, y):
        answers = _linear(features[train], y[train]).predict_proba(features[held])
        surest[held] = answers.max(axis=1)
        right[held] = answers.argmax(axis=1) == y[held]
        seen = (features[train].getnnz(axis=0) > 0).astype(np.float32)
        near[held] = surest[held] * np.sqrt(_shares(features[held], seen))
    return surest, right, near


def _shares(features: Any, seen: Floats) -> Floats:
    """Of rows of length one, the share that stands in columns that were seen."""
    found: Floats = np.asarray(features.multiply(features) @ seen, np.float32)
    return found


def _probabilities(scores: Floats) -> Floats:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    found: Floats = powers / powers.sum(axis=1, keepdims=True)
    return found
