"""What breaks a running stack, one fault after another, and how long each took to heal."""

import asyncio
import contextlib
import random
import signal
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic

import asyncpg
import httpx
from aiokafka.errors import KafkaError

from demo.play.watch import Watch
from deploy.embedded import EmbeddedStack
from deploy.errors import StartError
from tests.patience import Patience

POINTS = {
    "contacts": ("batch.before_commit", "batch.after_commit", "relay.before_send", "relay.after_send"),
    "marketing": ("marketing.before_send", "marketing.after_send", "batch.before_commit", "relay.before_forget"),
    "support": ("batch.before_commit", "batch.after_commit", "relay.after_send"),
    "forecasting": ("batch.before_commit", "batch.after_commit"),
}
_PASSES = {"marketing.before_send": 3, "marketing.after_send": 3, "relay.before_forget": 6, "relay.after_send": 6}
_NEARLY_NOTHING = 40
"""Records that a service under load is always behind by."""


async def die_at(stack: EmbeddedStack, service: str, point: str, passes: int) -> None:
    """Start a service that was stopped, so that it dies at that pass of a point; wait until it has."""
    child = stack.parts[service].child
    try:
        await stack.start_part(service, {"RAPPORT_FAULT": f"{point}:kill@{passes}"})
    except StartError:
        assert child.status == -signal.SIGKILL, child.log
    for _ in range(600):
        if not child.is_alive():
            break
        await asyncio.sleep(0.05)
    assert child.status == -signal.SIGKILL, f"{service} never came to pass {passes} of {point}"


@dataclass(frozen=True, slots=True)
class Healed:
    """A fault, and the seconds from its end to a service that is ready and has caught up."""

    fault: str
    seconds: float


@dataclass(slots=True)
class Nemesis:
    """Acts on a stack that is under load. Raises AssertionError where something does not heal or does not break."""

    stack: EmbeddedStack
    watch: Watch
    dice: random.Random
    healed: list[Healed] = field(default_factory=list)
    kills: int = 0
    recovered: datetime | None = None
    """When marketing's database was recovered last: what was due by then may be unknown for good."""

    async def kill_at_points(self, services: Iterable[str]) -> None:
        """SIGKILL at each of the service's points in turn; it is armed for the next while it recovers."""
        for service in services:
            await self.stack.stop_part(service)
            points = list(POINTS[service])
            self.dice.shuffle(points)
            begun = monotonic()
            for point in points:
                await self._die_at(service, point)
                begun = monotonic()
            await self.stack.start_part(service)
            await self.caught_up(f"{service} killed at {', '.join(points)}", (service,), begun)

    async def _die_at(self, service: str, point: str) -> None:
        await die_at(self.stack, service, point, self.dice.randint(1, _PASSES.get(point, 12)))
        self.kills += 1

    async def suspend(self, name: str, seconds: float) -> None:
        """SIGSTOP for so long, then SIGCONT: it believes that it still owns what others have taken over."""
        self.stack.suspend_part(name)
        await asyncio.sleep(seconds)
        self.stack.resume_part(name)
        await self.caught_up(f"{name} stopped for {seconds:g} s", (name.partition("-")[0],), monotonic())

    async def kill_server(self, server: str) -> None:
        """SIGKILL of Kafka or Postgres, then its start with the recovery that this takes."""
        begun = monotonic()
        await self.stack.kill_part(server)
        await self.stack.start_part(server)
        self.kills += 1
        await self.caught_up(f"{server} killed and started", self.stack.services, begun)

    async def scale(self, service: str) -> None:
        """One to three, the first of them stopped beyond every timeout, then down to one by a stop and a kill."""
        others = (f"{service}-2", f"{service}-3")
        await asyncio.gather(*(self.stack.add(service, name) for name in others))
        await self.suspend(service, 12)
        begun = monotonic()
        await asyncio.gather(self.stack.stop_part(service), self.stack.kill_part(others[1]))
        self.kills += 1
        await self.stack.start_part(service)
        await self.stack.stop_part(others[0])
        await self.caught_up(f"{service} from three to one", (service,), begun)

    async def refused(self, reason: str, services: Iterable[str], within: float = 60) -> None:
        """Wait until each of these says that it is not ready, for this reason."""
        async with httpx.AsyncClient(timeout=5) as client:
            for service in services:
                await self._refused(client, service, reason, Patience(within))

    async def _refused(self, client: httpx.AsyncClient, service: str, reason: str, patience: Patience) -> None:
        said = ""
        while reason not in said:
            assert patience.lasts, f"{service} never said {reason}, but: {said}"
            with contextlib.suppress(httpx.HTTPError):
                answer = await client.get(f"{self.stack.url(service)}/readyz")
                said = answer.text if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE else ""
            await asyncio.sleep(0.2)

    async def caught_up(self, fault: str, services: Collection[str], begun: float, within: float = 90) -> None:
        """Wait until these are ready and next to nothing is left for them to handle or to publish."""
        patience = Patience(within)
        async with httpx.AsyncClient(timeout=5) as client:
            while left := await self._left(client, services):
                assert patience.lasts, f"no recovery within {within} s: {fault}: {'; '.join(left)}"
                await asyncio.sleep(0.2)
        self.healed.append(Healed(fault, monotonic() - begun))

    async def _left(self, client: httpx.AsyncClient, services: Collection[str]) -> list[str]:
        """What keeps these from being done."""
        try:
            standings = await self.watch.standings()
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, KafkaError) as error:
            return [f"no answer: {type(error).__name__}"]
        lags = {service: standings[service].lag for service in services}
        left = [f"behind: {lags}"] if sum(lags.values()) > _NEARLY_NOTHING else []
        for service in services:
            try:
                answer = await client.get(f"{self.stack.url(service)}/readyz")
            except httpx.HTTPError as error:
                left.append(f"{service}: {type(error).__name__}")
            else:
                left += [f"{service}: {answer.text}"] * (answer.status_code != httpx.codes.OK)
        return left
