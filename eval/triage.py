"""Triage of requests: right answers, with few examples too, and requests that are of no category it knows."""

import math
import re
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, roc_auc_score
from sklearn.pipeline import Pipeline, make_pipeline

from eval.columns import REQUESTS, find_tables, roles_of
from eval.requests import draw
from eval.rows import Row, compare
from eval.setting import MissingError, Setting, UnfitError, say
from eval.tables import read_table
from services.support.classifier import Example, Guess, Model, Vectors
from services.support.semantic import Sentences
from services.support.text_features import Floats
from services.support.training import fit
from shared.errors import ConfigurationError

FEW = (1, 5, 10, 20)
SCOPED = (5, 20)
OUT = frozenset({"oos", "out_of_scope", "none", ""})
"""How a set calls what is of no category, in small letters and however its words are joined."""
_STRANGE = "oos"
_SEEDS = 2
_DRAWN = 5
_ASKED = 1_000
"""So many requests of a set are asked where it is not to be full."""
_TIMED = 200
_QUICK = 400
_HELD_OUT = 0.25
_PEER = "TF-IDF(1,2) + logistic regression"
_FOR_VECTORS = 0.4
"""No larger share of a set's time is for the sentence vectors of its requests."""
_DRAWN_SHARE = 0.2
"""What drawn requests, which are few, get of the time that a set gets."""
_AT_ONCE = 50
_WORD = re.compile(r"\w\w")
_PACED = 100
"""Of fewer examples most of the time is spent on other things."""
Texts = list[tuple[str, str]]
Figures = dict[str, dict[str, float]]
"""What each model reached, by the metric."""


class _Kept:
    """Vectors of texts that were asked for before are not made anew, as with a service's examples; `make` is without
    that.
    """

    def __init__(self, make: Vectors) -> None:
        self.make = make
        self._known: dict[str, Floats] = {}

    def __call__(self, texts: Sequence[str]) -> Floats:
        new = list(dict.fromkeys(text for text in texts if text not in self._known))
        self._known |= dict(zip(new, self.make(new), strict=True))
        return np.stack([self._known[text] for text in texts])

    def make_until(self, texts: Sequence[str], end: float) -> bool:
        """Whether the vectors of all these are there by then, as far as can be foreseen; else it is given up early."""
        began = time.perf_counter()
        for place in range(0, len(texts), _AT_ONCE):
            self(texts[place : place + _AT_ONCE])
            now = time.perf_counter()
            if now + (now - began) / (place + _AT_ONCE) * (len(texts) - place - _AT_ONCE) > end:
                return False
        return True


@dataclass(slots=True)
class _Time:
    """What is left of a set's time. `paces` has what an example took each model, seconds, where it took most."""

    began: float
    end: float
    paces: dict[str, float] = field(default_factory=dict)

    def models(self, ours: Mapping[str, _Kept | None], what: str, examples: int) -> dict[str, _Kept | None]:
        """Those that would be done with so many examples in time, one after the other; what is left out is named."""
        found, until = {}, time.perf_counter()
        for name, kept in ours.items():
            needed = self.paces.get(name, 0.0) * examples
            if until + needed <= self.end:
                found[name], until = kept, until + needed
            else:
                say(f"  {what}, {name}: left out, there is no time for it; --minutes or --full measures it")
        return found

    def took(self, name: str, seconds: float, examples: int) -> None:
        if examples >= _PACED:
            self.paces[name] = max(self.paces.get(name, 0.0), seconds / examples)


def measure(setting: Setting) -> list[Row]:
    """Requests that are drawn, and every pair `NAME_train.csv` and `NAME_test.csv` with columns text and category. The
    rows of each part are told as they come; unless everything is asked for, the sets share the time, and what there is
    none for is named.
    """
    pairs = [train for train, _ in pairs_of(setting)]
    end = time.perf_counter() + (math.inf if setting.full or setting.quick else setting.minutes * 60)
    warnings.filterwarnings("ignore", "The number of unique classes")  # of one example a category it is as great
    ours = _models()
    rows: list[Row] = []
    for place in range(len(pairs) + 1):
        now = time.perf_counter()
        last = place == len(pairs)
        own = _Time(now, now + max(0.0, end - now) / (1 if last else len(pairs) - place + _DRAWN_SHARE))
        for part in _measure_drawn(ours, setting, own) if last else _measure_set(ours, pairs[place], setting, own):
            setting.tell(part)
            rows += part
    return rows


def pairs_of(setting: Setting) -> list[tuple[Path, Path]]:
    """Every set of requests of the folder: its examples, and its test. Raises MissingError where there is none."""
    found = {path for path, _ in find_tables(setting, REQUESTS)}
    pairs = [(path, _test_of(path)) for path in sorted(found) if _test_of(path) in found - {path}]
    if not pairs:
        raise MissingError("no pair NAME_train.csv and NAME_test.csv with the columns text and category is there")
    return pairs


def _models() -> dict[str, _Kept | None]:
    """What is measured: words alone, and where the extra is installed sentence vectors beside them, each made once."""
    found: dict[str, _Kept | None] = {"Rapport": None}
    try:
        sentences = Sentences()
    except ConfigurationError as error:
        say(f"  without sentence vectors: {error}")
    else:
        found["Rapport, semantic"] = _Kept(sentences.of)
    return found


def _measure_drawn(ours: Mapping[str, _Kept | None], setting: Setting, left: _Time) -> Iterator[list[Row]]:
    for few in (1, 5):
        of = f"drawn in two languages, {few} a category"
        draws = [draw(setting.seed + turn, few) for turn in range(_DRAWN if setting.full else 1)]
        if own := left.models(ours, of, 0):
            yield _mean_rows(of, [_figures(own, *each, of, left) for each in draws])


def _measure_set(ours: Mapping[str, _Kept | None], path: Path, setting: Setting, left: _Time) -> Iterator[list[Row]]:
    """A part of its figures after the other: of one draw and of some of the tests, unless everything is asked for."""
    name, train, test = path.stem[: -len("_train")], read(path, setting), read(_test_of(path), setting)
    if not setting.full:
        most = _QUICK if setting.quick else _ASKED
        name, test = f"{name} ({'quick' if setting.quick else 'bounded'})", _some(test, most, setting.seed)
    known = [each for each in test if each[1] not in OUT]
    train = [each for each in train if each[1] not in OUT]
    if len({category for _, category in train}) < 2 or not known:
        say(f"  {name}: left out, it needs two categories with examples, and requests of them")
        return
    ours = _with_vectors(ours, [text for text, _ in test], name, left)
    for of, draws in _parts(name, train, test, known, setting):
        examples = sum(len(each[0]) for each in draws)
        if not all(_are_enough(*each) for each in draws):
            say(f"  {of}: left out, it has no words to learn from, or asks for nothing that is known")
        elif own := left.models(ours, of, examples):
            yield _mean_rows(of, [_figures(own, *each, of, left) for each in draws])


def _parts(
    name: str, train: Texts, test: Texts, known: Texts, setting: Setting
) -> Iterator[tuple[str, list[tuple[Texts, Texts]]]]:
    """What is measured of a set, each time with the examples and the requests of each draw."""
    seeds = [setting.seed + turn for turn in range(_SEEDS if setting.full else 1)]
    for few in FEW:
        yield f"{name}, {few} a category", [(_draw(train, few, seed), known) for seed in seeds]
    for few in SCOPED:
        of = f"{name}, {few} a category, strange ones asked too"
        drawn = [_scope(train, test, few, seed) for seed in seeds]
        yield of, drawn
    if not setting.quick:
        yield f"{name}, all", [(train, known)]


def _are_enough(train: Texts, asked: Texts) -> bool:
    """Whether there are words to learn from, and requests of known categories."""
    return any(_WORD.search(text) for text, _ in train) and any(category not in OUT for _, category in asked)


def _with_vectors(
    ours: Mapping[str, _Kept | None], texts: Sequence[str], name: str, left: _Time
) -> Mapping[str, _Kept | None]:
    """The models for which there is time: those over sentence vectors need one of each request first."""
    end = left.began + _FOR_VECTORS * (left.end - left.began)
    found = {each: kept for each, kept in ours.items() if kept is None or kept.make_until(texts, end)}
    for each in ours.keys() - found.keys():
        say(f"  {name}, {each}: left out, there is no time for its vectors; --minutes or --full measures it")
    return found


def _some(texts: Texts, most: int, seed: int) -> Texts:
    return texts if len(texts) <= most else Random(seed).sample(texts, most)


def _mean_rows(of: str, figures: Sequence[Figures]) -> list[Row]:
    """The mean over the draws, each model of ours beside the peer."""
    mean = {
        model: {metric: float(np.mean([each[model][metric] for each in figures])) for metric in figures[0][model]}
        for model in figures[0]
    }
    peer = {_PEER: mean.pop(_PEER)}
    return [row for model, reached in mean.items() for row in compare("triage", of, (model, reached), peer)]


def _figures(ours: Mapping[str, _Kept | None], train: Texts, test: Texts, what: str, left: _Time) -> Figures:
    """Of a set whose test has strange requests too, also how well those are told. What it is is said before, and how
    long each model took after it.
    """
    say(f"  {what}: {len(train)} examples, {len(test)} requests")
    texts, truth = [text for text, _ in test], np.array([category for _, category in test])
    known = np.array([category not in OUT for category in truth])
    began = time.perf_counter()
    peer = _peer(train)
    found = {_PEER: _marks(peer.predict(texts)[known], truth[known]) | _told(_surest_of(peer, texts), known)}
    say(f"    peer: {time.perf_counter() - began:.0f} s")
    for name, vectors in ours.items():
        began = time.perf_counter()
        found[name] = _reached(train, texts, truth, known, vectors)
        seconds = time.perf_counter() - began
        left.took(name, seconds, len(train))
        say(f"    {name}: {seconds:.0f} s")
    return found


def _reached(
    train: Texts, texts: Sequence[str], truth: NDArray[np.str_], known: NDArray[np.bool_], vectors: _Kept | None
) -> dict[str, float]:
    made = vectors([text for text, _ in train]) if vectors else None
    began = time.perf_counter()
    model = fit([Example(*each) for each in train], made)
    fitted = time.perf_counter()
    guesses = model.guess(texts, vectors)
    own = [guess for guess, is_known in zip(guesses, known, strict=True) if is_known]
    found = _marks(np.array([guess.category for guess in own]), truth[known])
    found |= {"surest 80 %": _surest(own, truth[known])} | _scoped(guesses, known)
    return found | {"fit s": fitted - began, "texts/s": _pace(model, texts[:_TIMED], vectors)}


def _pace(model: Model, texts: Sequence[str], vectors: _Kept | None) -> float:
    """How many new texts a second are answered, their vectors made too."""
    began = time.perf_counter()
    model.guess(texts, vectors.make if vectors else None)
    return len(texts) / (time.perf_counter() - began)


def _scope(train: Texts, test: Texts, few: int, seed: int) -> tuple[Texts, Texts]:
    """Strange requests are those that the set marks, or those of seeded categories that are held out."""
    names = sorted({category for _, category in train})
    marked = {category for _, category in test} & OUT
    held = marked or set(Random(seed).sample(names, round(len(names) * _HELD_OUT)))
    kept = _draw([each for each in train if each[1] not in held], few, seed)
    return kept, [(text, "oos" if category in held else category) for text, category in test]


def _scoped(guesses: Sequence[Guess], known: NDArray[np.bool_]) -> dict[str, float]:
    if known.all():
        return {}
    answered = np.array([guess.in_scope for guess in guesses])
    return _told(np.array([guess.nearness for guess in guesses]), known) | {
        "known answered": float(answered[known].mean()),
        "strange left to people": float(1 - answered[~known].mean()),
    }


def _told(near: NDArray[np.float64], known: NDArray[np.bool_]) -> dict[str, float]:
    return {} if known.all() else {"out-of-scope AUC": float(roc_auc_score(known, near))}


def _marks(said: NDArray[np.str_], truth: NDArray[np.str_]) -> dict[str, float]:
    return {
        "accuracy": float((said == truth).mean()),
        "macro-F1": float(f1_score(truth, said, average="macro", zero_division=0)),
    }


def _surest(guesses: Sequence[Guess], truth: NDArray[np.str_]) -> float:
    """How many of the surest four fifths are right."""
    order = np.argsort([-guess.surest for guess in guesses], kind="stable")[: round(len(guesses) * 0.8)]
    return float(np.mean([guesses[place].category == truth[place] for place in order]))


def _surest_of(peer: Pipeline, texts: Sequence[str]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = peer.predict_proba(texts).max(axis=1)
    return found


def _peer(train: Texts) -> Pipeline:
    made = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(C=10, max_iter=200, tol=1e-3)
    )
    return made.fit([text for text, _ in train], [category for _, category in train])


def _draw(texts: Texts, few: int, seed: int) -> Texts:
    return list(_drawn(texts, few, Random(seed)))


def _drawn(texts: Texts, few: int, random: Random) -> Iterator[tuple[str, str]]:
    by_category: dict[str, Texts] = {}
    for each in texts:
        by_category.setdefault(each[1], []).append(each)
    for category in sorted(by_category):
        yield from random.sample(by_category[category], min(few, len(by_category[category])))


def _test_of(path: Path) -> Path:
    return path.with_stem(re.sub(r"(?<=[_-])train$", "test", path.stem))


def read(path: Path, setting: Setting) -> Texts:
    """A cell that is not there is empty; whatever the set calls what is of no category has one name here."""
    roles, table = roles_of(path, setting), read_table(path)
    if roles is None:
        raise UnfitError(f"{path.name}: which of its columns are text and category? Say it by --columns")
    texts, categories = (table.columns[roles.column(role, path)] for role in ("text", "category"))
    return [(text, _category(category)) for text, category in zip(texts, categories, strict=True)]


def _category(said: str) -> str:
    plain = re.sub(r"[\W_]+", "_", said.strip().lower()).strip("_")
    return _STRANGE if plain in OUT else said.strip()
