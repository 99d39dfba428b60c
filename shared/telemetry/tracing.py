"""W3C trace context: what joins a request with the events that it leads to, through every service.

An event without a cause continues the trace of the request that it was decided in; one with a cause continues that
cause's. Without an endpoint a `traceparent` is passed on as it came, and nothing of OpenTelemetry is loaded. With one,
each sampled step puts a span of its own in its place, whose id is derived: a retry comes to the same.
"""

import re
from contextvars import ContextVar
from functools import cache
from hashlib import blake2b
from secrets import token_hex
from typing import TypeGuard

from shared.settings import TracingSettings
from shared.telemetry.sink import SpanSink

_SOUND = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_ODD = frozenset("13579bdf")
_current: ContextVar[str | None] = ContextVar("traceparent", default=None)


def continue_trace(traceparent: str | None) -> str | None:
    """Makes this the trace of what the present task does; returns its trace id, or None if it is none or unsound."""
    if not is_sound(traceparent):
        _current.set(None)
        return None
    _current.set(traceparent)
    return traceparent[3:35]


def current_traceparent() -> str | None:
    return _current.get()


def is_sound(traceparent: str | None) -> TypeGuard[str]:
    """Whether it has the form of the W3C standard."""
    return traceparent is not None and _SOUND.fullmatch(traceparent) is not None


def is_sampled(traceparent: str | None) -> TypeGuard[str]:
    """Whether spans are made of it; the flag is looked at first, since most have none."""
    return traceparent is not None and traceparent[-1:] in _ODD and is_sound(traceparent)


def span_under(parent: str, *parts: str) -> str:
    """A sampled traceparent's child. The same parts give the same span, so that a retry finds it again."""
    return f"{parent[:36]}{_digest(8, parts)}{parent[52:]}"


def trace_of(*parts: str, ratio: float) -> str | None:
    """The trace that begins with what the parts name; None where it is not of the `ratio` that is looked at.

    Chooses as OpenTelemetry's TraceIdRatioBased does. The span id is a place holder for `span_under`.
    """
    trace_id = _digest(16, parts)
    return f"00-{trace_id}-{'0' * 16}-01" if int(trace_id[16:], 16) < round(ratio * 2**64) else None


def request_span(parent: str | None, ratio: float) -> str | None:
    """The span of a request: under the caller's, or the first of a trace by `ratio`; else `parent` as it came."""
    if is_sampled(parent):
        return span_under(parent, token_hex(16))
    begun = None if is_sound(parent) else trace_of(token_hex(16), ratio=ratio)
    return span_under(begun, token_hex(16)) if begun else parent


def _digest(size: int, parts: tuple[str, ...]) -> str:
    return blake2b("\0".join(parts).encode(), digest_size=size).hexdigest()


@cache
def spans_of(service: str, settings: TracingSettings) -> SpanSink | None:
    if settings.endpoint is None:
        return None
    from shared.telemetry.spans import export_spans

    return export_spans(service, settings.endpoint, settings.ratio)
