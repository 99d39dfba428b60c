"""A database that was restored from a backup is behind its own topics: found out before anything is published, and
brought up to them by `recover`.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from shared import clock
from shared.engine.decode import decode
from shared.engine.event import Event, Record
from shared.engine.ledger import Place
from shared.engine.own_topics import OwnTopics, sequence_of
from shared.engine.postgres import SQL, PostgresTransaction
from shared.engine.subscription import H, Subscription
from shared.engine.transaction import Transaction
from shared.ids import hashed_part
from shared.sql import columns

Ending = Callable[[Transaction], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Ahead:
    """A partition that holds what the database knows nothing of, numbered beyond what it remembers as sent."""

    place: Place
    published: int
    remembered: int


class Recovery:
    """What a service takes back from its own topics after its database went back to a backup.

    Reading its topics again, from their last number that the database remembers on, comes before anything else. Facts
    that led to them come again too, and lead to the same ids: those are known and not published a second time. So
    handlers here take back only what facts do not bring back: what was written over HTTP, or drawn, or done outside.
    """

    def __init__(self, service: str, topics: Sequence[str]) -> None:
        """`topics` are the service's own, in the order in which they are taken back."""
        self._hears = Subscription(f"{service}.recovery", kind="process", topics=topics)
        self.endings: list[Ending] = []

    @property
    def subscription(self) -> Subscription:
        return self._hears

    def topic(self, name: str) -> Callable[[H], H]:
        """Decorate a handler as `Subscription.topic` does. It is given records of a partition in the log's order,
        inside the one transaction of the recovery.
        """
        return self._hears.topic(name)

    def ending(self, act: Ending) -> Ending:
        """Decorate what runs once every topic has been read."""
        self.endings.append(act)
        return act


@dataclass(slots=True)
class Recovered:
    """What a recovery found: records by topic, and those without a cause by topic, type and subject."""

    records: Counter[str] = field(default_factory=Counter)
    written: list[dict[str, str]] = field(default_factory=list)
    numbers: dict[Place, int] = field(default_factory=dict)

    def note(self, record: Record) -> UUID | None:
        """Count a record in; returns its id, None where somebody else wrote it and gave it none that is ours."""
        headers = {name: (value or b"").decode("utf-8", "replace") for name, value in record.headers}
        place = (record.topic, record.partition)
        self.numbers[place] = max(self.numbers.get(place, 0), sequence_of(record))
        self.records[record.topic] += 1
        if "ce_causationid" not in headers:
            names = ("ce_type", "ce_subject", "ce_id", "ce_time")
            self.written.append({"topic": record.topic} | {name[3:]: headers.get(name, "") for name in names})
        try:
            return UUID(headers.get("ce_id", ""))
        except ValueError:
            return None


async def recover(tx: PostgresTransaction, recovery: Recovery | None, topics: OwnTopics, reason: str) -> Recovered:
    """Bring the database up to the service's own topics, in the caller's transaction.

    Every record beyond the numbers that the database remembers as sent is known from now on and never published again,
    a row of the backup's outbox that is one of them is forgotten, and so are the numbers of a batch that the backup
    was about to send. Doing it again finds nothing more.
    """
    # Nothing is at work meanwhile, with a fence or without.
    await tx.execute(SQL["begin_recovery"])
    await tx.execute(SQL["lock_every_fence"])
    await tx.execute(SQL["mark_recovered"])
    rows = await tx.fetch(SQL["sent_sequences"])
    sent = {(row["topic"], row["partition"]): row["sequence"] for row in rows}
    found = Recovered()
    async for records in topics.beyond(sent, tuple(recovery.subscription.topics) if recovery is not None else ()):
        ids = [id_ for record in records if (id_ := found.note(record)) is not None]
        await tx.execute(SQL["add_published"], [hashed_part(id_) for id_ in ids], [str(id_) for id_ in ids])
        if recovery is not None:
            await _take_back(tx, recovery.subscription, records)
    await tx.execute(SQL["forget_published"])
    await tx.execute(SQL["forget_batches"])
    positions = [(*place, number) for place, number in sorted(found.numbers.items())]
    if positions:
        await tx.execute(SQL["save_positions"], *columns(positions))
    for end in recovery.endings if recovery is not None else ():
        await end(tx)
    await tx.execute(SQL["forget_changes"])
    await tx.execute(SQL["end_setback"])
    subject = {"records": dict(found.records), "written": len(found.written)}
    await tx.record_action("recover", subject, reason)
    return found


async def _take_back(tx: Transaction, hears: Subscription, records: Sequence[Record]) -> None:
    handler = hears.topics.get(records[0].topic)
    if handler is None:
        return
    now, events = clock.now(), list[Event[Any]]()
    for record in records:
        event = decode(record, handler, now, stream=False).event
        if event is not None:
            event.now = now
            events.append(event)
    if events:
        await handler.handle(events, tx)
