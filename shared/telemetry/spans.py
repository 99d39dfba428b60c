"""Spans on their way to a collector. Imported only where one is set: this loads OpenTelemetry.

Nothing here waits: what cannot be exported in time is lost, and the service goes on.
"""

import logging
from collections.abc import Callable, Sequence
from socket import gethostname
from threading import Thread

import structlog
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from shared.telemetry import metrics
from shared.telemetry.sink import Span

log = structlog.get_logger()
_STOP_S = 2.0
_QUEUE, _EVERY_MS = 4_096, 2_000


class Spans:
    """Spans are made of what was written down meanwhile, once that is committed.

    `give_up` ends an export that is under way.
    """

    def __init__(self, service: str, ratio: float, processor: SpanProcessor, give_up: Callable[[], None]) -> None:
        self.ratio = ratio
        self._processor = processor
        self._give_up = give_up
        self._made = metrics.SPANS.labels(service, "made")
        self._scope = InstrumentationScope("rapport")
        self._resource = Resource.create(
            {"service.namespace": "rapport", "service.name": service, "service.instance.id": gethostname()}
        )

    def add(self, span: Span) -> None:
        self._made.inc()
        self._processor.on_end(
            ReadableSpan(
                span.name,
                _context(span.own, remote=False),
                _context(span.parent, remote=True) if span.parent else None,
                self._resource,
                span.attributes,
                kind=SpanKind[span.kind.upper()],
                status=Status(StatusCode.ERROR if "error.type" in span.attributes else StatusCode.UNSET),
                start_time=span.times[0],
                end_time=span.times[1],
                instrumentation_scope=self._scope,
            )
        )

    def stop(self) -> None:
        ending = Thread(target=self._processor.shutdown, name="last spans", daemon=True)
        ending.start()
        ending.join(_STOP_S)
        self._give_up()


class LoggedExporter(SpanExporter):
    """Counts what an exporter takes and fails to take, and logs when failing begins and ends."""

    def __init__(self, service: str, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._failing = self._over = False
        self._exported = metrics.SPANS.labels(service, "exported")
        self._failed = metrics.SPANS.labels(service, "failed")

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._exporter.export(spans)
        failing = result is not SpanExportResult.SUCCESS
        (self._failed if failing else self._exported).inc(len(spans))
        if failing and not self._failing and not self._over:
            log.warning("spans_not_taken", spans=len(spans))
        elif self._failing and not failing:
            log.info("spans_taken_again")
        self._failing = failing
        return result

    def shutdown(self) -> None:
        if not self._over:
            self._over = True
            self._exporter.shutdown()


def export_spans(service: str, endpoint: str, ratio: float) -> Spans:
    logging.getLogger("opentelemetry").setLevel(
        logging.CRITICAL
    )  # it repeats with each batch what LoggedExporter says once
    exporter = LoggedExporter(service, OTLPSpanExporter(endpoint))
    return Spans(service, ratio, BatchSpanProcessor(exporter, _QUEUE, _EVERY_MS), exporter.shutdown)


def _context(traceparent: str, *, remote: bool) -> SpanContext:
    trace_id, span_id = int(traceparent[3:35], 16), int(traceparent[36:52], 16)
    return SpanContext(trace_id, span_id, is_remote=remote, trace_flags=TraceFlags(TraceFlags.SAMPLED))
