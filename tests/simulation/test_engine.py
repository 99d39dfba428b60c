"""However the scheduler interleaves, kills and repeats: every effect once, in order, and nothing lost."""

import os
from concurrent.futures import ProcessPoolExecutor

import pytest

from tests.simulation.mutations import MUTATIONS
from tests.simulation.run import simulate

SEEDS = int(os.environ.get("SEEDS", "20000"))
CHUNK = 250


def failing(begin: int, end: int) -> str | None:
    """What the first failing seed of a range says, ready to be replayed."""
    for seed in range(begin, end):
        try:
            simulate(seed)
        except AssertionError as error:
            return f"{error}\nreplay with: python -m tests.simulation.run {seed}"
    return None


def test_every_seed_keeps_every_promise() -> None:
    """20,000 seeds of duplicates, resends, poison, kills at every await, overlapping members, redrive."""
    ranges = [(begin, min(begin + CHUNK, SEEDS)) for begin in range(0, SEEDS, CHUNK)]
    with ProcessPoolExecutor() as pool:
        failures = [said for said in pool.map(failing, *zip(*ranges, strict=True)) if said]
    assert not failures, failures[0]


@pytest.mark.parametrize("guard", MUTATIONS)
def test_an_engine_without_one_guard_breaks_a_promise(guard: str) -> None:
    """Within 2,000 seeds; otherwise the simulation would not see the loss of that guard."""
    for seed in range(2_000):
        try:
            simulate(seed, MUTATIONS[guard])
        except (AssertionError, KeyError):
            return
    pytest.fail(f"2,000 seeds did not miss {guard}")
