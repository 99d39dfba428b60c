"""Which products go together: pairs that more parties bought than chance would have it."""

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix, triu
from scipy.stats import hypergeom

from services.forecasting.cross_sell.domain import FEWEST_BOTH, FEWEST_PARTIES, Pair
from services.forecasting.fitting.false_rate import below_false_rate

_FALSE = 0.05
_MOST_OF_ONE = 20


def find_pairs(products: Sequence[str], baskets: Sequence[Sequence[int]]) -> list[Pair]:
    """Both ways, from what parties bought, each by its places in `products`; of each the `_MOST_OF_ONE` surest.

    A pair counts where FEWEST_BOTH parties bought both, and where the number of them is no chance: hypergeometric, at a
    false discovery rate over all pairs that anybody bought.
    """
    if len(baskets) < FEWEST_PARTIES:
        return []
    rows = np.repeat(np.arange(len(baskets)), [len(basket) for basket in baskets])
    places = np.fromiter((place for basket in baskets for place in basket), dtype=np.int64, count=len(rows))
    has = csr_matrix((np.ones(len(rows), dtype=np.int32), (rows, places)), shape=(len(baskets), len(products)))
    having = np.asarray(has.sum(axis=0)).ravel()
    together = triu(has.T @ has, k=1).tocoo()
    one, other, both = together.row, together.col, together.data
    lift = both * len(baskets) / (having[one].astype(float) * having[other])
    # Fewer than the floor cannot be told, and do not count among those that might have been found by chance.
    enough = both >= FEWEST_BOTH
    one, other, both, lift = one[enough], other[enough], both[enough], lift[enough]
    chance = hypergeom.sf(both - 1, len(baskets), having[one], having[other])
    real = (lift > 1) & below_false_rate(chance, _FALSE)
    found: dict[int, list[Pair]] = {}
    for first, second, count, times, odds in zip(
        *(column[real].tolist() for column in (one, other, both, lift, chance)), strict=True
    ):
        for sku, then in ((first, second), (second, first)):
            pair = Pair(products[sku], products[then], len(baskets), int(having[sku]), count, times, odds)
            found.setdefault(sku, []).append(pair)
    return [
        pair
        for sku in sorted(found)
        for pair in sorted(found[sku], key=lambda each: (-each.together, each.other))[:_MOST_OF_ONE]
    ]
