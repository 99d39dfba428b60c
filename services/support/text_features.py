"""What the classifier reads of a text: words, pairs of words and characters, hashed, so that nobody's word is kept."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

# scikit-learn is loaded with the first request: what reads settings alone does without it.
Floats = NDArray[np.float32]
LONGEST = 20_000
"""Of a longer text only the beginning is read."""
_BUCKETS = 2**18


@cache
def hashing() -> tuple[Any, Any, Any]:
    """Words and pairs of them, characters within words, and single words; they hold nothing of what they read."""
    from sklearn.feature_extraction.text import HashingVectorizer

    common = {"n_features": _BUCKETS, "alternate_sign": False, "norm": None, "dtype": np.float32}
    words = {**common, "token_pattern": r"\w+"}
    return (
        HashingVectorizer(ngram_range=(1, 2), **words),
        HashingVectorizer(analyzer="char_wb", ngram_range=(2, 5), **common),
        HashingVectorizer(**words),
    )


def counts(texts: Sequence[str]) -> Any:
    """A row of counted features for each text."""
    from scipy.sparse import hstack

    cut = [text[:LONGEST].lower() for text in texts]
    words, characters, _ = hashing()
    return hstack([words.transform(cut), characters.transform(cut)]).tocsr()


def weighted(counted: Any, idf: Floats) -> Any:
    """Logarithms of counts by how rare a feature is; words and characters together of length one."""
    found = counted.astype(np.float32).copy()
    found.data = (1 + np.log(found.data)) * idf[found.indices]
    lengths = np.sqrt(np.asarray(found.multiply(found).sum(axis=1)).ravel())
    lengths[lengths == 0] = 1
    found.data /= np.repeat(lengths, np.diff(found.indptr)).astype(np.float32)
    return found


def shares(features: Any, seen: Floats) -> Floats:
    """Of rows of length one, the share that stands in columns that were seen."""
    found: Floats = np.asarray(features.multiply(features) @ seen, np.float32)
    return found


def centred(vectors: Floats, centre: Floats) -> Floats:
    """Sentence vectors as seen from the middle of the examples, of length one: what all texts share tells nothing."""
    found = vectors - centre
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    lengths[lengths == 0] = 1
    return np.asarray(found / lengths, np.float32)


def probabilities(scores: Floats) -> Floats:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    found: Floats = powers / powers.sum(axis=1, keepdims=True)
    return found
