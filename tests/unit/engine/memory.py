"""The ledger of the simulation, where nobody else moves."""

from collections.abc import Callable

from tests.simulation.memory import MemoryDatabase
from tests.unit.engine.records import WALL


async def _pause() -> None:
    """Nobody else may move."""


async def _until(ready: Callable[[], bool]) -> None:
    assert ready(), "would wait for itself"


def database() -> MemoryDatabase:
    return MemoryDatabase(_pause, _until, lambda: WALL)
