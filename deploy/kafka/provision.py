"""Makes the topics on a cluster what topics.yaml says: `python -m deploy.kafka.provision --brokers HOST:PORT`.

Safe to repeat: creates what is missing, corrects settings that differ, deletes nothing, and refuses where a partition
count differs, since no setting can mend that.
"""

import argparse
import asyncio
import logging
import sys
import time
from collections.abc import Iterable, Sequence

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import (
    GroupCoordinatorNotAvailableError,
    KafkaError,
    TopicAlreadyExistsError,
    UnknownTopicOrPartitionError,
    for_code,
)

from deploy.kafka.topics import Topic, load_topics


class ProvisionError(Exception):
    """A topic cannot be made what the file says; the message says what to do."""


class _Starting(Exception):
    """Not all that is needed is up yet; the message says what is missing."""


async def provision(brokers: str, topics: Sequence[Topic], within: float = 60.0) -> list[str]:
    """What was changed, one line each, nothing when all was right.

    A cluster that is still starting is waited for, so many seconds. Raises ProvisionError, and KafkaError for what
    waiting does not mend.
    """
    deadline = time.monotonic() + within
    while True:
        try:
            return await _provision(brokers, topics)
        except (_Starting, KafkaError) as error:
            if isinstance(error, KafkaError) and not error.retriable:
                raise
            if time.monotonic() > deadline:
                raise ProvisionError(
                    f"The cluster at {brokers} was not ready within {within:.0f} s: {error}. Start all of its brokers, "
                    "or correct the address, and run this again."
                ) from error
        await asyncio.sleep(0.5)


async def _provision(brokers: str, topics: Sequence[Topic]) -> list[str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=brokers, client_id="rapport.provision")
    try:
        await admin.start()
        await _all_up(admin, max((topic.replication for topic in topics), default=1))
        partitions = {found["topic"]: len(found["partitions"]) for found in await admin.describe_topics()}
        _refuse_other_partitions(topics, partitions)
        missing = [topic for topic in topics if topic.name not in partitions]
        if missing:
            await _create(admin, missing)
        differing = await _differing(admin, [topic for topic in topics if topic.name in partitions])
        if differing:
            await _correct(admin, differing)
        async with asyncio.timeout(30):  # a broker learns from the controller a moment after the controller answered us
            while await _differing(admin, [*missing, *differing]):
                await asyncio.sleep(0.05)
            await _ready_for_groups(admin)
        return [f"created {topic.name}" for topic in missing] + [f"corrected {topic.name}" for topic in differing]
    except TimeoutError as error:
        raise ProvisionError("The cluster did not take the topics within 30 s. Are all its brokers up?") from error
    finally:
        await admin.close()


async def _all_up(admin: AIOKafkaAdminClient, replication: int) -> None:
    """Raises _Starting. Brokers that come later would leave topics refused, or a request without its controller."""
    cluster = await admin.describe_cluster()
    if cluster["controller_id"] < 0:
        raise _Starting("it has no controller yet")
    if len(cluster["brokers"]) < replication:
        raise _Starting(f"{len(cluster['brokers'])} of at least {replication} brokers are up")


def _refuse_other_partitions(topics: Iterable[Topic], found: dict[str, int]) -> None:
    for topic in topics:
        count = found.get(topic.name, topic.partitions)
        if count != topic.partitions:
            raise ProvisionError(
                f"{topic.name} has {count} partitions and needs {topic.partitions}. Keys would go elsewhere and their "
                "order would be lost, so it is left alone. Use another cluster, or move the records to a new topic of "
                "the right size while the services stand still."
            )


async def _create(admin: AIOKafkaAdminClient, topics: Sequence[Topic]) -> None:
    wanted = [NewTopic(topic.name, topic.partitions, topic.replication, topic_configs=topic.config) for topic in topics]
    response = await admin.create_topics(wanted)
    for name, code, *message in response.topic_errors:
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:  # somebody else made it meanwhile
            raise ProvisionError(f"{name} could not be created: {error.__name__} {' '.join(map(str, message))}")


async def _correct(admin: AIOKafkaAdminClient, topics: Sequence[Topic]) -> None:
    """Sets the file's settings, and only those; others on these topics go back to the default."""
    resources = [ConfigResource(ConfigResourceType.TOPIC, topic.name, configs=topic.config) for topic in topics]
    for response in await admin.alter_configs(resources):
        for code, message, _, name in response.resources:
            if code:
                raise ProvisionError(f"The settings of {name} were refused: {for_code(code).__name__} {message}")


async def _ready_for_groups(admin: AIOKafkaAdminClient) -> None:
    """The first question makes Kafka create its topic of offsets; the services' consumers then find it there."""
    while True:
        try:
            await admin.find_coordinator("rapport.provision")
        except GroupCoordinatorNotAvailableError:
            await asyncio.sleep(0.25)
        else:
            return


async def _differing(admin: AIOKafkaAdminClient, topics: Sequence[Topic]) -> list[Topic]:
    """Those that the answering broker does not know, or knows with other settings."""
    if not topics:
        return []
    found: dict[str, dict[str, str]] = {}
    for response in await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, t.name) for t in topics]):
        for code, message, _, name, entries in response.resources:
            error = for_code(code)
            if code and error is not UnknownTopicOrPartitionError:
                raise ProvisionError(f"The settings of {name} cannot be read: {error.__name__} {message}")
            found[name] = {entry[0]: entry[1] for entry in entries}
    return [topic for topic in topics if not topic.config.items() <= found[topic.name].items()]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.kafka.provision", description=__doc__.splitlines()[0])
    parser.add_argument("--brokers", required=True, help="host:port[,host:port]")
    parser.add_argument("--overlay", default="local", choices=("local", "production"))
    asked = parser.parse_args(arguments)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # each try of a broker that is not up yet
    try:
        changed = asyncio.run(provision(asked.brokers, load_topics(asked.overlay)))
    except (ProvisionError, KafkaError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print("\n".join(changed) or "all topics are as they should be")
    return 0


if __name__ == "__main__":
    sys.exit(main())
