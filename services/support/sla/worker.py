"""The policies and calendars of the file, published when the service starts."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog
from pydantic import BaseModel, ConfigDict, TypeAdapter

from services.support.definitions import read_definitions
from services.support.sla import commands
from services.support.sla.domain.clock import Policy
from services.support.sla.domain.promise import DEFAULT
from services.support.sla.schemas import NewCalendar
from shared.engine.service import Service
from shared.errors import ConfigurationError

log = structlog.get_logger()


class Promises(BaseModel):
    """A file of promises; each policy names one of its calendars, and one is called `default`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    calendars: dict[str, NewCalendar]
    policies: dict[str, Policy]


_PROMISES = TypeAdapter(Promises)


def load_promises(path: Path) -> Promises:
    """Raises ConfigurationError, which an operator has to correct."""
    found = read_definitions(path, _PROMISES)
    if empty := _without_minutes(found):
        raise ConfigurationError(f"{path}: {empty}: a metric has its minutes, or is left out")
    if unknown := {policy.calendar for policy in found.policies.values()} - found.calendars.keys():
        raise ConfigurationError(f"{path}: no calendar is called {', '.join(sorted(unknown))}")
    if DEFAULT not in found.policies:
        raise ConfigurationError(f"{path}: one policy has to be called {DEFAULT}")
    return found


def _without_minutes(promises: Promises) -> str | None:
    """The first metric of a file that is named without a number, which would promise nothing."""
    for name, policy in promises.policies.items():
        for priority, targets in policy.targets.items():
            for metric in sorted(targets.model_fields_set):
                if getattr(targets, metric) is None:
                    return f"policies.{name}.targets.{priority}.{metric}"
    return None


def publishing(promises: Promises) -> Callable[[Service], Awaitable[None]]:
    """The worker that publishes at start, then ends. Tickets wait as long as nothing is promised."""

    async def run(service: Service) -> None:
        async with service.transaction() as tx:
            published = await commands.publish(tx, promises.calendars, promises.policies)
        log.info("promises_published", new=published)

    return run
