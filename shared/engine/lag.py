"""How far each group is behind the end of each partition, and why it stands where it does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
from aiokafka.errors import KafkaError

from shared.engine.cluster import Log, Logs
from shared.engine.ledger import Place
from shared.engine.postgres import SQL
from shared.errors import Transient


@dataclass(frozen=True, slots=True)
class PartitionLag:
    """`fence` is the first offset whose effects do not stand yet; `end` and `lag` are None where nothing is there."""

    group: str
    topic: str
    partition: int
    fence: int
    end: int | None
    lag: int | None
    parked: int
    watermark: datetime | None
    stopped: str | None


async def read_lag(executor: asyncpg.Pool | asyncpg.Connection, known: Logs) -> list[PartitionLag]:
    fences = await list_fences(executor)
    try:
        logs = await known.read({(fence["topic"], fence["partition"]) for fence in fences})
    except KafkaError as error:
        raise Transient(f"the brokers do not answer: {type(error).__name__}") from error
    return measure_lag(fences, logs)


async def list_fences(executor: asyncpg.Pool | asyncpg.Connection) -> Sequence[Any]:
    return await executor.fetch(SQL["list_fences"])


def measure_lag(fences: Sequence[Any], logs: Mapping[Place, Log]) -> list[PartitionLag]:
    return [_measure(fence, logs.get((fence["topic"], fence["partition"]))) for fence in fences]


def _measure(fence: Any, log: Log | None) -> PartitionLag:
    following = fence["next_offset"]
    return PartitionLag(
        fence["group_id"],
        fence["topic"],
        fence["partition"],
        following,
        log.end if log else None,
        max(log.end - max(following, log.beginning), 0) if log else None,
        fence["parked"],
        fence["watermark"],
        fence["stopped"],
    )
