"""The definitions of the files, published when the service starts."""

from collections.abc import Awaitable, Callable, Sequence

import structlog

from services.marketing.catalogue.commands import publish_files
from services.marketing.catalogue.domain.definition import Definition
from shared.engine.service import Service

log = structlog.get_logger()


def publishing(definitions: Sequence[Definition]) -> Callable[[Service], Awaitable[None]]:
    """The worker that publishes at start, then ends. Sales wait as long as no campaign is in force."""

    async def run(service: Service) -> None:
        async with service.transaction() as tx:
            changed = await publish_files(tx, definitions)
        log.info("campaigns_published", campaigns=len(definitions), changed=changed)

    return run
