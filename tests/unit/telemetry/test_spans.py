"""Spans reach a collector in batches; without one the service goes on, and says so once."""

import socket
import time
from collections.abc import Sequence

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from structlog.testing import capture_logs

from shared.telemetry import metrics
from shared.telemetry.sink import Span
from shared.telemetry.spans import LoggedExporter, Spans, export_spans
from tests.collector import collecting

SHOP = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
OWN = SHOP.replace("b7ad", "0001")


def add(spans: Spans, number: int = 1) -> None:
    for _ in range(number):
        spans.add(Span("send crm.sales", "producer", OWN, SHOP, (1_000, 2_000), {"messaging.system": "kafka", "n": 1}))


def counted(outcome: str, service: str) -> float:
    return float(metrics.SPANS.labels(service, outcome)._value.get())


@pytest.mark.slow
def test_a_collector_gets_what_was_made_before_the_stop() -> None:
    with collecting() as collector:
        spans = export_spans("sender", collector.endpoint, 0.5)
        add(spans)
        spans.add(Span("GET /v1/x", "server", SHOP, None, (1_000, 2_000), {"error.type": "500"}))
        spans.stop()
    sent, served = collector.spans
    assert (sent.service, sent.name, sent.kind, sent.failed) == ("sender", "send crm.sales", 4, False)
    assert (sent.trace, sent.id, sent.parent) == (SHOP[3:35], OWN[36:52], SHOP[36:52])
    assert (sent.begun, sent.ended, sent.attributes) == (1_000, 2_000, {"messaging.system": "kafka", "n": "1"})
    assert (served.kind, served.parent, served.failed) == (2, "", True)
    assert (counted("made", "sender"), counted("exported", "sender")) == (2, 2)


@pytest.mark.parametrize("listens", [False, True])
@pytest.mark.slow
def test_a_collector_that_is_away_holds_nobody_up(listens: bool) -> None:
    """Whether nobody listens, or somebody who never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        if not listens:
            server.close()
        spans = export_spans("lonely", f"http://127.0.0.1:{port}/v1/traces", 1.0)
        begun = time.monotonic()
        add(spans, 20_000)
        assert time.monotonic() - begun < 30, "forty batches would have waited for a second each"
        stopping = time.monotonic()
        spans.stop()
        assert time.monotonic() - stopping < 30
    exporting = spans._processor._batch_processor._worker_thread  # type: ignore[attr-defined]  # private
    exporting.join(30)
    assert not exporting.is_alive()
    assert counted("exported", "lonely") == 0


class Collecting(SpanExporter):
    """Takes spans while it `works`."""

    works = True

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        del spans
        return SpanExportResult.SUCCESS if self.works else SpanExportResult.FAILURE


def test_a_collector_that_is_away_is_told_of_once() -> None:
    collector = Collecting()
    told = LoggedExporter("told", collector)
    with capture_logs() as lines:
        for collector.works in (True, False, False, True, True, False):
            told.export([])
    assert [line["event"] for line in lines] == ["spans_not_taken", "spans_taken_again", "spans_not_taken"]
