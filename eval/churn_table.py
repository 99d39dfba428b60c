"""Who left, of other people's files with a row a customer: whatever their columns tell, none of them a purchase.

The service knows customers by what they did. Its form of a model of churn, a logistic one with squares under a ridge,
is fitted to the columns of the file, and judged on fifths that it had not seen, beside the usual models on the same.
"""

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from eval.cells import is_missing, is_number, read_flags, read_numbers
from eval.columns import Roles
from eval.rows import Row, compare
from eval.setting import Setting, UnfitError
from eval.tables import Table, read_table
from services.forecasting.fitting.churn import FEWEST, auc, fit_terms

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Answer = Callable[[Floats, Flags, Floats], Floats]
"""How likely each of the last rows leaves, by the first rows and whether they left."""
_FOLDS = 5
_MOST_WORDS = 30
_MOSTLY = 0.95


def measure_table(path: Path, roles: Roles, setting: Setting) -> list[Row]:
    """Raises UnfitError where it is not clear who left, or too few did or stayed."""
    table = read_table(path)
    label = roles.column("label" if "left" not in roles.columns else "left", path)
    flags = read_flags(table, label, roles.told)
    known = np.array([flag is not None for flag in flags])
    left = np.array([flag is True for flag in flags])[known]
    if min(left.sum(), (~left).sum()) < FEWEST:
        raise UnfitError(f"{path.name}: {left.sum()} left and {(~left).sum()} stayed; {FEWEST} of each are needed")
    inputs = _inputs(table, {label, roles.columns.get("customer"), roles.columns.get("id")})[known]
    if not inputs.shape[1]:
        raise UnfitError(f"{path.name}: nothing but {label} tells its customers apart")
    folds = list(StratifiedKFold(_FOLDS, shuffle=True, random_state=setting.seed).split(inputs, left))
    found = {name: _measured(answer, inputs, left, folds) for name, answer in _ANSWERS.items()}
    ours = found.pop("Rapport")
    return compare("churn", f"{path.name}, {_FOLDS} folds", ("Rapport", ours), found)


def _inputs(table: Table, without: set[str | None]) -> Floats:
    """Numbers as they are, the mean where one is missing; a column for each of few words."""
    columns: list[Floats] = []
    for name, cells in table.columns.items():
        told = [cell for cell in cells if not is_missing(cell)]
        if name in without or not told:
            continue
        if sum(map(is_number, told)) >= len(told) * _MOSTLY and (len(set(told)) > 2 or all(map(is_number, told))):
            numbers = np.array([np.nan if n is None else n for n in _numbers(table, name)], dtype=float)
            columns.append(np.where(np.isnan(numbers), np.nanmean(numbers), numbers))
        elif len(words := Counter(told)) <= _MOST_WORDS * 2:
            columns += [np.array([cell == word for cell in cells], dtype=float) for word, _ in words.most_common()[1:]]
    return np.column_stack(columns) if columns else np.empty((len(table.lines), 0))


def _numbers(table: Table, name: str) -> list[float | None]:
    """A few cells that are none are missing."""
    cells = [cell if is_number(cell) else "" for cell in table.columns[name]]
    return read_numbers(
        Table(table.path, {name: cells}, table.lines), name, {"decimal": "point"} if _plain(cells) else {}
    )


def _plain(cells: list[str]) -> bool:
    return not any("," in cell for cell in cells)


def _measured(answer: Answer, inputs: Floats, left: Flags, folds: list[tuple[Floats, Floats]]) -> dict[str, float]:
    began, guess = time.perf_counter(), np.empty(len(left))
    for known, asked in folds:
        guess[asked] = answer(inputs[known], left[known], inputs[asked])
    return {**figures(guess, left), "seconds": time.perf_counter() - began}


def figures(guess: Floats, left: Flags) -> dict[str, float]:
    """How well the probabilities of leaving foretold who left."""
    worst = left[np.argsort(-guess, kind="stable")[: len(left) // 10]]
    return {
        "AUC": auc(guess, left),
        "Brier": float(((guess - left) ** 2).mean()),
        "foretold / left": float(guess.mean() / left.mean()),
        "worst tenth left": float(worst.mean()),
    }


def _ours(known: Floats, left: Flags, asked: Floats) -> Floats:
    intercept, terms = fit_terms(_levels(known), left)
    rows = zip(*(map(term.effect, column) for term, column in zip(terms, _levels(asked).T, strict=True)), strict=True)
    odds = np.array([intercept + sum(row) for row in rows])
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -700, 700))), dtype=float)


def _levels(inputs: Floats) -> Floats:
    """On the logarithm of their size, as the service reads days and counts."""
    return np.asarray(np.sign(inputs) * np.log1p(np.abs(inputs)), dtype=float)


def _logistic(known: Floats, left: Flags, asked: Floats) -> Floats:
    made = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(known, left)
    return np.asarray(made.predict_proba(asked)[:, 1], dtype=float)


def _boosted(known: Floats, left: Flags, asked: Floats) -> Floats:
    made = HistGradientBoostingClassifier(random_state=0).fit(known, left)
    return np.asarray(made.predict_proba(asked)[:, 1], dtype=float)


_ANSWERS: dict[str, Answer] = {"logistic": _logistic, "gradient boosting": _boosted, "Rapport": _ours}
