"""A database that was restored from a backup is older than its topics."""

from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest

from shared.engine.service import Service
from tests.faults.evidence import read_topics, sequence_faults
from tests.integration.engine.probe import NAME, Probe, check, eventually, reopened

pytestmark = [pytest.mark.stack, pytest.mark.slow]


async def test_a_restored_database_waits_for_its_operator_and_numbers_on(probe: Probe) -> None:
    before, between, after = ([uuid4() for _ in range(5)] for _ in range(3))
    async with probe.running():
        await probe.emit(reopened(event_id, 4) for event_id in before)
        await eventually(lambda: _published(probe, before), "events before the backup")
        await eventually(lambda: _nothing_waits(probe), "the relay's last word")
    await probe.rows(f"create database backup template {NAME}", database="postgres")
    async with probe.running():
        await probe.emit(reopened(event_id, 4) for event_id in between)
        await eventually(lambda: _published(probe, between), "events after the backup")
    await probe.rows(f"drop database {NAME} with (force)", database="postgres")
    await probe.rows(f"alter database backup rename to {NAME}", database="postgres")

    async with probe.running() as service:
        obstacle = await eventually(lambda: _restored(service), "the refusal to go on")
        assert "run `rapport recover`" in obstacle
        await probe.emit(reopened(event_id, 4) for event_id in after)
        assert probe.rapport("recover", NAME, "--reason", "restored in a test")
        await check(service, "ok")
        await eventually(lambda: _published(probe, after), "events after the recovery")
    records = await read_topics(probe.stack.bootstrap, ["crm.tickets"])
    assert sequence_faults(records) == []
    ours = [record.id for record in records if record.partition == 4]
    assert ours == [str(event_id) for event_id in before + between + after]


async def _restored(service: Service) -> str | None:
    (only,) = await service.ready()
    return only.detail if only.state == "failing" and only.detail.startswith("restored: ") else None


async def _published(probe: Probe, ids: Sequence[UUID]) -> bool:
    found = {record.id for record in await read_topics(probe.stack.bootstrap, ["crm.tickets"])}
    return {str(event_id) for event_id in ids} <= found


async def _nothing_waits(probe: Probe) -> bool:
    return not await probe.rows("select 1 from outbox union all select 1 from relay_batch where ids <> '{}'")
