"""`GET /v1/changes`: what a service's readers see since, as server-sent events. See docs/changes.md."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from time import time
from typing import Annotated

import anyio
from fastapi import APIRouter, Depends, Header, Query, Request
from pydantic_core import to_json
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from shared import clock
from shared.engine.change_feed import Reset, Step
from shared.engine.change_log import Entry, Page, parse_position
from shared.engine.changes import Line
from shared.errors import Refused, Transient
from shared.http.auth import Principal, requires
from shared.http.readiness import Serving
from shared.settings import ServiceSettings
from shared.telemetry import metrics

router = APIRouter(prefix="/v1", tags=["changes"])
MEDIA_TYPE = "text/event-stream"
_EVENTS_A_PIECE = 64
_ENTER_S = 5.0
_RETRY = b"retry: 2000\n"
_ABOUT = "Server-sent events, until the client or the service ends it."
_EVENT = {
    "type": "object",
    "properties": {
        "event": {"enum": ["message", "beat", "reset"]},
        "id": {"type": "string", "description": "Behind this event: `Last-Event-ID`."},
        "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "description": "Of a message `subject`, `type`, `event_id`, `party_id`; of the others `at`.",
        },
    },
    "required": ["data"],
}
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class TooManyStreams(Refused):
    """As many are open as the settings allow."""

    status = 503
    reason = "busy"
    headers = {"Retry-After": "5"}  # noqa: RUF012  never changed


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a stream tells of; an empty set lets everything through, `own` only what is of one party."""

    subjects: frozenset[str]
    types: frozenset[str]
    own: str | None

    @classmethod
    def of(cls, subjects: list[str], types: list[str], own: str | None) -> "Wanted":
        """Types may be short: `sale.completed` is `crm.sale.completed.v1`. Ids of parties have lower case. What is
        blank counts as left out.
        """
        full = (name if name.startswith("crm.") else f"crm.{name}.v1" for name in types if name.strip())
        lower = (name.lower() if name.lower().startswith("party/") else name for name in subjects if name.strip())
        return cls(frozenset(lower), frozenset(full), own)

    def take(self, line: Line) -> bool:
        if self.types and line.type not in self.types:
            return False
        if self.own is not None and line.party_id != self.own:
            return False
        return not self.subjects or line.subject in self.subjects or f"party/{line.party_id}" in self.subjects


@dataclass(slots=True)
class Streams:
    """The open streams of one application. What many of them want of the newest page is written once."""

    service: Serving
    settings: ServiceSettings
    _open: Counter[str] = field(default_factory=Counter)
    _page: Page | None = None
    _written: dict[Wanted, list[tuple[Entry, bytes]]] = field(default_factory=dict)

    @contextmanager
    def opened(self, subject: str) -> Iterator[None]:
        """Count one in; raises TooManyStreams."""
        http, each = self.settings.http, self.settings.auth.mode == "jwt"
        if self._open.total() >= http.max_streams or (each and self._open[subject] >= http.max_streams_each):
            raise TooManyStreams("too many streams of changes are open; close one, or try again")
        self._open[subject] += 1
        gauge = metrics.CHANGE_STREAMS.labels(self.service.name)
        gauge.set(self._open.total())
        try:
            yield
        finally:
            self._open[subject] -= 1
            self._open += Counter()  # without those that have none
            gauge.set(self._open.total())

    def written(self, page: Page, wanted: Wanted) -> list[tuple[Entry, bytes]]:
        if page is not self._page:
            self._page, self._written = page, {}
        if wanted not in self._written:
            self._written[wanted] = [(e, _event(page, e)) for e in page.entries if wanted.take(e.line)]
        return self._written[wanted]


def _event(page: Page, entry: Entry) -> bytes:
    data = {"subject": entry.line.subject, "type": entry.line.type, "event_id": entry.line.event_id}
    return b"id: %s\ndata: %s\n\n" % (page.behind(entry).encode(), to_json(data | {"party_id": entry.line.party_id}))


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request wants: from where (`Last-Event-ID`), of what, and until when."""

    principal: Principal
    wanted: Wanted
    last_event_id: str | None
    limit: int | None
    seconds: int | None

    def ends_after(self) -> float | None:
        """In seconds; a stream is never open for longer than its token holds."""
        expires_at = self.principal.expires_at
        ends = (self.seconds, None if expires_at is None else max(expires_at - time(), 0))
        return min((end for end in ends if end is not None), default=None)


class ChangeStream(Response):
    """Reads and writes in one task, whose pace is the client's: what waits for the client is one piece."""

    media_type = MEDIA_TYPE

    def __init__(self, streams: Streams, asked: Asked) -> None:
        super().__init__(headers=_HEADERS)
        del self.headers["content-length"]
        self._streams = streams
        self._asked = asked

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = parse_position(self._asked.last_event_id) if self._asked.last_event_id else None
        with self._streams.opened(self._asked.principal.subject):
            async with aclosing(self._streams.service.changes.listen(start)) as steps:
                async with asyncio.timeout(_ENTER_S):
                    first = await anext(steps, None)
                if first is None:
                    raise Transient("the service is ending")
                if self._asked.last_event_id and start is None:
                    first = Reset(first.end)
                await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
                if not scope.get("head_only"):
                    await self._tell_until_gone(first, steps, receive, send)
                await send({"type": "http.response.body"})

    async def _tell_until_gone(self, first: Step, steps: AsyncIterator[Step], receive: Receive, send: Send) -> None:
        async with anyio.create_task_group() as group:

            async def watch() -> None:
                while (await receive())["type"] != "http.disconnect":
                    pass
                group.cancel_scope.cancel()

            group.start_soon(watch)
            with anyio.move_on_after(self._asked.ends_after()):
                async for piece in self._pieces(first, steps):
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            group.cancel_scope.cancel()

    async def _pieces(self, first: Step, steps: AsyncIterator[Step]) -> AsyncIterator[bytes]:
        """Some events each, which are small; ends after as many news as were asked for."""
        yield _RETRY + self._named(first)
        left = self._asked.limit
        while left != 0 and (step := await anext(steps, None)) is not None:
            if not isinstance(step, Page):
                yield self._named(step)
                continue
            events = [event for _, event in self._streams.written(step, self._asked.wanted)][:left]
            left = None if left is None else left - len(events)
            for begin in range(0, len(events), _EVENTS_A_PIECE):
                yield b"".join(events[begin : begin + _EVENTS_A_PIECE])

    def _named(self, step: Step) -> bytes:
        """What is no news: that everything was told so far, or that something may be missing."""
        name = "beat"
        if isinstance(step, Reset):
            name = "reset"
            metrics.CHANGE_RESETS.labels(self._streams.service.name).inc()
        return f'event: {name}\nid: {step.end}\ndata: {{"at":"{clock.rfc3339(clock.now())}"}}\n\n'.encode()


@router.get(
    "/changes",
    response_class=Response,
    response_model=None,
    responses={200: {"description": _ABOUT, "content": {MEDIA_TYPE: {"schema": _EVENT}}}},
)
async def read_changes(
    request: Request,
    principal: Annotated[Principal, Depends(requires("crm:read", own=True))],
    subjects: Annotated[
        list[str] | None,
        Query(alias="subject", max_length=50, description="Only these; `party/…` is all that is about a party."),
    ] = None,
    types: Annotated[
        list[str] | None, Query(alias="type", max_length=50, description="Only these, e.g. `sale.completed`.")
    ] = None,
    limit: Annotated[int | None, Query(ge=0, le=100_000, description="Ends after so many changes.")] = None,
    seconds: Annotated[int | None, Query(ge=0, le=86_400, description="Ends after so many seconds.")] = None,
    after: Annotated[str | None, Query(max_length=20_000, description="As `Last-Event-ID`.")] = None,
    last_event_id: Annotated[str | None, Header(description="The id of the last event that was received.")] = None,
) -> ChangeStream:
    """What the readers of this service see since: fetched now, it is not older than the change that was told.

    `message`: an event of a topic, by its subject, type and id, and the party that it is about. `beat`: everything so
    far was told; the first event of a stream, and one every ten seconds. `reset`: what came after `Last-Event-ID` is
    not known any more, since that was 15 minutes ago or another database answers: read everything anew.
    """
    own = None if "crm:read" in principal.scopes else principal.owns
    wanted = Wanted.of(subjects or [], types or [], own)
    return ChangeStream(request.app.state.streams, Asked(principal, wanted, last_event_id or after, limit, seconds))
