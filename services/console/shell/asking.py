"""The services' HTTP APIs, asked as the agent who looks at the page."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import quote

import httpx
from pydantic_core import from_json

from services.console.settings import ConsoleSettings
from services.console.shell.agent import Agent
from shared.engine.checks import Check
from shared.ids import new_id

T = TypeVar("T")
Stream = AsyncIterator[bytes]
# A service says something every ten seconds.
_STREAM = httpx.Timeout(35, connect=1)
Json = Any
"""What a service said, as it said it."""
Service = Literal["contacts", "marketing", "support", "forecasting"]
SERVICES: tuple[Service, ...] = ("contacts", "marketing", "support", "forecasting")


def path_part(name: str) -> str:
    """A name as one part of a path, whatever it holds."""
    return quote(name, safe="")


class Trouble(Exception):
    """A service did not do what it was asked. `problem` is its problem document, empty where it said nothing."""

    def __init__(self, service: str, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(f"{service} answered {status}")
        self.service = service
        self.status = status
        self.problem = problem

    @property
    def kind(self) -> Literal["away", "forbidden", "missing", "stale", "refused"]:
        """What a person has to know of it."""
        match self.status:
            case 401 | 403:
                return "forbidden"
            case 404:
                return "missing"
            case 409:
                return "stale"
            case status if 400 <= status < 500:
                return "refused"
        return "away"


@dataclass(frozen=True)
class Part(Generic[T]):
    """A part of a page: what it shows, or why it cannot."""

    value: T | None = None
    trouble: Trouble | None = None


async def attempt(asked: Awaitable[T]) -> Part[T]:
    """The rest of a page is shown also where one service is away."""
    try:
        return Part(await asked)
    except Trouble as trouble:
        return Part(trouble=trouble)


@dataclass(frozen=True, slots=True)
class Answer:
    body: Json
    etag: str | None


class Asked:
    """The services, asked as one agent."""

    def __init__(self, client: httpx.AsyncClient, addresses: ConsoleSettings, agent: Agent) -> None:
        self._client = client
        self._addresses = addresses
        self._headers = {"Authorization": f"Bearer {agent.token}"} if agent.token else {}

    async def get(self, service: Service, path: str, **query: object) -> Json:
        """What it answers; parameters that are None or empty are left out. Raises Trouble."""
        return (await self.read(service, path, **query)).body

    async def read(self, service: Service, path: str, **query: object) -> Answer:
        """The same with the ETag."""
        given = {name.rstrip("_"): value for name, value in query.items() if value is not None and value != ""}
        return await self._ask(service, "GET", path, params=given)

    @asynccontextmanager
    async def follow(self, service: Service, subjects: list[str], last_event_id: str | None) -> AsyncIterator[Stream]:
        """What a service's readers see from now on, or since that event. Raises Trouble."""
        headers = {**self._headers, **({"Last-Event-ID": last_event_id} if last_event_id else {})}
        url = f"{getattr(self._addresses, service)}/v1/changes"
        asked = self._client.stream("GET", url, params={"subject": subjects}, headers=headers, timeout=_STREAM)
        try:
            async with asked as response:
                if response.is_error:
                    raise Trouble(service, response.status_code, {})
                yield response.aiter_raw()
        except httpx.HTTPError as error:
            raise Trouble(service, 503, {}) from error

    async def write(
        self,
        service: Service,
        method: str,
        path: str,
        body: Json,
        *,
        key: str | None = None,
        if_match: str | None = None,
    ) -> Answer:
        """`key` is the form's, so that a form sent twice acts once. Raises Trouble."""
        headers = {"Idempotency-Key": key or str(new_id())}
        if if_match:
            headers["If-Match"] = if_match
        return await self._ask(service, method, path, json=body, headers=headers)

    async def _ask(self, service: Service, method: str, path: str, **options: Any) -> Answer:
        url = f"{getattr(self._addresses, service)}/v1/{path}"
        headers = {**self._headers, **options.pop("headers", {})}
        try:
            response = await self._client.request(method, url, headers=headers, **options)
        except httpx.HTTPError as error:
            raise Trouble(service, 503, {}) from error
        try:
            body = from_json(response.content) if response.content else None
        except ValueError as error:
            raise Trouble(service, 502, {}) from error
        if response.is_error:
            raise Trouble(service, response.status_code, body if isinstance(body, dict) else {})
        return Answer(body, response.headers.get("etag"))


class Front:
    """The console as a process: one pool of connections to the services, and nothing that it keeps."""

    name = "console"

    def __init__(self, settings: ConsoleSettings) -> None:
        self._settings = settings
        self.ending = asyncio.Event()
        self.client = httpx.AsyncClient(
            timeout=httpx.Timeout(settings.wait_s, connect=min(1.0, settings.wait_s)),
            # each open page that is live holds one
            limits=httpx.Limits(max_connections=1_000, max_keepalive_connections=50),
            follow_redirects=False,
            trust_env=False,
        )

    def as_(self, agent: Agent) -> Asked:
        return Asked(self.client, self._settings, agent)

    async def start(self) -> None:
        """Nothing has to be there: a page says which service is away."""

    def end_streams(self) -> None:
        """Lets go of what is live: a server that stops would wait for it."""
        self.ending.set()

    async def stop(self) -> None:
        self.end_streams()
        await self.client.aclose()

    async def ready(self) -> list[Check]:
        """A service that is away takes none of the others' pages away, so it only degrades."""
        return [await self._check(service) for service in SERVICES]

    async def _check(self, service: Service) -> Check:
        try:
            response = await self.client.get(f"{getattr(self._settings, service)}/healthz", timeout=0.2)
        except httpx.HTTPError as error:
            return Check(service, "degraded", f"does not answer ({type(error).__name__})")
        return Check(service) if response.is_success else Check(service, "degraded", f"answers {response.status_code}")
