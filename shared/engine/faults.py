"""Named points at which a test ends or stops the process: `RAPPORT_FAULT=relay.after_send:kill@7` dies at the seventh
pass, `relay.before_send:stop@1` stands still at the first until somebody lets it go on.
"""

import os
import signal
from collections import Counter

_passed: Counter[str] = Counter()


_SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}


def _armed() -> dict[str, tuple[int, signal.Signals]]:
    """Point name to the pass at which it acts, and how, from the environment; several are separated by commas."""
    armed = {}
    for part in filter(None, os.environ.get("RAPPORT_FAULT", "").split(",")):
        name, _, action = part.partition(":")
        verb, _, number = action.partition("@")
        armed[name] = int(number or 1), _SIGNALS[verb or "kill"]
    return armed


_ARMED = _armed()


def point(name: str) -> None:
    """Do nothing, or end or stop the process where the environment names this point and pass."""
    if not _ARMED or name not in _ARMED:
        return
    _passed[name] += 1
    number, number_of_signal = _ARMED[name]
    if _passed[name] == number:
        os.kill(os.getpid(), number_of_signal)
