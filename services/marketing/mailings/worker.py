"""The mailings that were started, brought on step by step, each committed."""

import asyncio

import structlog

from services.marketing.mailings import store
from services.marketing.mailings.commands import work_step
from shared.engine.service import Service

log = structlog.get_logger()
_LOOK_S = 0.5


async def bring_on(service: Service) -> None:
    """Several mailings take turns; several instances of the service do not work at one mailing at a time."""
    while True:
        async with service.read() as tx:
            started = await store.list_started(tx)
        busy = False
        for name in started:
            async with service.transaction() as tx:
                busy |= await work_step(tx, name)
        if not busy:
            await asyncio.sleep(_LOOK_S)
