"""Triage of requests: right answers, with few examples too, and requests that are of no category it knows."""

import csv
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, roc_auc_score
from sklearn.pipeline import Pipeline, make_pipeline

from eval.rows import Row, compare
from eval.setting import MissingError, Setting, say
from services.support.classifier import Example, Guess, fit

FEW = (1, 5, 10, 20)
OUT = frozenset({"oos", "out_of_scope", "none", ""})
"""How a set calls what is of no category."""
_SEEDS = 2
_HELD_OUT = 0.25
_PEER = "TF-IDF(1,2) + logistic regression"
Texts = list[tuple[str, str]]


def measure(setting: Setting) -> list[Row]:
    """Every pair `NAME_train.csv` and `NAME_test.csv` with the columns text and category, such as banking77."""
    found = sorted(setting.data.glob("*_train.csv")) if setting.data is not None else []
    pairs = [path for path in found if _test_of(path).is_file() and _columns(path) >= {"text", "category"}]
    if not pairs:
        raise MissingError("no pair NAME_train.csv and NAME_test.csv with the columns text and category is there")
    return [row for path in pairs for row in _measure_set(path, setting.seed)]


def _measure_set(path: Path, seed: int) -> list[Row]:
    name = path.stem.removesuffix("_train")
    train, test = _read(path), _read(_test_of(path))
    known = [each for each in test if each[1] not in OUT]
    train = [each for each in train if each[1] not in OUT]
    rows: list[Row] = []
    for few in FEW:
        say(f"  {name}, {few} examples a category")
        figures = [_accuracies(_draw(train, few, seed + turn), known) for turn in range(_SEEDS)]
        rows += _mean_rows(f"{name}, {few} a category", figures)
    say(f"  {name}, categories held out")
    rows += _mean_rows(f"{name}, 20 a category", [_scope(train, test, seed + turn) for turn in range(_SEEDS)])
    say(f"  {name}, all {len(train)} examples")
    return rows + _mean_rows(f"{name}, all", [_accuracies(train, known)])


def _mean_rows(of: str, figures: Sequence[tuple[dict[str, float], dict[str, float]]]) -> list[Row]:
    return compare(
        "triage", of, ("Rapport", _mean([one[0] for one in figures])), {_PEER: _mean([one[1] for one in figures])}
    )


def _mean(figures: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([each[name] for each in figures])) for name in figures[0]}


def _accuracies(train: Texts, test: Texts) -> tuple[dict[str, float], dict[str, float]]:
    texts, truth = [text for text, _ in test], np.array([category for _, category in test])
    began = time.perf_counter()
    model = fit([Example(*each) for each in train])
    fitted = time.perf_counter()
    guesses = model.guess(texts)
    took = time.perf_counter() - fitted
    ours = _marks(np.array([guess.category for guess in guesses]), truth)
    ours |= {"surest 80 %": _surest(guesses, truth), "fit s": fitted - began, "texts/s": len(texts) / took}
    return ours, _marks(_peer(train).predict(texts), truth)


def _marks(said: NDArray[np.str_], truth: NDArray[np.str_]) -> dict[str, float]:
    return {
        "accuracy": float((said == truth).mean()),
        "macro-F1": float(f1_score(truth, said, average="macro", zero_division=0)),
    }


def _surest(guesses: Sequence[Guess], truth: NDArray[np.str_]) -> float:
    """How many of the surest four fifths are right."""
    order = np.argsort([-guess.surest for guess in guesses], kind="stable")[: round(len(guesses) * 0.8)]
    return float(np.mean([guesses[place].category == truth[place] for place in order]))


def _scope(train: Texts, test: Texts, seed: int) -> tuple[dict[str, float], dict[str, float]]:
    """AUC of telling known from strange requests: those that the set marks, or those of seeded categories held out."""
    names = sorted({category for _, category in train})
    marked = {category for _, category in test} & OUT
    held = marked or set(Random(seed).sample(names, round(len(names) * _HELD_OUT)))
    kept = _draw([each for each in train if each[1] not in held], 20, seed)
    texts = [text for text, _ in test]
    known = np.array([category not in held for _, category in test])
    guesses = fit([Example(*each) for each in kept]).guess(texts)
    answered = np.array([guess.in_scope for guess in guesses])
    ours = {
        "out-of-scope AUC": float(roc_auc_score(known, [guess.nearness for guess in guesses])),
        "known answered": float(answered[known].mean()),
        "strange left to people": float(1 - answered[~known].mean()),
    }
    return ours, {"out-of-scope AUC": float(roc_auc_score(known, _peer(kept).predict_proba(texts).max(axis=1)))}


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
    return path.with_name(path.name.replace("_train.csv", "_test.csv"))


def _columns(path: Path) -> set[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return set(csv.DictReader(file).fieldnames or ())


def _read(path: Path) -> Texts:
    with path.open(encoding="utf-8", newline="") as file:
        return [(row["text"], row["category"]) for row in csv.DictReader(file)]
