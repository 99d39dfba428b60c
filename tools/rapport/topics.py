"""Topics as they are on the cluster against what deploy/kafka/topics.yaml says."""

from importlib import import_module
from typing import Any

from shared.engine.cluster import read_topics
from shared.errors import ConfigurationError
from tools.rapport.stack import Stack

Row = dict[str, Any]


async def compare_topics(stack: Stack, overlay: str) -> list[Row]:
    """A line per topic; `differs` is empty where all is as it should be. Needs a checkout, which has the file."""
    try:
        expected = import_module("deploy.kafka.topics").load_topics(overlay)
    except ModuleNotFoundError:
        raise ConfigurationError("deploy/kafka/topics.yaml is not here: run this from a checkout") from None
    except KeyError:
        raise ConfigurationError(f"topics.yaml knows no overlay {overlay}") from None
    found = await read_topics(stack.kafka_options(), [topic.name for topic in expected])
    return [_line(topic, found.get(topic.name)) for topic in expected]


def _line(topic: Any, found: tuple[int, dict[str, str]] | None) -> Row:
    line: Row = {"topic": topic.name, "partitions": found[0] if found else None, "differs": "missing"}
    if found is None:
        return line
    partitions, config = found
    wrong = [
        f"{key} is {config.get(key)}, not {value}" for key, value in topic.config.items() if config.get(key) != value
    ]
    if partitions != topic.partitions:
        wrong.insert(0, f"{partitions} partitions, not {topic.partitions}: this cannot be changed in place")
    return {**line, "differs": "; ".join(wrong)}
