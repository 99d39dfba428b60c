"""A service without Kafka or a database, and routes of every kind."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import httpx
from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, Field
from starlette.responses import Response

from shared.engine.change_feed import ChangeFeed
from shared.engine.checks import Check
from shared.engine.remembered import WentBack
from shared.errors import Invalid, NotFound, Stale, Transient
from shared.http.app import Page, Principal, requires, service_of
from shared.http.limits import COSTLY
from shared.settings import AuthSettings, DatabaseSettings, HttpSettings, KafkaSettings, ServiceSettings
from shared.telemetry.tracing import current_traceparent

ID = "6f1c2a0e-5f0c-5c39-9a44-2f8f1f0c7d11"
PERSON = "ada@example.com"


def no_database() -> asyncpg.Pool:
    raise Transient("there is none")


class Desk:
    """A service without Kafka or a database."""

    subscriptions = ()
    name = "desk"

    def __init__(self) -> None:
        self.life: list[str] = []
        self.checks = [Check("database")]
        self.counting, self.most_counting, self.counted = 0, 0, asyncio.Event()
        self.changes = ChangeFeed(no_database)

    async def start(self) -> None:
        self.life.append("started")

    async def stop(self) -> None:
        self.life.append("stopped")

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        yield None

    read = transaction

    async def ready(self) -> list[Check]:
        return self.checks


class NewParty(BaseModel):
    name: str = Field(max_length=5)
    lines: list[int] = []


router = APIRouter(prefix="/v1/parties")


@router.get("/newest")
async def newest() -> dict[str, str]:
    return {"id": ID}


@router.put("/{party_id}")
async def replace_party(party_id: UUID, new: NewParty) -> NewParty:
    del party_id
    return new


@router.get("/{party_id}")
async def read_party(
    party_id: UUID, principal: Annotated[Principal, Depends(requires("crm:read"))], q: str | None = None
) -> dict[str, str]:
    del q
    return {"id": str(party_id), "by": principal.subject}


@router.post("", status_code=201, dependencies=[Depends(requires("crm:write"))])
async def create_party(new: NewParty) -> NewParty:
    return new


@router.get("")
async def list_parties(page: Page) -> dict[str, int]:
    return {"limit": page.limit}


@router.get("/tagged/now")
async def tagged() -> Response:
    return Response(b"{}", headers={"ETag": '"7-a"'})


@router.get("/traced/now")
async def traced() -> dict[str, str | None]:
    return {"traceparent": current_traceparent()}


@router.get("/counted/{kind}", dependencies=[COSTLY])
async def count_parties(kind: str, desk: Annotated[Desk, Depends(service_of)]) -> dict[str, str]:
    desk.counting += 1
    desk.most_counting = max(desk.most_counting, desk.counting)
    try:
        await desk.counted.wait()
        if kind == "unknown":
            raise NotFound("nothing of this kind is counted")
        return {"kind": kind}
    finally:
        desk.counting -= 1


@router.get("/raises/{kind}")
async def raises(kind: str) -> None:
    raise {
        "missing": NotFound("no party has this id"),
        "stale": Stale("read it again", field="If-Match", state={"version": 3}),
        "invalid": Invalid("no such currency", field="currency"),
        "teapot": HTTPException(418, "short and stout", headers={"X-Pot": "tea"}),
        "bug": ValueError(PERSON),
        "starting": Transient("the database is not open yet"),
        "restored": WentBack("its log ends at 5, and was at 9 before"),
        "timeout": TimeoutError(),
        "locked": asyncpg.LockNotAvailableError(PERSON),
        "closed": asyncpg.InterfaceError("pool is closing"),
        "nul": asyncpg.CharacterNotInRepertoireError(PERSON),
        "statement": asyncpg.UndefinedTableError("no such table"),
    }[kind]


def settings_with(auth: AuthSettings, **http: Any) -> ServiceSettings:
    return ServiceSettings(
        kafka=KafkaSettings(brokers="localhost:1"),
        database=DatabaseSettings(dsn="postgresql://nowhere"),
        http=HttpSettings(**http),
        auth=auth,
    )


def problem_of(answer: httpx.Response, status: int, reason: str) -> dict[str, Any]:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert document["type"] == f"urn:rapport:problem:{reason}"
    assert document["status"] == status
    return document
