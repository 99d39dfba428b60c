"""What happens to every request: an id, a log line, a measurement, and a problem document for what nobody expected."""

import re
from time import perf_counter, time_ns

import asyncpg
import structlog
from prometheus_client import Histogram
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.engine.remembered import WentBack
from shared.errors import Transient
from shared.http.problems import problem
from shared.ids import new_id
from shared.telemetry import metrics
from shared.telemetry.sink import Span, SpanSink
from shared.telemetry.tracing import continue_trace, is_sampled, request_span

log = structlog.get_logger()

_SOUND_ID = re.compile(rb"[A-Za-z0-9._-]{1,100}")
# SQLSTATE classes of connections, conflicts between transactions, resources, locks and operators at work.
_AWAY = frozenset({"08", "40", "53", "55", "57"})
_LOST = (Transient, ConnectionError, TimeoutError, asyncpg.InterfaceError, asyncpg.InternalClientError)
_UNLOGGED = frozenset({"/healthz", "/readyz", "/metrics"})


class Requests:
    """Plain ASGI, since BaseHTTPMiddleware costs a task and a stream per request.

    Logs and metrics name the route's template, never the path: paths hold tokens, queries hold names.
    """

    def __init__(self, app: ASGIApp, service: str, spans: SpanSink | None = None) -> None:
        self._app = app
        self._service = service
        self._spans = spans
        self._in_flight = metrics.HTTP_IN_FLIGHT.labels(service)
        self._durations: dict[tuple[str, str, str], Histogram] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id, parent = _read_headers(scope)
        own = parent if self._spans is None else request_span(parent, self._spans.ratio)
        _bind_context(request_id, own)
        status, begun, streamed_after = 0, perf_counter(), None

        async def answer(message: Message) -> None:
            nonlocal status, streamed_after
            if message["type"] == "http.response.start":
                status, headers = message["status"], message.setdefault("headers", [])
                if any(name == b"content-type" and kind.startswith(b"text/event-stream") for name, kind in headers):
                    streamed_after = perf_counter() - begun  # how long it stays open is its client's business
                headers.append((b"x-request-id", request_id))
            await send(message)

        self._in_flight.inc()
        try:
            await self._app(scope, receive, answer)
        except Exception as error:
            respond = self._unexpected(scope, error)
            if status:
                raise  # the answer is under way: the server has to break the connection
            await respond(scope, receive, answer)
        finally:
            self._in_flight.dec()
            self._account(scope, status, streamed_after or perf_counter() - begun)
            if self._spans is not None and is_sampled(own):
                _add_span(self._spans, scope, status, own, parent, begun)

    def _unexpected(self, scope: Scope, error: Exception) -> Response:
        request = {"method": scope["method"], "route": route_of(scope)}
        state = str(getattr(error, "sqlstate", ""))[:2]
        if isinstance(error, WentBack):
            log.warning("request_refused_before_recovery", **request, error=error)
            detail = "The database went back to an earlier state: nothing is done with it until it is recovered."
            return problem(503, WentBack.reason, detail, headers={"Retry-After": "60"})
        if isinstance(error, _LOST) or state in _AWAY:
            log.warning("request_not_possible_now", **request, error=error)
            detail = "What this needs does not answer now; try again."
            return problem(503, "unavailable", detail, headers={"Retry-After": "1"})
        if state == "22":
            log.warning("request_with_unfit_value", **request, exc_info=error)
            return problem(422, "invalid", "A value is outside of what can be stored.")
        log.error("request_failed", **request, exc_info=error)
        return problem(500, "internal", "Something went wrong here; the log tells more.")

    def _account(self, scope: Scope, status: int, seconds: float) -> None:
        method, route = scope["method"], route_of(scope)
        labels = (method, route, f"{status // 100}xx" if status else "aborted")
        child = self._durations.get(labels)
        if child is None:
            child = self._durations[labels] = metrics.HTTP_SECONDS.labels(self._service, *labels)
        child.observe(seconds)
        if route not in _UNLOGGED:
            log.info("request_answered", method=method, route=route, status=status, ms=round(seconds * 1000, 2))


def _read_headers(scope: Scope) -> tuple[bytes, str | None]:
    """The request's id, the client's where that is sound, and the client's traceparent as it came."""
    request_id, trace = b"", None
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            request_id = value
        elif name == b"traceparent":
            trace = value.decode("latin-1")
    return request_id if _SOUND_ID.fullmatch(request_id) else str(new_id()).encode(), trace


def _bind_context(request_id: bytes, traceparent: str | None) -> None:
    context = {"request_id": request_id.decode()}
    if trace_id := continue_trace(traceparent):
        context["trace_id"] = trace_id
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(**context)


def _add_span(spans: SpanSink, scope: Scope, status: int, own: str, parent: str | None, begun: float) -> None:
    # OpenTelemetry's conventions, but without the path and the query, as in logs and metrics.
    method, route, ended = scope["method"], route_of(scope), time_ns()
    if route in _UNLOGGED:
        return
    about: dict[str, str | int | bool] = {"http.request.method": method, "http.route": route}
    if status:
        about["http.response.status_code"] = status
    if not 0 < status < 500:
        about["error.type"] = str(status) if status else "aborted"
    times = ended - int((perf_counter() - begun) * 1e9), ended
    spans.add(Span(f"{method} {route}", "server", own, parent if is_sampled(parent) else None, times, about))


def route_of(scope: Scope) -> str:
    """The template of the route that took the request, e.g. `/v1/parties/{id}`."""
    context = scope.get("fastapi", {}).get("effective_route_context")
    route = context or scope.get("route")
    return getattr(route, "path_format", None) or "unknown"
