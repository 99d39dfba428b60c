"""Watches, once the service starts, the times of subtasks that were added before times were watched."""

from uuid import UUID

from services.support.subtasks import commands
from shared.engine.service import Service

_AT_ONCE = 500


async def watch_all(service: Service) -> None:
    """Ends once all are watched."""
    last: UUID | None = UUID(int=0)
    while last is not None:
        async with service.transaction() as tx:
            last = await commands.watch(tx, last, _AT_ONCE)
