"""How long a party stays away between two purchases, and how unusual a longer silence is for it."""

from dataclasses import dataclass
from math import exp, log, sqrt
from statistics import NormalDist

_AS_MUCH_AS = 4
"""Gaps of its own that what is known of parties in general counts as much as."""
_SPREAD = 0.8
"""Standard deviation of the logarithm of a party's gaps, as parties have it in general."""
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The gaps in days between a party's purchase days of a year: how many, mean and variance of their logarithm."""

    gaps: int
    mean: float
    variance: float

    @property
    def typical(self) -> float:
        """Days between two purchases, as a rule."""
        return exp(self.mean)

    def longer(self, silent: int) -> float:
        """The probability that a gap of this party is longer than `silent` days."""
        known = self.variance * (self.gaps - 1) + _SPREAD**2 * _AS_MUCH_AS
        spread = sqrt(known / (self.gaps - 1 + _AS_MUCH_AS) * (1 + 1 / self.gaps))
        return 1 - _NORMAL.cdf((log(max(silent, 0) + 1) - self.mean) / spread)
