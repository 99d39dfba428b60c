"""What a service needs is away, refuses it, or takes nothing: it says which and where, and goes on by itself."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from pydantic import SecretStr
from structlog.testing import capture_logs

from deploy.embedded.ports import free_port
from shared.engine.kafka import client_options
from shared.engine.service import Service
from shared.settings import DatabaseSettings, KafkaSettings, ServiceSettings
from tests.integration.engine.probe import NAME, Probe, check, eventually, noting


@pytest.fixture
async def owner(probe: Probe) -> AsyncIterator[asyncpg.Connection]:
    """Of the whole server; what a test did to the service's role is undone at its end."""
    connection = await asyncpg.connect(probe.stack.superuser_dsn(NAME))
    yield connection
    password = urlsplit(probe.stack.dsn(NAME)).password
    await connection.execute(f"alter role {NAME} password '{password}'")
    await connection.execute(f"alter role {NAME} reset default_transaction_read_only")
    await cut_off(connection)
    await connection.close()


async def cut_off(owner: asyncpg.Connection) -> None:
    await owner.execute(f"select pg_terminate_backend(pid) from pg_stat_activity where usename = '{NAME}'")


async def waits_of(settings: ServiceSettings) -> tuple[str, str, str]:
    """What the service says that it waits for, and where, and all that it logs meanwhile."""
    service = Service(NAME, settings, [noting("away", "crm.sales")])
    with capture_logs() as lines:
        await service.start()
        try:
            async with asyncio.timeout(60):
                while not (found := [line for line in lines if line["event"] == "service_waits"]):
                    await asyncio.sleep(0.05)
        finally:
            await service.stop()
    return found[0]["obstacle"], found[0]["at"], repr(lines)


async def test_a_database_that_is_away_is_named_with_its_place_and_without_its_password(probe: Probe) -> None:
    place = f"127.0.0.1:{free_port(set())}"
    dsn = SecretStr(f"postgresql://{NAME}:hidden@{place}/{NAME}")
    settings = probe.settings().model_copy(update={"database": DatabaseSettings(dsn=dsn)})
    obstacle, at, said = await waits_of(settings)
    assert (obstacle, at) == ("waiting for the database: ConnectionRefusedError", place)
    assert "hidden" not in said


async def test_brokers_that_are_away_are_named_with_their_places(probe: Probe) -> None:
    place = f"127.0.0.1:{free_port(set())}"
    settings = probe.settings().model_copy(update={"kafka": KafkaSettings(brokers=place)})
    obstacle, at, _ = await waits_of(settings)
    assert (obstacle, at) == ("waiting for Kafka: KafkaConnectionError", place)


async def test_a_password_that_was_changed_is_read_from_its_file_without_a_restart(
    probe: Probe, owner: asyncpg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, dsn = tmp_path / "rapport_database__dsn", probe.stack.dsn(NAME)
    file.write_text(f"{dsn}\n")
    monkeypatch.setenv("RAPPORT_SECRETS_DIR", str(tmp_path))
    async with probe.running(noting("password", "crm.sales")) as service:
        await check(service, "ok")
        await owner.execute(f"alter role {NAME} password 'another'")
        await cut_off(owner)
        ids = await probe.write("crm.sales", 3, 2)
        async with asyncio.timeout(60):
            while not await refused(service):
                await asyncio.sleep(0.05)
        file.write_text(dsn.replace(str(urlsplit(dsn).password), "another"))
        rows = "select event_id from effect where group_id = 'support.password' order by record_offset"
        async with asyncio.timeout(90):
            while [row["event_id"] for row in await owner.fetch(rows)] != ids:
                await asyncio.sleep(0.1)
        await check(service, "ok")


async def refused(service: Service) -> bool:
    """Whether a new connection is; one that was cut off is replaced first."""
    try:
        await service.database.main.fetchval("select 1")
    except asyncpg.InvalidPasswordError:
        return True
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False
    return False


async def test_a_database_that_only_reads_parks_nothing_and_is_waited_for(
    probe: Probe, owner: asyncpg.Connection
) -> None:
    async with probe.running(noting("readonly", "crm.sales")) as service:
        await check(service, "ok")
        await owner.execute(f"alter role {NAME} set default_transaction_read_only = on")
        await cut_off(owner)
        with capture_logs() as lines:
            ids = await probe.write("crm.sales", 5, 3)
            async with asyncio.timeout(60):
                while not any(line.get("error") == "ReadOnlySQLTransactionError" for line in lines):
                    await asyncio.sleep(0.05)
        await owner.execute(f"alter role {NAME} reset default_transaction_read_only")
        await cut_off(owner)
        assert await probe.applied("support.readonly", 5, ids, within=90) == ids
        assert await owner.fetchval("select count(*) from parked where group_id = 'support.readonly'") == 0


async def test_a_consumer_that_is_stopped_once_its_brokers_are_away_ends_nobody_else(
    probe: Probe, caplog: pytest.LogCaptureFixture
) -> None:
    """After a request that failed it pauses, and cancels that pause where it is stopped."""
    own = asyncio.all_tasks()
    consumer = AIOKafkaConsumer(
        **client_options(probe.settings().kafka, NAME, "closing"), enable_auto_commit=False, retry_backoff_ms=60_000
    )
    await consumer.start()
    consumer.assign([place := TopicPartition("crm.sales", 0)])
    consumer.seek(place, (await consumer.end_offsets([place]))[place])
    await consumer.getmany(timeout_ms=500)  # the fetch stays under way, as nothing comes
    await probe.stack.kill_part("kafka")
    try:

        async def failed() -> bool:
            return "Failed fetch messages" in caplog.text

        await eventually(failed, "that fetch")
        await consumer.stop()
        assert asyncio.all_tasks() == own
    finally:
        await probe.stack.start_part("kafka")
