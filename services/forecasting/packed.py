"""Columns of numbers as the database packs them: one value of many numbers costs the driver and the loop next to
nothing, where a row for each number holds the loop up.
"""

import sys
from array import array
from typing import Literal, overload

Kind = Literal["i", "d"]


@overload
def read_numbers(column: bytes, kind: Literal["i"] = ...) -> "array[int]": ...


@overload
def read_numbers(column: bytes, kind: Literal["d"]) -> "array[float]": ...


def read_numbers(column: bytes, kind: Kind = "i") -> "array[int] | array[float]":
    """What `int4send` or, of kind `d`, `float8send` wrote one after the other."""
    found = array(kind)
    found.frombytes(column)
    if sys.byteorder == "little":
        found.byteswap()
    return found
