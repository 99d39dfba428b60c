"""The HTTP side of a service or a front: life cycle, probes, problem documents, one log line a request."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Request
from prometheus_client import REGISTRY
from prometheus_client.exposition import choose_encoder
from pydantic_core import to_json
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from shared.engine.archive import read_tables
from shared.http import archive, changes, operations
from shared.http.admission import Admission
from shared.http.auth import Authenticator, Principal, requires
from shared.http.changes import Streams
from shared.http.gathering import Gatherings
from shared.http.idempotency import Once, idempotent
from shared.http.limits import SharedLooks, Turns
from shared.http.openapi import describe, operation_id
from shared.http.pages import pages
from shared.http.paging import Listing, Page
from shared.http.problems import RESPONSES, answer_problems
from shared.http.readiness import Running, Serving, service_of
from shared.http.requests import Requests
from shared.http.routes import ServedRoutes
from shared.http.writing import write
from shared.settings import ProcessSettings, ServiceSettings
from shared.telemetry.metrics import BUILD
from shared.telemetry.sink import SpanSink
from shared.telemetry.tracing import spans_of
from shared.version import VERSION

__all__ = [
    "Listing",
    "Once",
    "Page",
    "Principal",
    "build_app",
    "build_front",
    "idempotent",
    "requires",
    "service_of",
    "write",
]

probes = APIRouter(include_in_schema=False)


def build_app(
    service: Serving, settings: ServiceSettings, routers: Iterable[APIRouter], family: archive.Family | None = None
) -> FastAPI:
    """The application of one service. Its lifespan starts and stops the service; `app.state` holds all three.

    `family` says under which ids the service knows a party, where it is the one that knows.
    """
    routers = (*routers, changes.router, operations.router, archive.router, probes, pages)
    app = _application(service, settings, routers)
    app.state.family = family
    app.state.archived = read_tables(service.name)
    app.state.looks = SharedLooks(app.state.turns, service.read)
    app.state.gatherings = Gatherings(service)
    app.state.streams = Streams(service, settings)
    app.state.end_streams = service.changes.close
    answer_problems(app)
    describe(app, app.state.routes, settings.http.port)
    return app


def build_front(front: Running, settings: ProcessSettings, routers: Iterable[APIRouter]) -> FastAPI:
    """The application of pages for people: probes and limits as everywhere, and neither topics nor tables to operate.

    How an error looks is left to the pages.
    """
    return _application(front, settings, (*routers, probes))


def _application(service: Running, settings: ProcessSettings, routers: Iterable[APIRouter]) -> FastAPI:
    spans = spans_of(service.name, settings.tracing)
    app = FastAPI(
        title=f"Rapport {service.name}",
        version="1",
        lifespan=_lifespan(service, spans),
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,  # an id that is empty must not lead to the list
        responses=RESPONSES,
        generate_unique_id_function=operation_id,
        # Its records of failed validations hold the values that failed; requests are counted and logged by ours.
        telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False},
    )
    BUILD.labels(service.name, VERSION).set(1)
    app.state.service = service
    app.state.settings = settings
    app.state.turns = Turns(settings.http)
    app.state.looks = SharedLooks(app.state.turns)
    app.state.authenticator = Authenticator(settings.auth)
    for router in routers:
        app.include_router(router)
    app.state.routes = ServedRoutes(app.routes)
    # The one that is added last is the outer one: it logs and measures what the other refuses.
    app.add_middleware(
        Admission,
        routes=app.state.routes,
        authenticator=app.state.authenticator,
        settings=settings.http,
        open_=settings.auth.mode == "off",
    )
    app.add_middleware(Requests, service=service.name, spans=spans)
    return app


def _lifespan(service: Running, spans: SpanSink | None) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        del app
        try:
            await service.start()
            yield
        finally:
            await service.stop()
            if spans is not None:
                await run_in_threadpool(spans.stop)

    return lifespan


@probes.get("/healthz")
async def healthz() -> Response:
    """Answers as long as the event loop turns; says nothing about Kafka or the database."""
    return Response(b'{"status":"ok"}', media_type="application/json")


@probes.get("/readyz")
async def readyz(service: Annotated[Running, Depends(service_of)]) -> Response:
    """503 names what fails; 200 with `degraded` where the rest still works."""
    checks = await service.ready()
    states = {check.state for check in checks}
    status = next((state for state in ("failing", "degraded") if state in states), "ok")
    body = {
        "status": status,
        "checks": [{"name": check.name, "state": check.state, "detail": check.detail} for check in checks],
    }
    return Response(to_json(body), 503 if status == "failing" else 200, media_type="application/json")


@probes.get("/metrics")
async def metrics(request: Request) -> Response:
    """As OpenMetrics where it is asked for, else as Prometheus' text."""
    encode, media_type = choose_encoder(request.headers.get("accept", ""))
    return Response(await run_in_threadpool(encode, REGISTRY), headers={"Content-Type": media_type})
