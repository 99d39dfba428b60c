"""What all tasks share: where the data lies, and progress beside the answer."""

import sys
from dataclasses import dataclass
from pathlib import Path


class MissingError(Exception):
    """A set that a task needs is not there. The others are measured all the same."""


@dataclass(frozen=True, slots=True)
class Setting:
    """`data` is the folder that `DATA` names, None where it names none. `seed` is the only source of randomness."""

    data: Path | None
    seed: int = 1

    def file(self, name: str) -> Path:
        """The path of a set of the folder; MissingError, naming it, where there is none."""
        if self.data is None:
            raise MissingError(f"{name}: say where the data lies, make eval DATA=folder")
        if not (path := self.data / name).is_file():
            raise MissingError(f"{name} is not in {self.data}")
        return path


def say(text: str) -> None:
    """Progress, beside the answer."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
