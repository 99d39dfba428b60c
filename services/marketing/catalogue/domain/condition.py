"""The language of conditions: what is asked of an event, of what triggered an enrolment, and of a party.

A condition is a mapping; all that it names must hold. A name is a path of fields, with a value that must stand there, a
list of values of which one must, or a test such as `{at_least: 10000}`. `all`, `any` and `not` hold other conditions.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import isfinite
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, WithJsonSchema

from services.marketing.catalogue.domain.occurrences import Value, Values

Path = tuple[str | int, ...]
"""Where something stands in a file, as pydantic says it."""
Resolve = Callable[[str], Values]
_TESTS: Mapping[str, Callable[[Any, Any], bool]] = {
    "is": lambda value, given: value == given,
    "not": lambda value, given: value != given,
    "at_least": lambda value, given: value >= given,
    "at_most": lambda value, given: value <= given,
    "above": lambda value, given: value > given,
    "below": lambda value, given: value < given,
    "starts_with": lambda value, given: str(value).startswith(given),
}
_KNOWN = "known"
_NUMBERS = frozenset({"at_least", "at_most", "above", "below"})
_DEEPEST = 10


def _check(condition: dict[str, Any]) -> dict[str, Any]:
    for path, complaint in complaints(condition):
        where = ".".join(map(str, path))
        raise ValueError(f"{where}: {complaint}" if where else complaint)
    return condition


def _schema() -> dict[str, Any]:
    scalar = {"type": ["string", "number", "boolean"]}
    number, text = {"type": "number"}, {"type": "string"}
    tests = {name: number if name in _NUMBERS else text if name == "starts_with" else scalar for name in _TESTS}
    test = {
        "type": "object",
        "properties": {**tests, _KNOWN: {"type": "boolean"}},
        "additionalProperties": False,
        "minProperties": 1,
    }
    inner = {"type": "object"}
    return {
        "type": "object",
        "description": "All that it names must hold; paths of fields, and `all`, `any`, `not` over other conditions.",
        "minProperties": 1,
        "properties": {
            "all": {"type": "array", "items": inner},
            "any": {"type": "array", "items": inner},
            "not": inner,
        },
        "additionalProperties": {"anyOf": [scalar, {"type": "array", "items": scalar, "minItems": 1}, test]},
    }


Condition = Annotated[dict[str, Any], AfterValidator(_check), WithJsonSchema(_schema())]


def complaints(condition: object, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """What is wrong with the form of a condition, and where."""
    if len(path) > 2 * _DEEPEST:
        yield path, "conditions are nested too deeply"
    elif not isinstance(condition, dict) or not condition:
        yield path, "a condition is a mapping that names at least one thing"
    else:
        for name, given in condition.items():
            here = (*path, str(name))
            if name in {"all", "any"}:
                if not isinstance(given, list) or not given:
                    yield here, "needs a list of conditions"
                else:
                    for place, each in enumerate(given):
                        yield from complaints(each, (*here, place))
            elif name == "not":
                yield from complaints(given, here)
            else:
                yield from _of_test(given, here)


def _of_test(given: object, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(given, dict):
        for name, value in given.items():
            fits = isinstance(value, bool) if name == _KNOWN else _is_scalar(value)
            if name in _NUMBERS:
                fits = _is_scalar(value) and not isinstance(value, str | bool)
            if name == "starts_with":
                fits = isinstance(value, str)
            if (name not in _TESTS and name != _KNOWN) or not fits:
                yield (*path, str(name)), f"a test is one of {', '.join(_TESTS)} or {_KNOWN}, with a value that fits it"
        if not given:
            yield path, "a test says at least one thing"
    elif isinstance(given, list):
        if not given or not all(map(_is_scalar, given)):
            yield path, "a list holds the values of which one must stand there"
    elif not _is_scalar(given):
        yield path, "needs a value, a list of values or a test"


def _is_scalar(value: object) -> bool:
    return isinstance(value, str | int) or (isinstance(value, float) and isfinite(value))


def named_in(condition: Mapping[str, Any] | None, path: Path = ()) -> Iterator[tuple[Path, str, object]]:
    """Every field that a condition names: where it stands, its name, and what is asked of it."""
    for name, given in (condition or {}).items():
        if name in {"all", "any"}:
            for place, each in enumerate(given):
                yield from named_in(each, (*path, name, place))
        elif name == "not":
            yield from named_in(given, (*path, name))
        else:
            yield (*path, name), name, given


def holds(condition: Mapping[str, Any] | None, resolve: Resolve) -> bool:
    """No condition holds always. Of several values at a path one has to pass; where there is none, no test passes."""
    return all(_holds(name, given, resolve) for name, given in (condition or {}).items())


def _holds(name: str, given: Any, resolve: Resolve) -> bool:
    match name:
        case "all":
            return all(holds(each, resolve) for each in given)
        case "any":
            return any(holds(each, resolve) for each in given)
        case "not":
            return not holds(given, resolve)
        case _:
            return _passes(resolve(name), given)


def _passes(values: Values, given: Any) -> bool:
    if isinstance(given, dict):
        known = given.get(_KNOWN)
        if known is not None and known != bool(values):
            return False
        tests = [(_TESTS[name], value) for name, value in given.items() if name != _KNOWN]
        return not tests or any(all(_pass(test, each, value) for test, value in tests) for each in values)
    wanted: Sequence[Value] = given if isinstance(given, list) else [given]
    return any(value in wanted for value in values)


def _pass(test: Callable[[Any, Any], bool], value: Value, given: Value) -> bool:
    try:
        return test(value, given)
    except TypeError:  # a text is neither more nor less than a number
        return False


def fits(given: object, words: Sequence[str]) -> bool:
    """Whether every word that is asked for is one that can stand there."""
    asked = [each for name, each in given.items() if name in {"is", "not"}] if isinstance(given, dict) else given
    return all(each in words for each in (asked if isinstance(asked, list) else [asked]))


PartyVariable = Literal[
    "kind", "locale", "time_zone", "stage", "sales", "days_since_sale", "ticket_open", "tags", "segments"
]
FAMILIES = ("spent", "score", "band", "consent")
"""Facts of which there are several: `party.spent.DKK`, `party.score.churn`, `party.consent.marketing`."""
