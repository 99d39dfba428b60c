"""The fitting process, as a real process."""

import asyncio
import math
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import suppress

import psutil
import pytest

from services.forecasting.fitting.process import Fitting, FittingFailed, Fittings


@pytest.fixture
async def fitting() -> AsyncIterator[Fitting]:
    one = Fitting(idle_s=0.2)
    yield one
    await one.stop()


async def test_work_is_done_in_another_process(fitting: Fitting) -> None:
    assert await fitting.run(os.getpid) != os.getpid()
    assert await fitting.run(math.sqrt, 9) == 3.0


async def test_an_error_there_is_raised_here_and_the_process_goes_on(fitting: Fitting) -> None:
    before = await fitting.run(os.getpid)

    with pytest.raises(FittingFailed, match="sqrt: ValueError"):
        await fitting.run(math.sqrt, -1)

    assert await fitting.run(os.getpid) == before


async def test_a_process_that_dies_is_replaced(fitting: Fitting) -> None:
    before = await fitting.run(os.getpid)

    with pytest.raises(FittingFailed, match="died"):
        await fitting.run(os._exit, 1)

    assert await fitting.run(os.getpid) != before


async def test_a_process_without_work_ends(fitting: Fitting) -> None:
    pid = await fitting.run(os.getpid)

    await _gone(pid)

    assert await fitting.run(math.sqrt, 4) == 2.0


async def test_cancelling_ends_the_work(fitting: Fitting) -> None:
    pid = await fitting.run(os.getpid)
    work = asyncio.create_task(fitting.run(time.sleep, 60))
    await asyncio.sleep(0.05)

    work.cancel()
    with suppress(asyncio.CancelledError):
        await work

    await _gone(pid)


@pytest.mark.slow
async def test_work_that_takes_too_long_is_ended_and_says_so() -> None:
    fitting = Fitting(limit_s=2)
    pid = await fitting.run(os.getpid)

    with pytest.raises(FittingFailed, match="sleep took longer than 2 s"):
        await fitting.run(time.sleep, 60)

    await _gone(pid)
    await fitting.stop()


async def test_works_are_done_side_by_side_and_one_that_dies_takes_no_other_with_it() -> None:
    fittings = Fittings(2)

    dead, *pids = await asyncio.gather(
        fittings.run(os._exit, 1), *(fittings.run(os.getpid) for _ in range(4)), return_exceptions=True
    )

    assert isinstance(dead, FittingFailed)
    assert all(isinstance(pid, int) for pid in pids)
    await fittings.stop()


async def test_a_killed_service_leaves_no_process_behind() -> None:
    script = (
        "import asyncio, os, time\n"
        "from services.forecasting.fitting.process import Fitting\n"
        "async def run():\n"
        "    print(await Fitting().run(os.getpid), flush=True)\n"
        "    time.sleep(60)\n"
        "asyncio.run(run())\n"
    )
    service = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE)
    assert service.stdout is not None
    pid = int(await service.stdout.readline())

    service.kill()
    await service.wait()

    await _gone(pid)


@pytest.mark.slow
def test_the_service_itself_loads_no_numbers() -> None:
    """Its memory stays small because numpy, scipy and statsforecast are loaded by the process apart only."""
    script = (
        "import sys, services.forecasting.main\n"
        "print([name for name in ('numpy', 'scipy', 'pandas', 'statsforecast') if name in sys.modules])"
    )

    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"


async def _gone(pid: int) -> None:
    """Waits for the process to end; a zombie that nobody has waited for has ended."""
    for _ in range(200):
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return
        except psutil.NoSuchProcess:
            return
        await asyncio.sleep(0.05)
    pytest.fail(f"process {pid} still runs")
