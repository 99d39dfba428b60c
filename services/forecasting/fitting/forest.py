"""The growth of the isolation forest of sales and refunds, and its measured quality."""

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest

from services.forecasting.fitting.churn import auc
from services.forecasting.fraud_forest import INPUTS, Forest, Node

FEWEST = 500
"""Of fewer facts nobody can say what is usual."""
_TREES = 50
_SAMPLE = 256
_FEWEST_JUDGED = 10


def grow_forest(
    cut: date, facts: Sequence[Sequence[float]], frauds: Sequence[Sequence[float]]
) -> tuple[Forest, dict[str, float]] | None:
    """A forest of every other fact, and the quality that it has on the rest, and on what people called fraud.

    None where there are too few facts, where they are all alike, or where frauds are no odder to it than the others.
    """
    if len(facts) < FEWEST:
        return None
    told, kept = np.array(facts[::2], dtype=np.float32), [list(row) for row in facts[1::2]]
    grown = IsolationForest(n_estimators=_TREES, max_samples=min(_SAMPLE, len(told)), random_state=0).fit(told)
    trees = tuple(_nodes(tree.tree_) for tree in grown.estimators_)
    blank = Forest(cut, INPUTS, int(grown.max_samples_), tuple(map(float, np.median(told, axis=0))), 0.0, 0.0, trees)
    odds = np.array([blank.anomaly(row) for row in told.tolist()])
    if odds.min() == odds.max():
        return None
    odd, oddest = (float(np.quantile(odds, share)) for share in (0.99, 0.999))
    forest = Forest(cut, blank.inputs, blank.sample, blank.usual, odd, oddest, trees)
    others = np.array([forest.anomaly(row) for row in kept])
    quality = {
        "facts": float(len(facts)),
        "odd": float((others > odd).mean()),
        "oddest": float((others > oddest).mean()),
    }
    if len(frauds) >= _FEWEST_JUDGED:
        judged = np.array([forest.anomaly(row) for row in frauds])
        fraud: NDArray[np.bool_] = np.r_[np.zeros(len(others), dtype=bool), np.ones(len(judged), dtype=bool)]
        quality |= {"judged_frauds": float(len(judged)), "auc": auc(np.r_[others, judged], fraud)}
        if quality["auc"] <= 0.5:
            return None
    return forest, quality


def _nodes(tree: object) -> tuple[Node, ...]:
    """scikit-learn keeps a tree as columns; a node without children has -1 for both."""
    columns = ("feature", "threshold", "children_left", "children_right", "n_node_samples")
    return tuple(zip(*(getattr(tree, name).tolist() for name in columns), strict=True))
