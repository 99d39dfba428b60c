"""What is live on a page: a service's changes, handed on to the browser with the agent's own right to see them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query
from starlette.background import BackgroundTask
from starlette.responses import Response, StreamingResponse

from services.console.shell.asking import AWAY, Front, Service, Stream, Trouble
from services.console.shell.pages import Shown

router = APIRouter()


@router.get("/live")
async def follow(
    page: Shown,
    service: Service,
    subject: Annotated[list[str], Query(min_length=1, max_length=5)],
    last_event_id: Annotated[str | None, Header(max_length=20_000)] = None,
) -> Response:
    """Ends when the service, the console or the browser does; the browser comes back with the last id that it saw."""
    front: Front = page.request.app.state.service
    held = AsyncExitStack()
    try:
        stream = await held.enter_async_context(page.asked.follow(service, subject, last_event_id))
    except Trouble as trouble:
        # 204 tells a browser that there is nothing to come back for
        return Response(status_code=503 if trouble.kind == "away" else 204)
    body = _until_the_end(stream, front.ending, held)
    return StreamingResponse(body, media_type="text/event-stream", background=BackgroundTask(held.aclose))


async def _until_the_end(stream: Stream, ending: asyncio.Event, held: AsyncExitStack) -> AsyncIterator[bytes]:
    told = asyncio.ensure_future(ending.wait())
    try:
        while piece := await _either(anext(stream, b""), told):
            yield piece
    except AWAY:
        return  # the browser asks again
    finally:
        told.cancel()
        await held.aclose()


async def _either(asked: Awaitable[bytes], told: asyncio.Future[Literal[True]]) -> bytes:
    """The next piece; nothing where the console ends first."""
    piece = asyncio.ensure_future(asked)
    try:
        await asyncio.wait((piece, told), return_when=asyncio.FIRST_COMPLETED)
        return piece.result() if piece.done() else b""
    finally:
        piece.cancel()
