"""Fits the classifier, and tries it out on what was left out of the fit: the only example of a category stays in, and
texts that differ by numbers or marks alone count once.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.support.classifier import Example, Model, nearness
from services.support.text_features import Floats, centred, counts, probabilities, shares, weighted

_STRENGTH = 20.0
_STRENGTH_OF_SENTENCES = 30.0
_FOLDS = 5
_MANY = 3_000
"""With so many examples two halves say as much as five parts, and sooner; and so many tell what is strange."""
_PARTS = (0.5, 0.25, 0.75, 0.0, 1.0)
"""What sentence vectors may have in an answer; the first where nothing tells."""
_TURNS = 4
_STRANGE = 0.25
"""So many requests are taken to be of no known category."""
_WRONG = 0.5
"""What a wrong answer costs, where a right one gains 1 and none costs nothing."""
_MOST_LEFT = 0.3
"""No more requests of known categories are left to people, however seldom answers are right: these are corrected."""
_LEFT_OUT = 0.1
"""Of too few categories to leave some out, so many requests are left to people."""
_UNSAID = re.compile(r"[\W\d_]+")
Places = NDArray[np.int64]


def fit(examples: Sequence[Example], vectors: Floats | None = None) -> Model:
    """A model of these examples, of at least two categories, and of their sentence vectors where there are some.

    The same examples give the same model. It takes one thread: more wait for each other at every step of so small a
    problem, and three times the processor time is gone.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        return _fit(examples, vectors)


def _fit(examples: Sequence[Example], vectors: Floats | None) -> Model:
    kept = _different(examples)
    names, y = np.unique([examples[place].category for place in kept], return_inverse=True)
    counted = counts([examples[place].text for place in kept])
    columns = np.unique(counted.indices)
    seen = counted[:, columns]
    present = np.bincount(seen.indices, minlength=len(columns))
    idf = (np.log((1 + len(kept)) / (1 + present)) + 1).astype(np.float32)
    centre = np.zeros(0, np.float32) if vectors is None else vectors[kept].mean(axis=0)
    known = _Known(weighted(seen, idf), None if vectors is None else centred(vectors[kept], centre), y)
    tried = _try_out(known)
    scores, right = _calibrate(tried)
    words, sentences = known.fit(np.arange(len(kept)))
    return Model(
        categories=names.astype(np.str_),
        columns=columns.astype(np.int32),
        idf=idf,
        weights=words[0],
        intercepts=words[1],
        scores=scores,
        shares=right,
        threshold=_threshold(known, tried),
        unseen=float(np.log(1 + len(kept)) + 1),
        sentence_weights=sentences[0],
        sentence_intercepts=sentences[1],
        centre=centre.astype(np.float32),
        part=tried.part,
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """Examples as features of words, as sentence vectors where there are some, and the numbers of their categories."""

    words: Any
    sentences: Floats | None
    y: Places

    def fit(self, train: Places) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
        """Weights and intercepts over the words of these examples, and over their sentences: empty without vectors."""
        words = _linear(self.words[train], self.y[train], _STRENGTH)
        if self.sentences is None:
            return words, (np.zeros((0, 0), np.float32), np.zeros(0, np.float32))
        return words, _linear(self.sentences[train], self.y[train], _STRENGTH_OF_SENTENCES)

    def answers(self, train: Places, held: Places) -> tuple[Floats, Floats | None]:
        """What a model of some examples says of others, by their words and by their sentences."""
        words, sentences = self.fit(train)
        meant = None if self.sentences is None else _answers(self.sentences[held], sentences)
        return _answers(self.words[held], words), meant

    def covered(self, train: Places, held: Places) -> Floats:
        """The share of what examples say that others said too."""
        return shares(self.words[held], (self.words[train].getnnz(axis=0) > 0).astype(np.float32))


@dataclass(frozen=True, slots=True)
class _Tried:
    """Of examples that were left out of the fit: how sure the answers were, and whether they were right. `turn` is when
    each example was left out, -1 for one that never was.
    """

    turn: Places
    part: float
    surest: Floats
    right: Floats
    near: Floats


def _different(examples: Sequence[Example]) -> Places:
    """The places of the first of those that say the same of the same category."""
    found: dict[tuple[str, str], int] = {}
    for place, each in enumerate(examples):
        said = _UNSAID.sub(" ", each.text.lower()).strip() or each.text
        found.setdefault((each.category, said), place)
    return np.array(list(found.values()))


def _try_out(known: _Known) -> _Tried:
    turns = _FOLDS if len(known.y) < _MANY else 2
    turn = _turns_of(known.y, turns)
    held, words, meant, covered = [], [], [], []
    for each in range(turns):
        train, own = np.flatnonzero(turn != each), np.flatnonzero(turn == each)
        if len(own):
            by_words, by_sentences = known.answers(train, own)
            held.append(own)
            words.append(by_words)
            meant.append(by_words if by_sentences is None else by_sentences)
            covered.append(known.covered(train, own))
    if not held:
        nothing = np.zeros(0, np.float32)
        return _Tried(turn, 0.0 if known.sentences is None else _PARTS[0], nothing, nothing, nothing)
    truth, said, sentences = known.y[np.concatenate(held)], np.concatenate(words), np.concatenate(meant)
    part = 0.0 if known.sentences is None else max(_PARTS, key=lambda each: _likelihood(said, sentences, each, truth))
    blend = (1 - part) * said + part * sentences
    surest = blend.max(axis=1)
    right = (blend.argmax(axis=1) == truth).astype(np.float32)
    return _Tried(turn, part, surest, right, nearness(surest, np.concatenate(covered), part))


def _turns_of(y: Places, turns: int) -> Places:
    """When each example is left out: those of a category at different times, the only one of a category never."""
    found = np.full(len(y), -1)
    dice = np.random.default_rng(1)
    begin = 0
    for category in range(int(y.max()) + 1):
        own = dice.permutation(np.flatnonzero(y == category))
        if len(own) > 1:
            found[own] = (np.arange(len(own)) + begin) % turns
            begin += len(own)
    return found


def _likelihood(words: Floats, sentences: Floats, part: float, truth: Places) -> float:
    places = np.arange(len(truth)), truth
    return float(np.log((1 - part) * words[places] + part * sentences[places] + 1e-9).mean())


def _calibrate(tried: _Tried) -> tuple[Floats, Floats]:
    """How often answers of a score were right; where nothing was tried, each counts for what it says of itself."""
    if not len(tried.surest):
        return np.array([0.0, 1.0], np.float32), np.array([0.0, 1.0], np.float32)
    from sklearn.isotonic import IsotonicRegression

    found = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(tried.surest, tried.right)
    return found.X_thresholds_.astype(np.float32), found.y_thresholds_.astype(np.float32)


def _threshold(known: _Known, tried: _Tried) -> float:
    """How near a text has to be for an answer to be worth its risk: learned by leaving whole categories out, whose
    examples are then strange, beside examples of the others that were left out too.
    """
    if not len(tried.near):
        return 0.0
    categories = int(known.y.max()) + 1
    if categories < _TURNS:
        return float(np.quantile(tried.near, _LEFT_OUT))
    dice = np.random.default_rng(2)
    group = (dice.permutation(categories) % _TURNS)[known.y]
    order = dice.permutation(len(known.y))[:_MANY]
    near, gain = [], []
    for turn in range(_TURNS):
        strange, held = group[order] == turn, tried.turn[order] == turn % (int(tried.turn.max()) + 1)
        train, own = order[~strange & ~held], order[~strange & held]
        if not len(own) or len(np.unique(known.y[train])) < 2:
            continue
        for asked, is_strange in ((own, False), (order[strange], True)):
            reached, right = _reached(known, train, asked, tried.part)
            worth = np.where(right & (not is_strange), 1.0, -_WRONG)
            near.append(reached)
            gain.append(worth * ((_STRANGE if is_strange else 1 - _STRANGE) / max(1, len(asked))))
    if not near:
        return float(np.quantile(tried.near, _LEFT_OUT))
    most = float(np.quantile(np.concatenate(near[::2]), _MOST_LEFT))
    return min(_best(np.concatenate(near), np.concatenate(gain)), most)


def _reached(known: _Known, train: Places, asked: Places, part: float) -> tuple[Floats, NDArray[np.bool_]]:
    words, sentences = known.answers(train, asked)
    blend = words if sentences is None else (1 - part) * words + part * sentences
    said = np.unique(known.y[train])[blend.argmax(axis=1)]
    return nearness(blend.max(axis=1), known.covered(train, asked), part), said == known.y[asked]


def _best(near: Floats, gain: Floats) -> float:
    """The nearness above which the gains are most, half way to the next; the lowest of those that are even."""
    order = np.argsort(near, kind="stable")
    reached, left = near[order], np.cumsum(gain[order])
    ends = np.flatnonzero(np.append(np.diff(reached) > 0, True))
    place = int(ends[np.argmin(left[ends])])
    if left[place] >= 0:
        return 0.0
    following = reached[place + 1] if place + 1 < len(reached) else reached[place]
    return float((reached[place] + following) / 2)


def _linear(features: Any, y: Places, strength: float) -> tuple[Floats, Floats]:
    """Weights and intercepts, a row for each category; of two categories scikit-learn keeps one."""
    from sklearn.linear_model import LogisticRegression

    linear = LogisticRegression(C=strength, max_iter=200, tol=1e-3).fit(features, y)
    weights, intercepts = linear.coef_, linear.intercept_
    if len(intercepts) == 1:
        weights, intercepts = np.vstack([-weights, weights]) / 2, np.hstack([-intercepts, intercepts]) / 2
    return weights.astype(np.float32), intercepts.astype(np.float32)


def _answers(features: Any, linear: tuple[Floats, Floats]) -> Floats:
    return probabilities(np.asarray(features @ linear[0].T + linear[1], np.float32))
