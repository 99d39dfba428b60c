"""Figures that are calculated: those that are no finite number say nothing, and no JSON holds them."""

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from math import isfinite
from typing import Any, TypeVar

F = TypeVar("F")


def is_finite(value: object) -> bool:
    """Whether every number in it is finite: in dataclasses, mappings and sequences of them, at any depth."""
    if isinstance(value, float):
        return isfinite(value)
    if value is None or isinstance(value, str | bytes | int):
        return True
    if is_dataclass(value):
        model: Any = type(value)
        return all(is_finite(getattr(value, name)) for name in _names(model))
    if isinstance(value, Mapping):
        return all(map(is_finite, value.values()))
    return not isinstance(value, Iterable) or all(map(is_finite, value))


def require_finite(found: F) -> F:
    """The same. Raises ArithmeticError where a number in it is not finite."""
    if not is_finite(found):
        raise ArithmeticError("a figure of it is no finite number")
    return found


@cache
def _names(model: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(model))
