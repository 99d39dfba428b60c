"""Facts that are posted to contacts while it is killed: what was answered is applied, once."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from deploy.embedded import EmbeddedStack
from tests.faults.evidence import read_topics
from tests.faults.nemesis import die_at
from tests.stack import make_stack, started

pytestmark = [pytest.mark.stack, pytest.mark.slow]
POINTS = ("relay.before_send", "relay.after_send", "batch.before_commit", "batch.after_commit")
BATCH = 25


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[EmbeddedStack]:
    with started(make_stack(tmp_path, services=("contacts",))) as running:
        yield running


class Sender:
    """Posts batches one after another, each until it is answered: a sender cannot tell what became of a request."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.answered: list[str] = []
        self.repeated = 0
        self.ends = False

    async def run(self) -> None:
        async with httpx.AsyncClient(timeout=5) as http:
            while not self.ends:
                await self._post(http, [_sale(f"sale-{len(self.answered) + place}") for place in range(BATCH)])

    async def _post(self, http: httpx.AsyncClient, batch: list[dict[str, object]]) -> None:
        while True:
            try:
                answer = await http.post(
                    self._url, json=batch, headers={"content-type": "application/cloudevents-batch+json"}
                )
            except httpx.TransportError:
                self.repeated += 1
                await asyncio.sleep(0.1)
                continue
            if answer.status_code < 500:
                assert [result["status"] for result in answer.json()["results"]] in ([202] * BATCH, [200] * BATCH)
                self.answered += [str(event["id"]) for event in batch]
                return


def _sale(id_: str) -> dict[str, object]:
    price = {"minor": 500, "currency": "DKK"}
    return {
        "specversion": "1.0",
        "id": id_,
        "source": "/shop",
        "type": "crm.sale.completed.v1",
        "partitionkey": id_,
        "data": {
            "party": {"identities": [{"type": "external", "system": "shop", "value": id_}]},
            "sale_id": id_,
            "channel": "web",
            "total": price,
            "lines": [{"sku": "A-17", "quantity": 1, "unit_price": price}],
        },
    }


async def test_what_was_answered_before_a_kill_is_applied_once(stack: EmbeddedStack) -> None:
    sender = Sender(stack.url("contacts") + "/v1/events")
    sending = asyncio.create_task(sender.run())
    try:
        for point in POINTS:
            # What is posted leads it there; nothing else does.
            await stack.stop_part("contacts")
            await die_at(stack, "contacts", point, 3)
        await stack.start_part("contacts")
        await _goes_on(sender)
        await stack.kill_part("contacts")
        await stack.start_part("contacts")
        await _goes_on(sender)
    finally:
        sender.ends = True
        await sending

    assert sender.repeated, "no request was lost in a kill: nothing was tried"
    found = await _published(stack, len(sender.answered))
    assert found == Counter(sender.answered)


async def _goes_on(sender: Sender) -> None:
    """Wait until a hundred more facts are answered."""
    enough, deadline = len(sender.answered) + 100, time.monotonic() + 120
    while len(sender.answered) < enough:
        assert time.monotonic() < deadline, "contacts takes no more facts"
        await asyncio.sleep(0.05)


async def _published(stack: EmbeddedStack, count: int) -> Counter[str]:
    """How often each sale stands on crm.sales, by its number, once there are as many as that."""
    deadline = time.monotonic() + 120
    while True:
        records = await read_topics(stack.bootstrap, ["crm.sales"])
        # A second sending of a record carries the number of the first.
        found = {(record.partition, record.sequence): record.data["sale_id"] for record in records}
        if len(found) >= count or time.monotonic() > deadline:
            return Counter(found.values())
        await asyncio.sleep(0.5)
