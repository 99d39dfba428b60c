"""One line of the evaluation's answer, as the outside contract has it."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """`value` is what `model` reached of `metric` on `set`; `peer_value` what the peer reached in the same run.

    Shares and scores are between 0 and 1, errors in the unit of the task, `seconds` and `megabytes` as they say.
    Without a peer that could be run, both of its fields are None.
    """

    task: str
    set: str
    model: str
    metric: str
    value: float
    peer: str | None = None
    peer_value: float | None = None

    def as_json(self) -> dict[str, Any]:
        """For `JSON=file`."""
        return asdict(self)


def compare(task: str, of: str, ours: tuple[str, dict[str, float]], peers: dict[str, dict[str, float]]) -> list[Row]:
    """A row for each metric of ours beside each peer; without peers, a row for each metric."""
    model, reached = ours
    if not peers:
        return [Row(task, of, model, metric, value) for metric, value in reached.items()]
    return [
        Row(task, of, model, metric, value, peer, figures.get(metric))
        for peer, figures in peers.items()
        for metric, value in reached.items()
    ]
