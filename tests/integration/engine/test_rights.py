"""Rights at real brokers with their authorizer on: what a service is given is all that it needs, and no more."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import TopicAuthorizationFailedError, TransactionalIdAuthorizationFailed
from pydantic import SecretStr

from deploy.embedded.databases import Databases
from deploy.embedded.java import Java
from deploy.embedded.kafka import Kafka
from deploy.embedded.ports import free_port
from deploy.kafka.provision import provision
from deploy.kafka.rights import grant_all
from deploy.kafka.topics import load_topics
from shared.engine.kafka import client_options
from shared.engine.publisher import KafkaPublisher
from shared.engine.rights import Right, find_writers, grant, judge
from shared.engine.service import Service
from shared.settings import AuthSettings, DatabaseSettings, KafkaSettings, ServiceSettings
from tests.integration.engine.probe import NAME, check, eventually, noting, of_shop, reopened
from tests.stack import migrated

pytestmark = [pytest.mark.stack, pytest.mark.slow]
USERS = {name: f"password of {name}" for name in ("contacts", "marketing", "support", "forecasting", "shop")}


@pytest.fixture(scope="module")
def brokers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """With rights for each service, and for a shop that sends facts."""
    folder = tmp_path_factory.mktemp("rights")
    java = Java(lambda _: None)
    java.prepare()
    port, controller_port = free_port(set()), free_port(set())
    kafka = Kafka(folder / "kafka", folder, port, controller_port, java)
    kafka.users, kafka.users_port = USERS, free_port({port, controller_port})

    async def give_rights() -> None:
        await provision(kafka.bootstrap, load_topics("local"))
        everything = KafkaSettings(brokers=kafka.bootstrap)
        assert "User:contacts may write topic crm.parties" in await grant_all(everything, "User:{service}")
        await grant(client_options(everything, "test"), "User:shop", [Right("topic", "crm.ingest", "write")])

    kafka.prepare()
    kafka.start()
    try:
        asyncio.run(give_rights())
        yield kafka
    finally:
        kafka.child.stop(30)


def settings_of(kafka: Kafka, user: str) -> KafkaSettings:
    return KafkaSettings(
        brokers=f"127.0.0.1:{kafka.users_port}",
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="PLAIN",
        username=user,
        password=SecretStr(USERS[user]),
        session_timeout_ms=6_000,
    )


def options_of(kafka: Kafka, user: str) -> dict[str, Any]:
    return client_options(settings_of(kafka, user), user)


async def send(kafka: Kafka, user: str, topic: str) -> None:
    async with AIOKafkaProducer(**options_of(kafka, user)) as producer:
        await producer.send_and_wait(topic, b"{}", key=b"k")


@pytest.mark.parametrize("user", ["shop", "marketing", "support", "forecasting"])
async def test_nobody_but_contacts_writes_its_topics_or_uses_its_relays_ids(brokers: Kafka, user: str) -> None:
    with pytest.raises(TopicAuthorizationFailedError):
        await send(brokers, user, "crm.parties")
    with pytest.raises(TransactionalIdAuthorizationFailed):
        async with KafkaPublisher("/contacts", 0, options_of(brokers, user)):
            pass
    await send(brokers, user, "crm.ingest")


async def test_a_shop_reads_nothing_of_ours(brokers: Kafka) -> None:
    consumer = AIOKafkaConsumer("crm.parties", **options_of(brokers, "shop"))

    async def read() -> None:
        await consumer.start()
        await consumer.getone()

    try:
        with pytest.raises(TopicAuthorizationFailedError):
            await asyncio.wait_for(read(), 20)
    finally:
        await consumer.stop()


@pytest.fixture
async def service(brokers: Kafka, databases: Databases) -> AsyncIterator[Service]:
    settings = ServiceSettings(
        kafka=settings_of(brokers, NAME),
        database=DatabaseSettings(dsn=SecretStr(databases.dsn(NAME))),
        auth=AuthSettings(mode="off"),
    )
    service = Service(NAME, settings, [noting("rights", "crm.ingest", "crm.sales")])
    await service.start()
    yield service
    await service.stop()


@pytest.fixture(scope="module", autouse=True)
def support(databases: Databases) -> None:
    migrated(databases, NAME)


async def test_with_its_rights_a_service_reads_publishes_and_is_ready(brokers: Kafka, service: Service) -> None:
    await check(service, "ok")
    event_id = uuid4()
    async with service.transaction() as tx:
        tx.emit([reopened(event_id)])
    await eventually(lambda: _published(brokers, str(event_id)), "its event")
    async with AIOKafkaProducer(**options_of(brokers, "shop")) as shop:
        await shop.send_and_wait("crm.ingest", b"no fact", key=b"k", headers=of_shop("fact-1"))
    async with service.read() as tx:
        await eventually(
            lambda: tx.fetch("select from parked union all select from quarantine"), "the fact of the shop"
        )
    assert {each.state for each in await service.ready()} == {"ok"}


async def test_a_service_tells_who_else_may_write_its_topics(brokers: Kafka, service: Service) -> None:
    await check(service, "ok")
    everything = client_options(KafkaSettings(brokers=brokers.bootstrap), "test")
    assert judge(await find_writers(everything, ["crm.tickets"]), "User:support").state == "ok"
    await grant(everything, "User:intruder", [Right("topic", "crm.tick", "write", prefixed=True)])
    await eventually(lambda: _is_told(everything), "the broker's knowledge of it")
    await service._rights.look()
    found = await check(service, "degraded")
    assert (found.name, found.detail.partition(":")[0]) == ("rights", "User")
    assert "User:intruder may write crm.tickets too" in found.detail


async def _is_told(options: dict[str, Any]) -> bool:
    return "User:intruder" in (await find_writers(options, ["crm.tickets"]))["crm.tickets"]


async def _published(kafka: Kafka, event_id: str) -> bool:
    """As marketing, which may read every topic, finds it."""
    async with AIOKafkaConsumer(
        "crm.tickets", **options_of(kafka, "marketing"), auto_offset_reset="earliest"
    ) as consumer:
        found = await consumer.getmany(timeout_ms=2_000)
    return any(dict(each.headers)["ce_id"] == event_id.encode() for records in found.values() for each in records)
