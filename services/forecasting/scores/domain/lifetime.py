"""How likely a party still buys, and how often it will: BG/NBD for one party at a time, in plain arithmetic.

Fader, Hardie and Lee, "Counting Your Customers" the Easy Way, Marketing Science 24 (2005). Time is in weeks, a purchase
is a day with at least one sale. Where that is clearly likelier, a party may leave after its first purchase already:
b + 1 then stands for b, and no party is alive by definition (MBG/NBD: Batislam, Denizel and Filiztekin, International
Journal of Research in Marketing 24, 2007). The fit over all parties is in `fitting/bgnbd.py`; both give the same.
"""

from dataclasses import dataclass
from datetime import date
from math import copysign, exp, fsum, log, log1p

DAYS = 7.0
ENOUGH = log(1e-14)
MILD = 10.0
"""Of the logarithm of a hypergeometric function, up to which its series is exact after Euler's transformation."""


@dataclass(frozen=True, slots=True)
class History:
    """A party's purchase days up to a cut: the first, the last, how many, and how many of late (`churn.WINDOWS`)."""

    first: date
    last: date
    days: int
    recent: tuple[int, ...] = ()

    def at(self, cut: date) -> "Pattern":
        """As the model sees it at the beginning of `cut`."""
        return Pattern(
            repeats=self.days - 1,
            recency=(self.last - self.first).days / DAYS,
            age=max((cut - self.first).days, 0) / DAYS,
        )


@dataclass(frozen=True, slots=True)
class Pattern:
    """x repeats, the last of them `recency` weeks after the first purchase, which is `age` weeks ago: (x, t_x, T)."""

    repeats: int
    recency: float
    age: float


@dataclass(frozen=True, slots=True)
class Lifetime:
    """The fitted parameters: buying ~ gamma(r, alpha) a week, leaving after a purchase ~ beta(a, b).

    `at_once` is 1 where a party may leave after its first purchase already, else 0. The model knows no seasons and no
    growth; `level` is how much more was bought of late than it had foretold, as far as that is beyond chance.
    """

    r: float
    alpha: float
    a: float
    b: float
    level: float = 1.0
    at_once: float = 0.0

    def alive(self, pattern: Pattern) -> float:
        """P(alive | x, t_x, T), from 0 to 1; 1 for a party that has not come back yet, unless it may leave at once."""
        x = pattern.repeats
        if x == 0 and not self.at_once:
            return 1.0
        decay = (self.r + x) * log((self.alpha + pattern.age) / (self.alpha + pattern.recency))
        odds = log(self.a) - log(self.b + self.at_once + x - 1) + decay
        return 0.0 if odds >= 700 else 1 / (1 + exp(odds))

    def expected(self, pattern: Pattern, weeks: float) -> float:
        """E[purchase days in the next `weeks` | x, t_x, T] (their equation 10, after Euler's transformation where its
        series is mild), times the level.
        """
        x, a, b = pattern.repeats, self.a, self.b + self.at_once
        z = weeks / (self.alpha + pattern.age + weeks)
        c = a + b + x - 1
        if _is_mild(a + b - 1 - self.r, a - 1, z):
            tail = _scaled(a - 1, a + b - 1 - self.r, a - 1, c, z)
        else:
            tail = _scaled(self.r + x, self.r + x, b + x, c, z)
        return self.level * c / (a - 1) * (1 - tail) * self.alive(pattern)


def _is_mild(p: float, q: float, z: float) -> bool:
    """Whether Gauss's 2F1(p, q; c; z) is of moderate size: where all parties leave at nearly the same rate, or buy at
    it, its terms overflow or cancel each other after Euler's transformation, and as in the paper they do not.
    """
    return (abs(p) + abs(q)) * -log1p(-z) <= MILD


def _scaled(power: float, p: float, q: float, c: float, z: float) -> float:
    """(1 - z) ** power times Gauss's 2F1(p, q; c; z) for 0 <= z < 1 by its series; each term is scaled before it could
    overflow.
    """
    size, sign, n = power * log1p(-z), 1.0, 0
    terms = [exp(size)]
    while True:
        ratio = (p + n) * (q + n) / ((c + n) * (n + 1)) * z
        if ratio == 0:
            return fsum(terms)
        size, sign, n = size + log(abs(ratio)), copysign(sign, sign * ratio), n + 1
        terms.append(sign * exp(size))
        if not (size >= ENOUGH or abs(ratio) >= 1):  # it ends too where they are no numbers
            return fsum(terms)
