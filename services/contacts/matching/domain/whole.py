"""The whole base at once, or a batch, by the same score as one record."""

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from services.contacts.matching.domain.blocking import FIELDS_OF, pairs_of
from services.contacts.matching.domain.certainty import certain, named_otherwise
from services.contacts.matching.domain.comparison import Pairs, compare
from services.contacts.matching.domain.grouping import group
from services.contacts.matching.domain.model import Floats, Model, learn
from services.contacts.matching.domain.traits import Traits
from services.contacts.matching.domain.verdict import (
    AUTOMATIC,
    HOLDING,
    POSSIBLE,
    settle,
    torn,
)


class Matched(NamedTuple):
    """The model, every pair that was compared with its bits, and the groups."""

    model: Model
    pairs: Pairs
    bits: Floats
    groups: list[list[int]]


def learn_model(records: Sequence[Traits], version: int = 1, base: int | None = None) -> Model:
    """The weights that these records lead to, which may be a sample of a base of so many."""
    _, _, by_kind = pairs_of(records)
    passes = [(*by_kind[kind], FIELDS_OF[kind]) for kind in sorted(by_kind)]
    return learn(records, passes, version, base=base)


def match(
    records: Sequence[Traits],
    model: Model | None = None,
    never: Callable[[int, int], bool] = lambda _one, _other: False,
    automatic: float = AUTOMATIC,
) -> Matched:
    """Compare all records that share a key, and group them. Without a model, it is learnt from them."""
    known = model or learn_model(records)
    left, right, _ = pairs_of(records)
    pairs = compare(records, left, right)
    bits = settle(known, records, pairs)
    links = zip(left.tolist(), right.tolist(), bits.tolist(), strict=True)
    kept = [link for link in links if link[2] >= POSSIBLE]
    apart = torn(known, records, pairs, bits, automatic)
    two = set(zip(left[apart].tolist(), right[apart].tolist(), strict=True))

    def are_two(one: int, other: int) -> bool:
        return (min(one, other), max(one, other)) in two or never(one, other)

    return Matched(known, pairs, bits, group(kept, automatic, HOLDING, are_two))


def match_unasked(records: Sequence[Traits], model: Model | None = None) -> list[list[int]]:
    """The groups that are merged without asking: by pairs that are certain, the likeliest first, where enough of all
    pairs across two groups hold them together and no given name speaks against it.
    """
    known = model or learn_model(records)
    left, right, _ = pairs_of(records)
    linked = group(_links(known, records, compare(records, left, right)), AUTOMATIC, -np.inf)
    every = np.array([pair for places in linked for pair in combinations(places, 2)], np.int64).reshape(-1, 2)
    pairs = compare(records, every[:, 0], every[:, 1])
    apart = {tuple(pair) for pair in every[named_otherwise(records, pairs)].tolist()}
    return group(
        _links(known, records, pairs),
        AUTOMATIC,
        HOLDING,
        lambda one, other: (min(one, other), max(one, other)) in apart,
    )


def _links(model: Model, records: Sequence[Traits], pairs: Pairs) -> list[tuple[int, int, float]]:
    """With their bits, which are automatic of those that are certain alone."""
    bits = settle(model, records, pairs)
    bits = np.where(certain(model, records, pairs), bits, np.minimum(bits, AUTOMATIC - 1))
    return list(zip(pairs.left.tolist(), pairs.right.tolist(), bits.tolist(), strict=True))
