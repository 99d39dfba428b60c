"""Seeded draws that depend on names alone: a sample of households makes the same facts as the whole."""

import struct
from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")

_WORDS = struct.Struct("<8Q")


class Dice:
    """Draws for one name. Same name, same draws, in every Python version (`random` promises that for no choice)."""

    __slots__ = ("_left", "_name", "_round")

    def __init__(self, *name: object) -> None:
        self._name = "/".join(map(str, name)).encode()
        self._round = 0
        self._left: list[int] = []

    def _draw(self) -> int:
        if not self._left:
            digest = blake2b(self._name + b"#%d" % self._round, digest_size=64).digest()
            self._left = list(_WORDS.unpack(digest))
            self._round += 1
        return self._left.pop()

    def chance(self, share: float) -> bool:
        """True in `share` (0 to 1) of the names."""
        return self._draw() < share * 2**64

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + self._draw() % (high - low + 1)

    def pick(self, choices: Sequence[T]) -> T:
        return choices[self._draw() % len(choices)]

    def weighted(self, choices: Sequence[tuple[T, int]]) -> T:
        """One of the choices, each as often as its whole-number weight says."""
        at = self._draw() % sum(weight for _, weight in choices)
        for choice, weight in choices:
            at -= weight
            if at < 0:
                return choice
        raise AssertionError("the draw is below the sum of the weights")
