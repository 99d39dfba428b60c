"""Works off what is to be done to many tickets, a transaction each."""

import asyncio

import structlog

from services.support.bulk import commands
from shared.engine import faults
from shared.engine.parking import refusal_of
from shared.engine.service import Service

log = structlog.get_logger()
_LOOK_S = 1.0


async def work_off(service: Service) -> None:
    """Until cancelled. Of several instances each takes other tickets."""
    while True:
        worked = 0
        while await work_off_one(service):
            worked += 1
        if worked:
            log.info("bulk_worked_off", tickets=worked)
        await asyncio.sleep(_LOOK_S)


async def work_off_one(service: Service) -> bool:
    """Act on the next ticket; False where none is due. A fault of one ticket's act leaves the others alone."""
    item = None
    try:
        async with service.transaction() as tx:
            item = await commands.take(tx)
            if item is None:
                return False
            await commands.carry_out(tx, item)
            faults.point("support.before_bulk_commit")
    except Exception as error:
        # Where the database is away, so that the failure cannot be noted either, no try has been made.
        if item is None:
            raise
        fault = refusal_of(error).detail
        async with service.transaction() as tx:
            failed = await commands.note_failure(tx, item, fault)
        log.warning("bulk_item_failed", bulk=str(item.bulk_id), place=item.place, fault=fault, for_good=failed)
    return True
