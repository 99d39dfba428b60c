"""Exceptions as logs and operators may see them: the place and the kind of an error, never a value that a person left.

Messages of databases and validators quote what they were given (`Key (email)=(…)`, `invalid input syntax: "…"`), so a
message is shown only of kinds that speak about code or machines.
"""

from types import TracebackType
from typing import Any

import asyncpg
from pydantic import ValidationError

from shared.errors import CrmError

_FRAMES = 12
_SPEAKING = (CrmError, OSError, AttributeError, NameError, ImportError, RuntimeError, TypeError, asyncpg.InterfaceError)
_DATABASE_FACTS = ("sqlstate", "schema_name", "table_name", "column_name", "constraint_name")


def describe(error: BaseException) -> str:
    """One line: the kind, and as much of the message as cannot quote a value."""
    kind = type(error).__name__
    match error:
        case ValidationError():
            return f"{kind}: " + ", ".join(f"{_location(entry)} {entry['type']}" for entry in _entries(error))
        case asyncpg.PostgresError():
            facts = ((name, getattr(error, name, None)) for name in _DATABASE_FACTS)
            return f"{kind}: " + " ".join(f"{name}={value}" for name, value in facts if value)
        case BaseExceptionGroup():
            return f"{kind}: " + "; ".join(map(describe, error.exceptions))
        case _ if isinstance(error, _SPEAKING) or type(error).__module__.startswith("aiokafka"):
            return f"{kind}: {error}"
        case _:
            return kind


def frames(traceback: TracebackType | None) -> list[str]:
    """The innermost places, outermost first: `file:line function`."""
    places = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        places.append(f"{code.co_filename}:{traceback.tb_lineno} {code.co_name}")
        traceback = traceback.tb_next
    return places[-_FRAMES:]


def causes(error: BaseException) -> list[str]:
    chain: list[str] = []
    seen = {id(error)}
    while (earlier := error.__cause__ or (None if error.__suppress_context__ else error.__context__)) is not None:
        if id(earlier) in seen:
            break
        seen.add(id(earlier))
        chain.append(describe(earlier))
        error = earlier
    return chain


def _entries(error: ValidationError) -> list[Any]:
    return list(error.errors(include_url=False, include_input=False, include_context=False))


def _location(entry: Any) -> str:
    return ".".join(str(part) for part in entry["loc"]) or "value"
