"""Makes the topics on a cluster what topics.yaml says: `python -m deploy.kafka.provision --brokers HOST:PORT`.

Safe to repeat: creates what is missing, corrects settings that differ, deletes nothing, and refuses where a partition
count differs, since no setting can mend that.
"""

import argparse
import asyncio
import sys
from collections.abc import Iterable, Sequence

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from deploy.kafka.topics import Topic, load_topics


class ProvisionError(Exception):
    """A topic cannot be made what the file says; the message says what to do."""


async def provision(brokers: str, topics: Sequence[Topic]) -> list[str]:
    """What was changed, one line each, nothing when all was right. Raises ProvisionError, KafkaError."""
    admin = AIOKafkaAdminClient(bootstrap_servers=brokers, client_id="rapport-provision")
    await admin.start()
    try:
        partitions = {found["topic"]: len(found["partitions"]) for found in await admin.describe_topics()}
        _refuse_other_partitions(topics, partitions)
        missing = [topic for topic in topics if topic.name not in partitions]
        if missing:
            await _create(admin, missing)
        changed = await _correct(admin, [topic for topic in topics if topic.name in partitions])
        return [f"created {topic.name}" for topic in missing] + changed
    finally:
        await admin.close()


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


async def _correct(admin: AIOKafkaAdminClient, topics: Sequence[Topic]) -> list[str]:
    """Sets the file's settings, and only those, on the topics that differ; others on them go back to the default."""
    if not topics:
        return []
    current = await _configs(admin, [topic.name for topic in topics])
    differing = {
        topic.name: topic
        for topic in topics
        if any(current[topic.name].get(key) != value for key, value in topic.config.items())
    }
    if differing:
        resources = [
            ConfigResource(ConfigResourceType.TOPIC, topic.name, configs=topic.config) for topic in differing.values()
        ]
        for response in await admin.alter_configs(resources):
            for code, message, _, name in response.resources:
                if code:
                    raise ProvisionError(f"The settings of {name} were refused: {for_code(code).__name__} {message}")
    return [f"corrected {name}" for name in differing]


async def _configs(admin: AIOKafkaAdminClient, names: Iterable[str]) -> dict[str, dict[str, str]]:
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    found: dict[str, dict[str, str]] = {}
    for response in await admin.describe_configs(resources):
        for code, message, _, name, entries in response.resources:
            if code:
                raise ProvisionError(f"The settings of {name} cannot be read: {for_code(code).__name__} {message}")
            found[name] = {entry[0]: entry[1] for entry in entries}
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.kafka.provision", description=__doc__.splitlines()[0])
    parser.add_argument("--brokers", required=True, help="host:port[,host:port]")
    parser.add_argument("--overlay", default="local", choices=("local", "production"))
    asked = parser.parse_args(arguments)
    try:
        changed = asyncio.run(provision(asked.brokers, load_topics(asked.overlay)))
    except (ProvisionError, KafkaError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print("\n".join(changed) or "all topics are as they should be")
    return 0


if __name__ == "__main__":
    sys.exit(main())
