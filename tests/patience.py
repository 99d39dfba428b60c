"""How long a test waits for what takes a machine's work, whatever else that machine does."""

import os
from time import monotonic


class Patience:
    """So many seconds of a machine with nothing else to do.

    Where more wants to run than there are cores, a second counts for the part of a core that each of them gets.
    """

    def __init__(self, seconds: float) -> None:
        self.left = seconds
        self._looked_at = monotonic()

    @property
    def lasts(self) -> bool:
        """Whether there is any left; to be asked again every few seconds, since the load changes."""
        before, self._looked_at = self._looked_at, monotonic()
        self.left -= (self._looked_at - before) * min(1.0, (os.cpu_count() or 1) / max(os.getloadavg()[0], 1.0))
        return self.left > 0
