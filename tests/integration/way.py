"""Which files of the services run, counted while something goes through them."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).parents[2]
_SERVICES = str(ROOT / "services")
_ARCHITECTURE = ROOT / "docs" / "architecture.md"


@dataclass(slots=True)
class Way:
    """Paths below `services/`."""

    files: set[str] = field(default_factory=set)

    @property
    def told(self) -> str:
        """As the table of docs/architecture.md has it: files, and of them commands, stores, domain."""
        kinds = [sum(kind in each for each in self.files) for kind in ("/commands", "/store", "/domain")]
        return f"{len(self.files)} | {', '.join(map(str, kinds))}"


@contextmanager
def walked() -> Iterator[Way]:
    """What runs in this thread meanwhile, but for what runs once: whatever is imported."""
    way = Way()

    def note(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(_SERVICES) and code.co_name != "<module>":
            way.files.add(code.co_filename.removeprefix(_SERVICES))

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield way
    finally:
        sys.setprofile(before)


def documented(step: str) -> str:
    """What docs/architecture.md says of a step."""
    row = re.search(
        rf"^\| {re.escape(step)} \| ([0-9]+ \| [0-9, ]+?) \|", _ARCHITECTURE.read_text("utf-8"), re.MULTILINE
    )
    assert row is not None, f"docs/architecture.md has no row of {step}"
    return row[1]
