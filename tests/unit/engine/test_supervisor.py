import asyncio
import contextlib

import pytest

from shared.engine.supervisor import Supervisor
from shared.errors import Transient


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ValueError("a bug"), [("worker jobs", "degraded", "was started again after ValueError")]),
        (OSError("no network"), []),
        (Transient("not open yet"), []),
        (asyncio.CancelledError(), [("worker jobs", "degraded", "was started again after CancelledError")]),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.slow
async def test_a_task_that_ends_by_an_error_that_no_other_check_tells_of_is_told(
    error: BaseException, told: list[tuple[str, str, str]]
) -> None:
    """A task that is started again and again makes no progress, and nothing else shows it."""
    supervisor, begun = Supervisor("forecasting"), 0
    again = asyncio.Event()

    async def run() -> None:
        nonlocal begun
        begun += 1
        if begun == 2:
            again.set()
        raise error

    supervisor.start("worker jobs", run)
    async with asyncio.timeout(30):
        await again.wait()

    assert [(check.name, check.state, check.detail) for check in supervisor.checks()] == told
    await supervisor.stop()


@pytest.mark.parametrize("error", [None, OSError("instead of the cancellation")])
@pytest.mark.slow
async def test_a_task_that_loses_a_cancellation_ends_all_the_same(error: Exception | None) -> None:
    """As a client does that takes one for the end of its own task, or a pool that says what became of a connection
    instead: a service that waited for the task never began again.
    """
    supervisor, begun = Supervisor("contacts"), asyncio.Event()

    async def run() -> None:
        again = begun.is_set()
        begun.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        if error is not None and not again:
            raise error
        await asyncio.Event().wait()

    supervisor.start("relay 0", run)
    async with asyncio.timeout(30):
        await begun.wait()
        await supervisor.stop()
