"""W3C trace context: what joins a request with the events that it leads to, through every service.

An event without a cause continues the trace of the request that it was decided in; one with a cause continues that
cause's. Spans are not made here: a `traceparent` is passed on as it came.
"""

import re
from contextvars import ContextVar

_SOUND = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_current: ContextVar[str | None] = ContextVar("traceparent", default=None)


def continue_trace(traceparent: str | None) -> str | None:
    """Makes this the trace of what the present task does; returns its trace id, or None if it is none or unsound."""
    if traceparent is None or not _SOUND.fullmatch(traceparent):
        _current.set(None)
        return None
    _current.set(traceparent)
    return traceparent[3:35]


def current_traceparent() -> str | None:
    """The trace that the present task continues."""
    return _current.get()
