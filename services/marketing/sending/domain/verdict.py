"""What can come of handing a letter to somebody who delivers it."""

from dataclasses import dataclass
from typing import Literal

_FIRST_WAIT_S, _LONGEST_WAIT_S = 30.0, 4 * 3600.0
MOST_ATTEMPTS = 12
"""About a day and a half of attempts."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`accepted`; `refused` for good; `later`: certainly not accepted, may be tried again; `lost`: nobody can tell;
    `unsure`: nobody can tell either, and asking again does no harm, since repetitions are told apart.

    `no_address`: it was lost between the decision and the sending, as by an erasure. `stopped`: something came to stand
    against the letter while it waited. `code` is the answer's number, if there was one, `wait_s` how long it asks to
    wait, `reason` a word for it.
    """

    kind: Literal["accepted", "refused", "later", "lost", "unsure", "no_address", "stopped"]
    code: int | None = None
    wait_s: float = 0.0
    reason: str = ""


ACCEPTED, LATER, LOST, UNSURE = Verdict("accepted"), Verdict("later"), Verdict("lost"), Verdict("unsure")
REFUSED, ADDRESS_GONE, STOPPED = Verdict("refused"), Verdict("no_address"), Verdict("stopped")


def wait_before(number: int, asked_s: float = 0.0) -> float | None:
    """Seconds to wait after attempt `number` was put off, at least as long as was asked for within bounds; None when it
    was the last.
    """
    if number >= MOST_ATTEMPTS:
        return None
    return min(max(_FIRST_WAIT_S * 2.0 ** (number - 1), asked_s), _LONGEST_WAIT_S)
