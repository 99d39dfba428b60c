"""The programme that is in force, kept when the service starts."""

from services.marketing.loyalty import commands
from shared.engine.service import Service


async def keep_programme(service: Service) -> None:
    """A worker that ends at once."""
    async with service.transaction() as tx:
        await commands.keep_programme(tx)
