"""Where the spans of a test go: to a collector over OTLP/HTTP, or into memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.telemetry.spans import Spans


@dataclass(frozen=True, slots=True)
class Told:
    """A span as it came; ids in hexadecimal, `attributes` as text, `failed` by its status."""

    service: str
    name: str
    kind: int
    trace: str
    id: str
    parent: str
    begun: int
    ended: int
    failed: bool
    attributes: dict[str, str]


@dataclass(slots=True)
class Collector:
    """What came so far."""

    endpoint: str = ""
    spans: list[Told] = field(default_factory=list)

    def take(self, body: bytes) -> None:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            about = _texts(resource.resource.attributes)
            for span in (span for scope in resource.scope_spans for span in scope.spans):
                self.spans.append(
                    Told(
                        about["service.name"],
                        span.name,
                        span.kind,
                        span.trace_id.hex(),
                        span.span_id.hex(),
                        span.parent_span_id.hex(),
                        span.start_time_unix_nano,
                        span.end_time_unix_nano,
                        span.status.code == 2,
                        _texts(span.attributes),
                    )
                )


def _texts(attributes: object) -> dict[str, str]:
    return {
        each.key: str(getattr(each.value, each.value.WhichOneof("value")))
        for each in attributes  # type: ignore[attr-defined]  # protobuf
    }


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector on a free port of this machine."""
    collector = Collector()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            collector.take(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name is its parent's
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        collector.endpoint = f"http://127.0.0.1:{server.server_port}/v1/traces"
        Thread(target=server.serve_forever, daemon=True).start()
        yield collector
        server.shutdown()


def remembered(service: str, ratio: float = 0.0) -> tuple[Spans, InMemorySpanExporter]:
    """Spans that stay in memory."""
    memory = InMemorySpanExporter()
    return Spans(service, ratio, SimpleSpanProcessor(memory), memory.shutdown), memory
