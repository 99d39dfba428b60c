"""A sale's spans, as a collector gets them."""

import asyncio
from collections.abc import Iterator
from uuid import uuid4

import pytest

from deploy.embedded import EmbeddedStack
from shared.run.discovery import subscriptions_of
from tests.collector import Collector, Told, collecting
from tests.e2e.client import Client, eventually
from tests.stack import make_stack, started

pytestmark = [pytest.mark.stack, pytest.mark.slow]

SHOP = "b7ad6b7169203331"
LOOKED_AT = f"00-0af7651916cd43dd8448eb211c80319c-{SHOP}-01"
PASSED_ON = f"00-4bf92f3577b34da6a3ce929d0e0e4736-{SHOP}-00"


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with collecting() as running:
        yield running


@pytest.fixture(scope="module")
def stack(collector: Collector, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStack]:
    env = {"RAPPORT_TRACING__ENDPOINT": collector.endpoint, "RAPPORT_TRACING__RATIO": "0"}
    with started(make_stack(tmp_path_factory.mktemp("traced"), env=env)) as running:
        yield running


async def sell(client: Client, customer: str, traceparent: str) -> tuple[dict[str, str], dict[str, str]]:
    """The headers of the sale and of the message that was sent."""
    await client.meet(customer)
    client.traceparent = traceparent
    await client.sell(customer, f"sale-{customer}")
    client.traceparent = None
    sold, _ = await client.find("crm.sales", "sale.completed", origin="/shop", sale_id=f"sale-{customer}")
    sent, _ = await client.find("crm.campaigns", "message.sent", trigger_event_id=sold["ce_id"])
    return sold, sent


def way_of(span: Told, spans: dict[str, Told]) -> list[str]:
    """From the root to this one."""
    above = spans.get(span.parent)
    return [*(way_of(above, spans) if above else [span.parent]), f"{span.service}: {span.name}"]


async def test_a_sale_is_one_tree_and_one_without_the_flag_leaves_nothing(client: Client, collector: Collector) -> None:
    sold, sent = await sell(client, f"bob-{uuid4()}", PASSED_ON)
    assert sold["traceparent"] == sent["traceparent"] == PASSED_ON

    customer = f"ada-{uuid4()}"
    sold, sent = await sell(client, customer, LOOKED_AT)

    async def complete() -> bool:
        ids = {span.id for span in collector.spans}
        told = [s for s in collector.spans if s.attributes.get("messaging.message.id") == sent["ce_id"]]
        return len(told) == 3 and {s.parent for s in collector.spans} <= ids | {SHOP}

    await eventually(complete, "every span of the sale")
    await asyncio.sleep(3)  # what would come besides
    spans = {span.id: span for span in collector.spans}
    assert len(spans) == len(collector.spans)
    assert {span.trace for span in collector.spans} == {LOOKED_AT[3:35]}
    assert [span.name for span in collector.spans if span.parent == SHOP] == ["process crm.ingest"]

    to_sale = [SHOP, "contacts: process crm.ingest", "contacts: send crm.sales"]
    to_message = [*to_sale, "marketing: process crm.sales", "marketing: send crm.campaigns"]
    assert way_of(spans[sold["traceparent"][36:52]], spans) == to_sale
    assert way_of(spans[sent["traceparent"][36:52]], spans) == to_message
    ways = [way_of(span, spans) for span in collector.spans]
    for reader in ("contacts", "marketing", "forecasting"):
        groups = [each.group for each in subscriptions_of(reader) if "crm.sales" in each.topics]
        assert ways.count([*to_sale, f"{reader}: process crm.sales"]) == len(groups) >= 1
    planned = {
        span.attributes["cloudevents.event_type"] for span in spans.values() if way_of(span, spans) == to_message
    }
    assert {"crm.message.planned.v1", "crm.message.sent.v1"} <= planned

    for span in collector.spans:
        assert span.begun <= span.ended
        assert not span.failed
        assert customer not in str(span.attributes).replace(f"event-sale-{customer}", "")
        assert "@" not in str(span.attributes)
