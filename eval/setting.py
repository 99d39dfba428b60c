"""What all tasks share: where the data lies, and progress beside the answer."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from eval.rows import Row


class MissingError(Exception):
    """A set that a task needs is not there. The others are measured all the same."""


class UnfitError(Exception):
    """A set is there and cannot be measured; the text names it and says why."""


@dataclass(frozen=True, slots=True)
class Setting:
    """`data` is the folder that `DATA` names, None where it names none. `seed` is the only source of randomness.

    `quick` asks a task that takes long for a part of its figures, `full` for all of them; between the two it begins
    nothing that would end after so many `minutes`. `tell` shows rows as they come; what is not told is shown once its
    task is done. `columns` is what was said of the columns of a file, by its name; under no name, of every file.
    `left_out` says which sets were there and could not be measured, and why.
    """

    data: Path | None
    seed: int = 1
    quick: bool = False
    full: bool = False
    minutes: float = 5.0
    tell: Callable[[Sequence[Row]], None] = lambda _: None
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    def file(self, name: str) -> Path:
        """The path of a set of the folder; MissingError, naming it, where there is none."""
        if self.data is None:
            raise MissingError(f"{name}: say where the data lies, make eval DATA=folder")
        if not (path := self.data / name).is_file():
            raise MissingError(f"{name} is not in {self.data}")
        return path

    def attempt(self, measure: Callable[[], list[Row]]) -> list[Row]:
        """The rows of one set; none where it cannot be measured, which is told at the end. Others go on."""
        try:
            return measure()
        except UnfitError as error:
            self.left_out.append(str(error))
            return []


def say(text: str) -> None:
    """Progress, beside the answer."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
