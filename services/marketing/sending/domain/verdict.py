"""What can come of handing a letter to somebody who delivers it."""

from dataclasses import dataclass
from typing import Literal

_FIRST_WAIT_S, _LONGEST_WAIT_S = 30.0, 4 * 3600.0
MOST_ATTEMPTS = 12
"""About a day and a half of attempts."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`accepted`; `refused` for good; `later`: certainly not accepted, may be tried again; `lost`: nobody can tell.

    `no_address`: it was lost between the decision and the sending, as by an erasure. `stopped`: something came to stand
    against the letter while it waited. `code` is the answer's number, if
    there was one.
    """

    kind: Literal["accepted", "refused", "later", "lost", "no_address", "stopped"]
    code: int | None = None


ACCEPTED, LATER, LOST = Verdict("accepted"), Verdict("later"), Verdict("lost")
REFUSED, ADDRESS_GONE, STOPPED = Verdict("refused"), Verdict("no_address"), Verdict("stopped")


def wait_before(number: int) -> float | None:
    """Seconds to wait after attempt `number` was put off; None when it was the last."""
    return None if number >= MOST_ATTEMPTS else min(_FIRST_WAIT_S * 2 ** (number - 1), _LONGEST_WAIT_S)
