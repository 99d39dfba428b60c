"""The tasks of a service: each is started again after an error, and all end together."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import asyncpg
import structlog
from aiokafka.errors import KafkaError

from shared.engine.checks import Check
from shared.engine.postgres import is_infrastructure
from shared.telemetry import metrics

log = structlog.get_logger()
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 10
_SOUND_AFTER_S = 60
_AGAIN_S = 1


def may_pass(error: BaseException) -> bool:
    """True for errors of the network, of Kafka and of the database, which an operator sees elsewhere too."""
    return isinstance(error, KafkaError | asyncpg.PostgresError) or is_infrastructure(error)


class Supervisor:
    def __init__(self, service: str) -> None:
        self._service = service
        self._tasks: list[asyncio.Task[None]] = []
        self._failed: dict[str, tuple[float, str]] = {}

    def start(self, task: str, run: Callable[[], Awaitable[None]]) -> None:
        self._tasks.append(asyncio.create_task(self._keep_running(task, run), name=task))

    def checks(self) -> list[Check]:
        """The tasks that failed lately by an error that no other check reports."""
        recent = time.monotonic() - _SOUND_AFTER_S
        return [
            Check(task, "degraded", f"was started again after {error}")
            for task, (at, error) in self._failed.items()
            if at > recent
        ]

    async def stop(self) -> None:
        """Returns once every task has ended. Libraries lose a cancellation now and then, so it is said again."""
        tasks, self._tasks = set(self._tasks), []
        while tasks:
            for task in tasks:
                task.cancel()
            _, tasks = await asyncio.wait(tasks, timeout=_AGAIN_S)

    async def _keep_running(self, task: str, run: Callable[[], Awaitable[None]]) -> None:
        pause: float = _FIRST_PAUSE_S
        while True:
            begun = time.monotonic()
            try:
                await run()
            except (Exception, asyncio.CancelledError) as error:
                if isinstance(error, asyncio.CancelledError) and _is_to_end():
                    raise
                log.warning("task_restarted", task=task, error=type(error).__name__, exc_info=not may_pass(error))
                if not (is_infrastructure(error) or isinstance(error, KafkaError)):
                    self._failed[task] = time.monotonic(), type(error).__name__
                metrics.WORKER_RESTARTS.labels(self._service, task).inc()
            else:
                return
            # A task that worked for a while fails for a new reason, which deserves a quick attempt again.
            worked = time.monotonic() - begun > _SOUND_AFTER_S
            pause = _FIRST_PAUSE_S if worked else min(pause * 2, _LONGEST_PAUSE_S)
            await asyncio.sleep(pause)


def _is_to_end() -> bool:
    """Whether this task itself was cancelled; else a library let out what it cancelled of its own."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
