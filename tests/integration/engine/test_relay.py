"""What the relay does with an outbox, on real topics."""

from collections.abc import Sequence
from uuid import uuid4

import pytest

from shared import clock
from shared.engine.event import Emission, Event
from shared.engine.partitions import partition_of
from shared.engine.transaction import Transaction
from shared.events.contract import contract_of
from shared.events.ingest import ReportedChoice
from tests.integration.engine.probe import CHOICE, Probe, noting, reopened

pytestmark = pytest.mark.stack


async def test_a_fact_that_a_service_passes_on_has_its_senders_name_and_holds_no_number_back(probe: Probe) -> None:
    """Several of them between events of the service's own; sent twice under one id it counts once, as any fact does."""
    seen: list[tuple[str, str, bytes | None]] = []

    async def look(events: Sequence[Event[object]], tx: Transaction) -> None:
        del tx
        seen.extend((event.source, event.id, event.key) for event in events)

    fact, now = contract_of(ReportedChoice).adapter.validate_json(CHOICE), clock.now()
    ids = [f"mail-{uuid4()}" for _ in range(3)]
    facts = [Emission(fact, now, id=id_, source="/support/email", key="81") for id_ in [*ids, ids[0]]]
    async with probe.running(noting("facts", "crm.ingest", act=look)):
        await probe.emit([facts[0], reopened(uuid4()), *facts[1:], reopened(uuid4())])
        assert await probe.applied("support.facts", partition_of("81"), ids) == ids
    assert [each for each in seen if each[1] in ids] == [("/support/email", id_, b"81") for id_ in ids]
    remembered = await probe.rows("select 1 from relay_position where topic = 'crm.ingest'")
    assert not remembered, "numbers are for what is ours"
