"""Kafka, Postgres and services as one thing that starts, stops and breaks on request."""

import asyncio
import os
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from deploy.assets.fetch import fetch_assets
from deploy.embedded.databases import Databases
from deploy.embedded.folder import Folder, write_atomically
from deploy.embedded.java import Java
from deploy.embedded.kafka import Kafka
from deploy.embedded.parts import Broker, Part, Server
from deploy.embedded.ports import HOST, Ports
from deploy.embedded.postgres import Postgres
from deploy.embedded.service import Service, migrate, migrations_mark
from deploy.embedded.warm import ensure_warm
from deploy.errors import StackError, StartError
from deploy.kafka.provision import ProvisionError, provision
from deploy.kafka.topics import digest as topics_digest, load_topics
from shared.run.discovery import SERVICES, shown_by

_RACES = 5  # starts that may be lost to programs that take a port after it was found free


class EmbeddedStack:
    """`async with EmbeddedStack(folder, services=["contacts"]) as stack:` and all of it is ready.

    `services` None means all, () none; `fronts` are the pages for people beside them. `ports` asks for single ports by
    name; the others are the contract's where `default_ports` and they are free, else free ones. `clock` goes to every
    service, `env` to the fronts too. Parts have names: kafka, postgres, the service's name, and "contacts-2" for a
    second one. Leaving stops services, then Kafka, then Postgres.
    """

    def __init__(
        self,
        folder: Path,
        *,
        services: Iterable[str] | None = None,
        fronts: Iterable[str] = (),
        clock: Literal["wall", "stream"] = "wall",
        ports: Mapping[str, int] | None = None,
        default_ports: bool = False,
        env: Mapping[str, str] | None = None,
        fresh: bool = False,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.folder = Folder(folder)
        self.services = tuple(SERVICES if services is None else services)
        self.fronts = tuple(fronts)
        self.parts: dict[str, Part] = {}
        self.seconds: dict[str, float] = {}  # how long each part took to start
        self._topics_mark = self.folder.path / "topics"  # which topics.yaml its Kafka was provisioned with
        self._clock = clock
        self._ports = Ports(self.folder.path / "ports.json", ports or {}, defaults=default_ports)
        self._env = dict(env or {})
        self._fresh = fresh
        self._say = say

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def bootstrap(self) -> str:
        """Kafka's host:port."""
        return self.kafka.bootstrap

    def dsn(self, service: str) -> str:
        return self.databases.dsn(service)

    def owner_dsn(self, service: str) -> str:
        return self.databases.owner_dsn(service)

    def superuser_dsn(self, database: str = "postgres") -> str:
        return self.postgres.dsn(database)

    def url(self, name: str) -> str:
        """Of a service or a front, or of an instance of one."""
        part = self.parts[name]
        if not isinstance(part, Service):
            raise KeyError(name)
        return part.url

    @property
    def pids(self) -> dict[str, int]:
        """Of the parts that run."""
        return {name: pid for name, part in self.parts.items() if (pid := part.child.pid) is not None}

    async def start(self) -> None:
        """Everything, in order. Raises StackError; call `stop` then too."""
        await asyncio.to_thread(self.folder.open, fresh=self._fresh)
        races = 0
        while not await self._start_or_move(last=races == _RACES):
            races += 1

    async def _start_or_move(self, *, last: bool) -> bool:
        """False where another program took a port after it was found free: another one is chosen, and nothing runs."""
        try:
            await self._start_parts()
        except StartError:
            await self._stop_parts()
            taken = [] if last else self._ports.replace_taken()
            if not taken:
                raise
            self._say(f"The port of {', '.join(taken)} was taken by another program; another one is tried.")
            self.parts.clear()
            return False
        return True

    async def _start_parts(self) -> None:
        self.kafka, self.postgres = await self._make_servers()
        self.databases = Databases(self.postgres, self.folder)
        self.parts |= {"kafka": self.kafka, "postgres": self.postgres}
        if self._topics_mark.exists() and self._topics_mark.read_text("utf-8").strip() == topics_digest():
            # services wait for Kafka by themselves, and most of their start is work of their own
            await _together(self._start_kafka(), self._start_postgres_and_services())
        else:  # a consumer that is there before its topic would learn of it minutes later
            await _together(self._start_kafka(), self._start_postgres())
            await self._start_services()

    async def stop(self) -> None:
        """Services first, then Kafka, then Postgres; what does not run is passed over."""
        await self._stop_parts()
        self.folder.close()

    async def _stop_parts(self) -> None:
        await _together(*(self.stop_part(name) for name, part in self.parts.items() if isinstance(part, Service)))
        for name in ("kafka", "postgres"):
            if name in self.parts:
                await self.stop_part(name)

    async def ensure_databases(self, *services: str) -> None:
        """Each with its roles and the newest schema; what is there already stays."""
        marks = await self.databases.ensure(services)
        await _together(*(self._migrate(name) for name in services if marks[name] != migrations_mark(name)))

    async def add(self, service: str, name: str | None = None, env: Mapping[str, str] | None = None) -> str:
        """Starts a service, or under another `name` one more instance of it. Returns the name when it is ready."""
        name = name or service
        told = self._front_environment(service) if service in self.fronts else self._environment(service)
        environment = {**told, **self._env, **(env or {})}
        self.parts[name] = Service(service, name, self._ports.of(name), environment, self.folder.logs)
        await self.start_part(name)
        return name

    async def start_part(self, name: str, env: Mapping[str, str] | None = None) -> None:
        """Returns when it is ready. `env`, for a service, holds for this start only: a fault to pass, for example."""
        part, begun = self.parts[name], time.monotonic()
        await asyncio.to_thread(part.start, env)
        self.seconds[name] = time.monotonic() - begun
        self.folder.remember_processes(self.pids)

    async def stop_part(self, name: str) -> None:
        """Asks it to end in order, and waits until it has."""
        await asyncio.to_thread(self.parts[name].child.stop)

    async def kill_part(self, name: str) -> None:
        """SIGKILL, and waits until it is gone."""
        await asyncio.to_thread(self.parts[name].child.kill)

    def suspend_part(self, name: str) -> None:
        """SIGSTOP: it holds its connections and locks but does nothing until `resume_part`."""
        self.parts[name].child.suspend()

    def resume_part(self, name: str) -> None:
        self.parts[name].child.resume()

    async def _make_servers(self) -> tuple[Broker, Server]:
        """Overridden where they are containers."""
        data, logs = self.folder.path, self.folder.logs
        java = Java(self._say)
        await asyncio.to_thread(java.prepare)
        await asyncio.to_thread(ensure_warm, java, self._say)
        port, controller_port = self._ports.of("kafka"), self._ports.of("kafka-controller")
        kafka = Kafka(data / "kafka", logs, port, controller_port, java)
        return kafka, Postgres(data / "postgres", logs, self._ports.of("postgres"), self.folder.secret("postgres"))

    async def _start_kafka(self) -> None:
        await asyncio.to_thread(self.kafka.prepare)
        await self.start_part("kafka")
        try:
            await provision(self.kafka.bootstrap, load_topics("local"))
        except ProvisionError as error:
            raise StackError(str(error)) from error
        write_atomically(self._topics_mark, topics_digest())

    async def _start_postgres(self) -> None:
        await asyncio.to_thread(self.postgres.prepare)
        await self.start_part("postgres")
        await self.ensure_databases(*self.services)

    async def _start_postgres_and_services(self) -> None:
        await self._start_postgres()
        await self._start_services()

    async def _start_services(self) -> None:
        if self.fronts:
            await asyncio.to_thread(fetch_assets, self._say)
        await _together(*(self.add(name) for name in (*self.services, *self.fronts)))

    async def _migrate(self, service: str) -> None:
        await asyncio.to_thread(migrate, service, self.databases, self.folder.logs)
        await self.databases.mark(service, migrations_mark(service))

    def _front_environment(self, front: str) -> dict[str, str]:
        """Where the services are that it shows, also those that run elsewhere on their usual ports."""
        addresses = {
            f"RAPPORT_{front}__{service}".upper(): f"http://{HOST}:{self._ports.of(service)}"
            for service in shown_by(front)
        }
        return {**addresses, "RAPPORT_AUTH__MODE": "off", "RAPPORT_LOG__FORMAT": "json"}

    def _environment(self, service: str) -> dict[str, str]:
        environment = {
            "RAPPORT_KAFKA__BROKERS": self.kafka.bootstrap,
            "RAPPORT_DATABASE__DSN": self.databases.dsn(service),
            "RAPPORT_AUTH__MODE": "off",
            "RAPPORT_CLOCK": self._clock,
            "RAPPORT_LOG__FORMAT": "json",
        }
        if service == "contacts" and "RAPPORT_CONTACTS__PSEUDONYM_KEY" not in os.environ:
            environment["RAPPORT_CONTACTS__PSEUDONYM_KEY"] = self.folder.secret("pseudonyms")
        if service == "marketing" and "RAPPORT_MARKETING__SMTP_URL" not in os.environ:
            environment["RAPPORT_MARKETING__MAILDIR"] = str(self.folder.path / "mail")
        if service == "marketing" and "RAPPORT_MARKETING__PUBLIC_URL" not in os.environ:
            environment["RAPPORT_MARKETING__PUBLIC_URL"] = f"http://{HOST}:{self._ports.of(service)}"
            environment["RAPPORT_MARKETING__UNSUBSCRIBE_SECRET"] = self.folder.secret("unsubscribe")
        if service == "support" and "RAPPORT_SUPPORT__PUBLIC_URL" not in os.environ:
            environment["RAPPORT_SUPPORT__PUBLIC_URL"] = f"http://{HOST}:{self._ports.of(service)}"
            environment["RAPPORT_SUPPORT__SURVEY_SECRET"] = self.folder.secret("surveys")
        return environment


async def _together(*work: Coroutine[object, object, object]) -> None:
    """All of it; the first failure ends the others and is raised alone."""
    try:
        async with asyncio.TaskGroup() as group:
            for one in work:
                group.create_task(one)
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
