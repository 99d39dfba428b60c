"""What HTTP needs of a service."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from starlette.requests import Request

from shared.engine.change_feed import ChangeFeed
from shared.engine.checks import Check
from shared.engine.subscription import Subscription
from shared.engine.transaction import Transaction


async def service_of(request: Request) -> Any:
    """The service that the application was built for. Not blocking and yet async: FastAPI calls others in a thread."""
    return request.app.state.service


class Running(Protocol):
    """What starts, stops and says whether it works."""

    @property
    def name(self) -> str: ...

    async def start(self) -> None:
        """Begins; what is not there yet may be waited for in the background, while `ready` says so."""

    async def stop(self) -> None:
        """Finishes the batch in flight and lets go of Kafka and the database."""

    async def ready(self) -> list[Check]:
        """Every check by name; answers within a second."""


class Serving(Running, Protocol):
    """A service as its HTTP side sees it."""

    @property
    def subscriptions(self) -> Sequence[Subscription]: ...

    @property
    def changes(self) -> ChangeFeed: ...

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """Commits at the end of the block, rolls back on an error; its emissions go to the outbox."""

    def read(self) -> AbstractAsyncContextManager[Transaction]: ...
