"""Kafka and Postgres of the stack as services find them; embedded by default, in containers with TEST_STACK."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace

import aiokafka
import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from deploy.embedded import EmbeddedStack
from deploy.kafka.provision import ProvisionError, provision
from deploy.kafka.topics import load_topics
from tests.stack import servers

__all__ = ["servers"]
pytestmark = pytest.mark.stack


@pytest.fixture
async def admin(servers: EmbeddedStack) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(bootstrap_servers=servers.bootstrap)
    await client.start()
    yield client
    await client.close()


async def test_every_topic_of_the_file_is_there_with_its_settings(admin: AIOKafkaAdminClient) -> None:
    topics = load_topics("local")
    found = {topic["topic"]: topic for topic in await admin.describe_topics([topic.name for topic in topics])}
    resources = [ConfigResource(ConfigResourceType.TOPIC, topic.name) for topic in topics]
    configs = {
        resource[3]: {entry[0]: entry[1] for entry in resource[4]}
        for response in await admin.describe_configs(resources)
        for resource in response.resources
    }
    for topic in topics:
        assert len(found[topic.name]["partitions"]) == 12
        assert topic.config.items() <= configs[topic.name].items()


async def test_provisioning_again_changes_nothing(servers: EmbeddedStack) -> None:
    assert await provision(servers.bootstrap, load_topics("local")) == []


async def test_a_cluster_that_is_still_starting_is_waited_for(servers: EmbeddedStack) -> None:
    await servers.stop_part("kafka")
    waiting = asyncio.create_task(provision(servers.bootstrap, load_topics("local")))
    await asyncio.sleep(1)
    await servers.start_part("kafka")
    assert await waiting == []


async def test_a_cluster_with_too_few_brokers_is_named_with_what_to_do(servers: EmbeddedStack) -> None:
    with pytest.raises(ProvisionError, match=r"not ready within 1 s: 1 of at least 3 brokers are up\. Start all"):
        await provision(servers.bootstrap, load_topics("production"), within=1)


async def test_a_cluster_that_is_not_there_is_named_with_what_to_do() -> None:
    with pytest.raises(ProvisionError, match=r"127\.0\.0\.1:1 was not ready within 0 s: .*correct the address"):
        await provision("127.0.0.1:1", load_topics("local"), within=0)


async def test_a_changed_setting_is_corrected_and_nothing_else(
    servers: EmbeddedStack, admin: AIOKafkaAdminClient
) -> None:
    changed = ConfigResource(ConfigResourceType.TOPIC, "crm.requests", configs={"retention.ms": "1"})
    await admin.alter_configs([changed])
    async with asyncio.timeout(60):  # until the broker has heard of it from the controller
        while not (corrected := await provision(servers.bootstrap, load_topics("local"))):
            await asyncio.sleep(0.1)
    assert corrected == ["corrected crm.requests"]
    assert await provision(servers.bootstrap, load_topics("local")) == []


async def test_another_partition_count_is_refused_with_what_to_do(servers: EmbeddedStack) -> None:
    sales = next(topic for topic in load_topics("local") if topic.name == "crm.sales")
    with pytest.raises(ProvisionError, match=r"crm\.sales has 12 partitions and needs 24.*Use another cluster"):
        await provision(servers.bootstrap, [replace(sales, partitions=24)])


async def test_a_missing_topic_is_created_beside_the_others(servers: EmbeddedStack, admin: AIOKafkaAdminClient) -> None:
    extra = replace(load_topics("local")[0], name="crm.extra")
    assert await provision(servers.bootstrap, [*load_topics("local"), extra]) == ["created crm.extra"]
    await admin.delete_topics(["crm.extra"])


async def test_sending_to_an_unknown_topic_does_not_create_it(
    servers: EmbeddedStack, admin: AIOKafkaAdminClient
) -> None:
    producer = aiokafka.AIOKafkaProducer(bootstrap_servers=servers.bootstrap, request_timeout_ms=2000)
    await producer.start()
    with pytest.raises(aiokafka.errors.KafkaError):
        await producer.send_and_wait("crm.typo", b"{}")
    await producer.stop()
    assert "crm.typo" not in await admin.list_topics()


async def test_a_record_of_two_mebibytes_with_headers_fits_and_a_bigger_one_does_not(
    servers: EmbeddedStack, admin: AIOKafkaAdminClient
) -> None:
    topic = replace(load_topics("local")[0], name="crm.size")
    await provision(servers.bootstrap, [topic])
    producer = aiokafka.AIOKafkaProducer(bootstrap_servers=servers.bootstrap, max_request_size=3 << 20)
    await producer.start()
    await producer.send_and_wait("crm.size", json.dumps("x" * 1_000_000).encode(), headers=[("ce_id", b"x" * 1024)])
    with pytest.raises(aiokafka.errors.MessageSizeTooLargeError):
        await producer.send_and_wait("crm.size", b"x" * (2 << 20))
    await producer.stop()
    await admin.delete_topics(["crm.size"])


class TestRoles:
    """A service reads and writes its rows, and that is all it can do."""

    @pytest.fixture
    async def prepared(self, servers: EmbeddedStack) -> EmbeddedStack:
        await servers.databases.ensure(["contacts", "support"])
        owner = await asyncpg.connect(servers.owner_dsn("contacts"))
        await owner.execute(
            "drop table if exists letter; create table letter (id bigserial, text text);"
            "drop schema if exists timeline_v3 cascade; create schema timeline_v3;"
            "create table timeline_v3.line (id int)"
        )
        await owner.close()
        return servers

    async def test_it_reads_and_writes_what_its_owner_made_in_any_schema(self, prepared: EmbeddedStack) -> None:
        service = await asyncpg.connect(prepared.dsn("contacts"))
        await service.execute("insert into letter (text) values ('dear'); insert into timeline_v3.line values (1)")
        assert await service.fetchval("select text from letter") == "dear"
        await service.close()

    @pytest.mark.parametrize(
        "statement",
        ["create table mine (id int)", "drop table letter", "alter table letter add x int", "create schema s"],
    )
    async def test_it_changes_no_shape(self, prepared: EmbeddedStack, statement: str) -> None:
        service = await asyncpg.connect(prepared.dsn("contacts"))
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await service.execute(statement)
        await service.close()

    @pytest.mark.parametrize("database", ["support", "postgres", "template1"])
    async def test_no_other_database_lets_it_in(self, prepared: EmbeddedStack, database: str) -> None:
        elsewhere = prepared.dsn("contacts").rpartition("/")[0] + f"/{database}"
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(elsewhere)

    async def test_a_wrong_password_is_refused(self, prepared: EmbeddedStack) -> None:
        address = prepared.postgres.address
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(f"postgresql://contacts:guess@{address}/contacts")


async def test_records_and_rows_outlive_a_kill_of_both_servers(servers: EmbeddedStack) -> None:
    producer = aiokafka.AIOKafkaProducer(bootstrap_servers=servers.bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    sent = await producer.send_and_wait("crm.indicators", b'{"value": 1}', key=b"cpi")
    await producer.stop()
    connection = await asyncpg.connect(servers.superuser_dsn())
    await connection.execute("create table if not exists kept (id int primary key); insert into kept values (1)")
    await connection.close()

    for name in ("kafka", "postgres"):
        await servers.kill_part(name)
        assert name not in servers.pids
        await servers.start_part(name)

    consumer = aiokafka.AIOKafkaConsumer(bootstrap_servers=servers.bootstrap)
    await consumer.start()
    partition = aiokafka.TopicPartition("crm.indicators", sent.partition)
    consumer.assign([partition])
    consumer.seek(partition, sent.offset)
    assert (await consumer.getone()).value == b'{"value": 1}'
    await consumer.stop()
    connection = await asyncpg.connect(servers.superuser_dsn())
    assert await connection.fetchval("select id from kept") == 1
    await connection.execute("drop table kept")
    await connection.close()


async def test_nothing_is_acknowledged_before_it_is_on_disk(servers: EmbeddedStack) -> None:
    connection = await asyncpg.connect(servers.superuser_dsn())
    settings = {name: await connection.fetchval(f"show {name}") for name in ("fsync", "synchronous_commit")}
    await connection.close()
    assert settings == {"fsync": "on", "synchronous_commit": "on"}
