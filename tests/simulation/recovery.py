"""What `shared.engine.recovery.recover` does, on the tables of the simulation."""

from collections.abc import Sequence
from uuid import UUID

from shared.engine.event import Record
from shared.engine.ledger import Place
from shared.engine.own_topics import Known, sequence_of
from shared.events.sales import SALES
from shared.ids import hashed_part
from tests.simulation.memory import Tables
from tests.simulation.world import Log


def known_of(tables: Tables) -> Known:
    """What is committed of the numbers of a service's topics."""
    stored: dict[Place, dict[int, str]] = {}
    for id_, number in tables.batch:
        row = tables.outbox[id_]
        stored.setdefault((row.topic, row.partition), {})[number] = row.event_id
    return Known(dict(tables.positions), stored)


def recover(tables: Tables, log: Log, *, knows: bool = True) -> None:
    """Know what stands on the topic beyond the numbers that are remembered as sent, and number on after it."""
    ids = set()
    for partition, records in enumerate(log.topics[SALES]):
        sent = tables.positions.get((SALES, partition), 0)
        beyond = [record for record in records if record is not None and sequence_of(record) > sent]
        ids |= {UUID((dict(record.headers)["ce_id"] or b"").decode()) for record in beyond}
        tables.positions[SALES, partition] = max(map(sequence_of, beyond), default=sent)
        _complete(log, beyond)
    if knows:
        tables.published |= {hashed_part(id_) for id_ in ids}
        tables.outbox = {number: row for number, row in tables.outbox.items() if UUID(str(row.event_id)) not in ids}
        tables.aside = {number: one for number, one in tables.aside.items() if UUID(str(one[0].event_id)) not in ids}
    tables.batch = []
    tables.recoveries += 1
    for fence in tables.fences.values():
        fence.recoveries = tables.recoveries


def _complete(log: Log, beyond: Sequence[Record]) -> None:
    """Write once more what a repetition that was cut short has left out: the newest stands last."""
    latest = max(map(sequence_of, beyond[-1:]), default=0)
    missing = {number: record for record in beyond if (number := sequence_of(record)) > latest}
    for _, record in sorted(missing.items()):
        log.append(record.topic, record.partition, record.key, record.value, record.headers)
