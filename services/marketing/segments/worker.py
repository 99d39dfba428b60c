"""Segments of the files, published when the service starts, and the parties that a definition has yet to decide."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from services.marketing.segments.commands import fill_step, publish_files
from services.marketing.segments.domain.definition import Definition
from shared.engine.service import Service

log = structlog.get_logger()
_LOOK_S = 1.0


def filling(definitions: Sequence[Definition]) -> Callable[[Service], Awaitable[None]]:
    """The worker that publishes at start, then goes through the parties in steps, each committed."""

    async def run(service: Service) -> None:
        async with service.transaction() as tx:
            changed = await publish_files(tx, definitions)
        log.info("segments_published", segments=len(definitions), changed=changed)
        while True:
            async with service.transaction() as tx:
                more = await fill_step(tx)
            if not more:
                await asyncio.sleep(_LOOK_S)

    return run
