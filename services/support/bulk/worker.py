"""Works off what is to be done to many tickets, a transaction each."""

import asyncio

import structlog

from services.support.bulk import commands
from shared.engine import faults
from shared.engine.service import Service

log = structlog.get_logger()
_LOOK_S = 1.0


async def work_off(service: Service) -> None:
    """Until cancelled. Of several instances each takes other tickets."""
    while True:
        worked = 0
        while await _work_off_one(service):
            worked += 1
        if worked:
            log.info("bulk_worked_off", tickets=worked)
        await asyncio.sleep(_LOOK_S)


async def _work_off_one(service: Service) -> bool:
    async with service.transaction() as tx:
        acted = await commands.work_off(tx)
        faults.point("support.before_bulk_commit")
    return acted
