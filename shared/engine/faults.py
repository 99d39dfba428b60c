"""Named points at which a test kills the process: `RAPPORT_FAULT=relay.after_send:kill@7` dies at the seventh pass."""

import os
import signal
from collections import Counter

_passed: Counter[str] = Counter()


def _armed() -> dict[str, int]:
    """Point name to the pass at which it kills, from the environment; several are separated by commas."""
    armed = {}
    for part in filter(None, os.environ.get("RAPPORT_FAULT", "").split(",")):
        name, _, action = part.partition(":")
        armed[name] = int(action.partition("@")[2] or 1)
    return armed


_ARMED = _armed()


def point(name: str) -> None:
    """Do nothing, or end the process by SIGKILL where the environment names this point and pass."""
    if not _ARMED or name not in _ARMED:
        return
    _passed[name] += 1
    if _passed[name] == _ARMED[name]:
        os.kill(os.getpid(), signal.SIGKILL)
