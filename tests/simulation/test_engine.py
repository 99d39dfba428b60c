"""However the scheduler interleaves, kills and repeats: every effect once, in order, and nothing lost."""

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

import pytest

from tests.simulation import readers, run
from tests.simulation.mutations import MUTATIONS
from tests.simulation.reader_mutations import READER_MUTATIONS
from tests.simulation.run import simulate

SEEDS = int(os.environ.get("SEEDS", "5000"))
READER_SEEDS = int(os.environ.get("READER_SEEDS", "300"))


def failing(simulation: Callable[[int], None], begin: int, end: int) -> str | None:
    """What the first failing seed of a range says, ready to be replayed."""
    for seed in range(begin, end):
        try:
            simulation(seed)
        except AssertionError as error:
            return f"{error}\nreplay with: python -m {simulation.__module__} {seed}"
    return None


def first_failure(simulation: Callable[[int], None], seeds: int) -> str | None:
    """Of so many seeds, on every processor."""
    chunk = max(seeds // 80, 1)
    ranges = [(begin, min(begin + chunk, seeds)) for begin in range(0, seeds, chunk)]
    with ProcessPoolExecutor() as pool:
        failures = pool.map(failing, [simulation] * len(ranges), *zip(*ranges, strict=True))
        return next((said for said in failures if said), None)


@pytest.mark.timeout(3_600)
def test_every_seed_keeps_every_promise() -> None:
    """5,000 seeds, or SEEDS, of duplicates, resends, poison, kills at every await, overlapping members, redrive."""
    said = first_failure(run.simulate, SEEDS)
    assert said is None, said


@pytest.mark.timeout(3_600)
def test_every_seed_of_the_readers_keeps_every_promise() -> None:
    """300 seeds, or READER_SEEDS: exceptions at every await, swallowed batches, rebalances, holes,
    clock steps, a database put back.
    """
    said = first_failure(readers.simulate, READER_SEEDS)
    assert said is None, said


@pytest.mark.parametrize("guard", MUTATIONS)
def test_an_engine_without_one_guard_breaks_a_promise(guard: str) -> None:
    """Within 2,000 seeds; otherwise the simulation would not see the loss of that guard."""
    for seed in range(2_000):
        try:
            simulate(seed, MUTATIONS[guard])
        except (AssertionError, KeyError):
            return
    pytest.fail(f"2,000 seeds did not miss {guard}")


@pytest.mark.parametrize("guard", READER_MUTATIONS)
def test_a_reader_without_one_guard_breaks_a_promise(guard: str) -> None:
    """Within 400 seeds."""
    for seed in range(400):
        try:
            readers.simulate(seed, patches=[READER_MUTATIONS[guard]])
        except (AssertionError, KeyError):
            return
    pytest.fail(f"400 seeds did not miss {guard}")
