"""Topics as they are on the cluster against what deploy/kafka/topics.yaml says."""

from typing import Annotated, Any

import typer

from shared.engine.cluster import read_topics
from shared.errors import ConfigurationError
from tools.rapport.asking import Folder, Json, app, reachable, run
from tools.rapport.show import as_json, as_table, say
from tools.rapport.stack import Stack, find_stack

Row = dict[str, Any]


async def compare_topics(stack: Stack, overlay: str) -> list[Row]:
    """A line per topic; `differs` is empty where all is as it should be. Needs a checkout, which has the file."""
    try:
        from deploy.kafka.topics import load_topics
    except ModuleNotFoundError:
        raise ConfigurationError("deploy/kafka/topics.yaml is not here: run this from a checkout") from None
    try:
        expected = load_topics(overlay)
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


@app.command()
@reachable
def topics(
    *,
    stack: Folder = None,
    overlay: Annotated[str, typer.Option(help="Of topics.yaml: local or production.")] = "local",
    json: Json = False,
) -> None:
    """Topics on the cluster against deploy/kafka/topics.yaml. Exit status 1 if one differs."""
    rows = run(compare_topics(find_stack(stack), overlay))
    if json:
        as_json(rows)
    else:
        as_table("Topics", rows, ("topic", "partitions", "differs"), "")
    if any(row["differs"] for row in rows):
        if not json:
            say("\n`python -m deploy.kafka.provision --brokers HOST:PORT` corrects what can be corrected.")
        raise typer.Exit(1)
