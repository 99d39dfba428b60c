import numpy as np

from eval.simulated import KINDS, simulated


def test_a_seed_draws_the_same_series_of_every_kind_and_another_seed_others() -> None:
    once, again, others = (list(simulated(seed, 2)) for seed in (5, 5, 6))

    assert len(once) == len(KINDS)
    assert once == again
    assert all(one.series and one.series != other.series for one, other in zip(once, others, strict=True))
    assert all(np.isfinite(values).all() for one in once for values in one.series.values())
