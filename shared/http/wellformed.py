"""What every request has to be, whatever its route: JSON by RFC 8259, texts in UTF-8, and no NUL beyond bodies."""

import re
from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any
from urllib.parse import unquote_to_bytes

from pydantic_core import from_json
from starlette.exceptions import HTTPException
from starlette.types import Scope

_BOM = b"\xef\xbb\xbf"
# Only a number that is written in one of these ways can be beyond what a double holds.
_MAYBE_TOO_LARGE = re.compile(rb"[0-9][eE]\+?[0-9]{2}|[0-9]{308}")
_NO_JSON, _NO_NUMBER = "json_invalid", "finite_number"


class Unfit(HTTPException):
    """Names the field or parameter that is at fault, and never its value."""

    def __init__(self, field: str, reason: str, detail: str) -> None:
        super().__init__(422, detail)
        self.error = {"field": field, "reason": reason, "detail": detail}


def check_json(body: bytes) -> None:
    """Raises Unfit for what is no JSON in UTF-8, is nested too deeply, or holds a number that no double does.

    Of two members of one name the last holds, as in a record on Kafka.
    """
    try:
        value = from_json(body.removeprefix(_BOM), allow_inf_nan=False)
    except ValueError as error:
        raise Unfit("body", _NO_JSON, f"no JSON in UTF-8: {error}") from None
    if _MAYBE_TOO_LARGE.search(body):
        for place in _infinite(value, "body"):
            raise Unfit(place[:200], _NO_NUMBER, "a number is beyond what can be held")


def _infinite(value: Any, place: str) -> Iterator[str]:
    if isinstance(value, float) and not isfinite(value):
        yield place
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield from _infinite(part, f"{place}.{name}")
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _infinite(part, f"{place}.{index}")


def check_address(scope: Scope) -> None:
    """Raises Unfit for a path or query that is no text. What is not escaped in it the server has refused."""
    query: bytes = scope["query_string"]
    if b"%" in query:
        for part in query.split(b"&"):
            name = part.partition(b"=")[0].decode("latin-1")
            _check_text(f"query.{legible(name)}", part)
    if b"%" in (path := scope.get("raw_path") or b""):
        _check_text("path", path)


def _check_text(field: str, escaped: bytes) -> None:
    try:
        text = unquote_to_bytes(escaped).decode()
    except UnicodeDecodeError:
        raise Unfit(field, "string_unicode", "no text in UTF-8") from None
    if "\0" in text:
        raise Unfit(field, "string_pattern_mismatch", "contains U+0000, which no text here holds")


def legible(name: str) -> str:
    """A parameter's name as an answer may hold it."""
    return re.sub(r"[^A-Za-z0-9_.-]", "?", name[:50])
