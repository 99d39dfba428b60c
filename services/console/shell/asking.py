"""The services' HTTP APIs, asked as the agent who looks at the page."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import quote, urlencode

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from pydantic_core import from_json, to_json
from yarl import URL

from services.console.settings import ConsoleSettings
from services.console.shell.agent import Agent
from shared.engine.checks import Check
from shared.ids import new_id

T = TypeVar("T")
Stream = AsyncIterator[bytes]
# A service says something every ten seconds.
_STREAM = ClientTimeout(total=None, sock_connect=1, sock_read=35)
# Shorter than a service keeps a connection that nobody uses: a form is never sent into one that closes.
_KEPT_S = 4
_STALE = "urn:rapport:problem:stale"
"""The one conflict that is cured by reading again; others say in their detail what stands against it."""
_CHECK = ClientTimeout(total=0.2)
_KEY = re.compile(r"[!-~]{1,200}")
AWAY = (ClientError, TimeoutError)
"""What asking raises where a service does not answer."""
Json = Any
"""What a service said, as it said it."""
Service = Literal["contacts", "marketing", "support", "forecasting"]
SERVICES: tuple[Service, ...] = ("contacts", "marketing", "support", "forecasting")


def path_part(name: str) -> str:
    """A name as one part of a path, whatever it holds."""
    return quote(name, safe="")


def with_query(path: str, **query: object) -> str:
    """A path with its parameters; those that are None or empty are left out."""
    given = {name.rstrip("_"): value for name, value in query.items() if value is not None and value != ""}
    return f"{path}?{urlencode(given, doseq=True)}" if given else path


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
            case 301 | 302 | 303 | 307 | 308 | 404 | 410:
                return "missing"
            case 409 if str(self.problem.get("type", _STALE)) == _STALE:
                return "stale"
            case status if 400 <= status < 500:
                return "refused"
        return "away"


@dataclass(frozen=True)
class Part(Generic[T]):
    """A part of a page: what it shows, or why it cannot."""

    value: T | None = None
    trouble: Trouble | None = None

    @property
    def listed(self) -> list[Json]:
        """Of a list of a service what it holds; nothing where it did not answer."""
        found: Json = self.value
        return found["items"] if found else []

    def of(self, name: str) -> "Part[Json]":
        """What an answer that holds several things has under a name."""
        found: Json = self.value
        return Part(None if found is None else found[name], self.trouble)


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


@dataclass(frozen=True, slots=True)
class File:
    content: bytes
    media_type: str
    disposition: str


class Asked:
    """The services, asked as one agent for one page. One that did not answer in time is not waited for again: the page
    comes after one wait, whatever it asks.
    """

    def __init__(self, session: ClientSession, addresses: ConsoleSettings, agent: Agent) -> None:
        self._session = session
        self._addresses = addresses
        self._headers = {"Authorization": f"Bearer {agent.token}"} if agent.token else {}
        self._silent = set[Service]()

    async def get(self, service: Service, path: str, **query: object) -> Json:
        """What it answers; parameters that are None or empty are left out. Raises Trouble."""
        return (await self.read(service, path, **query)).body

    async def read(self, service: Service, path: str, **query: object) -> Answer:
        """The same with the ETag."""
        return await self._ask(service, "GET", with_query(path, **query))

    async def download(self, service: Service, path: str) -> File:
        """A file as the service keeps it. Raises Trouble."""
        try:
            async with self._session.get(
                self._url(service, path), headers=self._headers, allow_redirects=False
            ) as response:
                content = await response.read()
        except AWAY as error:
            raise Trouble(service, 503, {}) from error
        if response.status >= HTTPStatus.MULTIPLE_CHOICES:
            raise Trouble(service, response.status, {})
        return File(content, response.content_type, response.headers.get("content-disposition", "attachment"))

    @asynccontextmanager
    async def follow(self, service: Service, subjects: list[str], last_event_id: str | None) -> AsyncIterator[Stream]:
        """What a service's readers see from now on, or since that event. Raises Trouble."""
        headers = {**self._headers, **({"Last-Event-ID": last_event_id} if last_event_id else {})}
        url = self._url(service, f"changes?{urlencode({'subject': subjects}, doseq=True)}")
        try:
            async with self._session.get(url, headers=headers, timeout=_STREAM, allow_redirects=False) as response:
                if not response.ok:
                    raise Trouble(service, response.status, {})
                yield response.content.iter_any()
        except AWAY as error:
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
        """`key` is the form's, so that a form sent twice acts once. Raises Trouble.

        Of what somebody has written into the hidden fields of a form, nothing gets out of its header.
        """
        headers = {"Idempotency-Key": key if key and _KEY.fullmatch(key) else str(new_id())}
        if if_match:
            headers["If-Match"] = "".join(sign for sign in if_match if "!" <= sign <= "~")
        return await self._ask(service, method, path, headers, to_json(body))

    async def tell(
        self, service: Service, method: str, path: str, body: Json = None, *, wait_s: float | None = None
    ) -> Json:
        """What may be said twice, such as who is there: the service keeps nothing of it for repetitions.

        `wait_s` is for what takes longer than a page may.
        """
        limits = None if wait_s is None else ClientTimeout(total=wait_s, sock_connect=1)
        content = b"" if body is None else to_json(body)
        return (await self._ask(service, method, path, {}, content, limits=limits)).body

    async def _ask(
        self,
        service: Service,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        *,
        limits: ClientTimeout | None = None,
    ) -> Answer:
        if service in self._silent:
            raise Trouble(service, 503, {})
        try:
            return await self._exchange(service, method, path, headers, body, limits)
        except AWAY as error:
            # what may take long by itself says nothing of the service
            if isinstance(error, TimeoutError) and limits is None:
                self._silent.add(service)
            raise Trouble(service, 503, {}) from error

    async def _exchange(
        self,
        service: Service,
        method: str,
        path: str,
        headers: Mapping[str, str] | None,
        body: bytes,
        limits: ClientTimeout | None,
    ) -> Answer:
        """Raises Trouble for what was answered, and one of AWAY where nothing was."""
        given = {**self._headers, **(headers or {})}
        if body:
            given["Content-Type"] = "application/json"
        asked = self._session.request(
            *(method, self._url(service, path)),
            headers=given,
            data=body or None,
            allow_redirects=False,
            timeout=limits or self._session.timeout,
        )
        async with asked as response:
            content = await response.read()
        try:
            said = from_json(content) if content else None
        except ValueError as error:
            raise Trouble(service, 502, {}) from error
        if response.status >= HTTPStatus.MULTIPLE_CHOICES:
            raise Trouble(service, response.status, said if isinstance(said, dict) else {})
        return Answer(said, response.headers.get("etag"))

    def _url(self, service: Service, path: str) -> URL:
        """Of a path whose parts are escaped already."""
        return URL(f"{getattr(self._addresses, service)}/v1/{path}", encoded=True)


class Front:
    """The console as a process: one pool of connections to the services, and nothing that it keeps."""

    name = "console"

    def __init__(self, settings: ConsoleSettings) -> None:
        self._settings = settings
        self.ending = asyncio.Event()

    @cached_property
    def _session(self) -> ClientSession:
        """Made by the first who asks, since it belongs to the running loop."""
        wait_s = self._settings.wait_s
        return ClientSession(
            # each open page that is live holds a connection
            connector=TCPConnector(limit=1_000, keepalive_timeout=_KEPT_S),
            timeout=ClientTimeout(total=wait_s, sock_connect=min(1.0, wait_s)),
            cookie_jar=DummyCookieJar(),
        )

    def as_(self, agent: Agent) -> Asked:
        return Asked(self._session, self._settings, agent)

    async def start(self) -> None:
        """Nothing has to be there: a page says which service is away."""

    def end_streams(self) -> None:
        """Lets go of what is live: a server that stops would wait for it."""
        self.ending.set()

    async def stop(self) -> None:
        self.end_streams()
        await self._session.close()

    async def ready(self) -> list[Check]:
        """A service that is away takes none of the others' pages away, so it only degrades."""
        return [await self._check(service) for service in SERVICES]

    async def _check(self, service: Service) -> Check:
        try:
            async with self._session.get(f"{getattr(self._settings, service)}/healthz", timeout=_CHECK) as response:
                answered = response.ok
        except AWAY as error:
            return Check(service, "degraded", f"does not answer ({type(error).__name__})")
        return Check(service) if answered else Check(service, "degraded", f"answers {response.status}")
