"""The connections of a service: one pool a search path, with limits that free what a stopped process holds."""

from datetime import datetime
from typing import Any

import asyncpg

from shared.engine.ledger import Fence, Place
from shared.engine.partitions import PARTITIONS
from shared.engine.postgres import SQL, ensure_fences
from shared.engine.remembered import Identity, Remembered
from shared.engine.rows import fences_of
from shared.engine.subscription import Subscription
from shared.engine.ticks import lowest_watermark
from shared.engine.timers import clocked_topics
from shared.environment import Followed
from shared.errors import ConfigurationError, Transient
from shared.events.ingest import INGEST
from shared.settings import DatabaseSettings

_LIMITS = {
    "idle_in_transaction_session_timeout": "10s",
    "lock_timeout": "5s",
    "statement_timeout": "30s",
    "tcp_keepalives_idle": "10",
}

_REQUESTS = "of requests"  # no schema is called so


async def _leave_as_it_is(connection: asyncpg.Connection) -> None:
    """Nothing here changes a session, so that a returned connection needs no `reset all`, which costs a round trip."""
    del connection


async def find_setback(connection: asyncpg.Connection) -> str | None:
    setback: str | None = await connection.fetchval(SQL["find_setback"])
    return setback


async def note_setback(connection: asyncpg.Connection, reason: str, recoveries: int) -> None:
    """Tell every process that the database went back; `recoveries` is how many there were when it was noticed."""
    await connection.execute(SQL["note_setback"], reason, recoveries)


class Database:
    """Pools: the engine's, that of HTTP, and one for each projection, which finds its tables in its schema first."""

    def __init__(self, settings: DatabaseSettings, application: str) -> None:
        self._address = Followed("RAPPORT_DATABASE__DSN", settings.dsn.get_secret_value())
        self._settings = settings
        self._application = application
        self._pools: dict[str, asyncpg.Pool] = {}
        self.remembered = Remembered()
        self.recovered = False

    @property
    def dsn(self) -> str:
        """For each new connection: a password may be changed in its secret file while the service runs."""
        return self._address.read()

    async def find_setback(self) -> str | None:
        """Why this database may not be used until it is recovered; None where it may. Raises what `open` raises."""
        connection = await asyncpg.connect(self.dsn, timeout=10, command_timeout=10)
        try:
            if not await connection.fetchval(SQL["has_tables"]):
                return None
            if self.remembered.setback is not None:
                await note_setback(connection, self.remembered.setback, self.remembered.recoveries)
            setback = await find_setback(connection)
        finally:
            await connection.close()
        if setback is None:
            self.remembered.forget()
        return setback

    async def check_identity(self, connection: asyncpg.Connection | None = None) -> None:
        """Raises WentBack where another or an older database answers."""
        before = self.remembered.known()
        found = await (connection or self.main).fetchrow(SQL["identify"])
        if found is not None:
            self.remembered.check_identity(Identity(**found), before)

    async def open(self, subscriptions: list[Subscription]) -> None:
        """Connect. Raises ConfigurationError where tables are missing, OSError or asyncpg's errors where it is down."""
        await self._open("", self._settings.pool_min, self._settings.pool_max)
        if not await self.main.fetchval(SQL["has_tables"]):
            raise ConfigurationError(
                f"the database has no tables yet: run `python -m shared.run.migrate {self._application}`"
            )
        self.recovered = await self.main.fetchval(SQL["has_published"])
        timeout = f"{round(self._settings.http_statement_s * 1_000)}ms"
        # To compile a statement takes longer than any of a request's, however much a plan for any values seems to cost.
        own = {"statement_timeout": timeout, "plan_cache_mode": self._settings.http_plans, "jit": "off"}
        await self._open(_REQUESTS, 1, self._settings.http_pool_max, **own)
        for subscription in subscriptions:
            if subscription.schema is not None:
                await self._open(subscription.schema, 1, 2, search_path=f"{subscription.schema}, public")

    async def _open(self, name: str, least: int, most: int, **own: str) -> None:
        if name in self._pools:
            return
        server = {**_LIMITS, "timezone": "UTC", "application_name": f"rapport {self._application}", **own}
        pool = await asyncpg.create_pool(
            self.dsn,
            connect=self._connect,
            min_size=least,
            max_size=most,
            server_settings=server,
            command_timeout=40,
            statement_cache_size=200,
            init=self._check_connection,
            reset=_leave_as_it_is,
        )
        self._pools[name] = pool

    async def _connect(self, dsn: str | None = None, **options: Any) -> asyncpg.Connection:
        del dsn  # as it was when the pool was made
        return await asyncpg.connect(self.dsn, **options)

    async def _check_connection(self, connection: asyncpg.Connection) -> None:
        # Behind the same name may be another database by now.
        if await connection.fetchval(SQL["has_tables"]):
            await self.check_identity(connection)
            for group in self.remembered.groups():
                before = self.remembered.known_fences(group)
                rows = await connection.fetch(SQL["read_fences"], group)
                self.remembered.check_fences(group, fences_of(rows), before)

    async def close(self) -> None:
        """Drop every connection; transactions in flight roll back."""
        for pool in self._pools.values():
            pool.terminate()
        self._pools.clear()

    @property
    def main(self) -> asyncpg.Pool:
        """The pool with the service's own search path; raises Transient as long as it is not open."""
        return self._opened("")

    @property
    def requests(self) -> asyncpg.Pool:
        """What HTTP uses, so that many costly requests cannot take every connection from the engine; as `main`."""
        return self._opened(_REQUESTS)

    def _opened(self, name: str) -> asyncpg.Pool:
        if name not in self._pools:
            raise Transient("the database is not open yet")
        return self._pools[name]

    def pool_of(self, subscription: Subscription) -> asyncpg.Pool:
        return self._pools[subscription.schema or ""]

    async def watermarks(self, subscription: Subscription) -> dict[int, datetime]:
        """The lowest watermark of each partition over the topics that carry the clock.

        On crm.ingest, which its senders key, facts about a party come on any partition: the lowest of all counts.
        """
        topics = clocked_topics(subscription)
        if topics == [INGEST]:
            lowest = await lowest_watermark(self.main, subscription.group, INGEST)
            return {} if lowest is None else dict.fromkeys(range(PARTITIONS), lowest)
        rows = await self.main.fetch(SQL["read_watermarks"], subscription.group, topics)
        return {row["partition"]: row["watermark"] for row in rows}

    async def partitions(self, subscription: Subscription) -> set[int]:
        """The partitions that any instance was ever given."""
        rows = await self.main.fetch(SQL["read_fences"], subscription.group)
        return {row["partition"] for row in rows}

    async def ensure_fences(self, group: str, places: list[Place]) -> dict[Place, Fence]:
        """The fences of these places; missing ones are made. Asked every second, when nearly always all stand."""
        before = self.remembered.known_fences(group)
        fences = fences_of(await self.main.fetch(SQL["read_fences"], group))
        if not fences.keys() >= set(places):
            await ensure_fences(self.main, group, places)
            fences = fences_of(await self.main.fetch(SQL["read_fences"], group))
        self.remembered.check_fences(group, fences, before)
        self.remembered.keep_fences(group, {place: fences[place] for place in places})
        return {place: fences[place] for place in places}
