"""What operators see and do over HTTP, the same in every service: `crm:admin` alone."""

from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from shared.engine.keys import escape_key
from shared.engine.lag import PartitionLag, read_lag
from shared.engine.operations import (
    Choice,
    Freed,
    Operations,
    Outbox,
    ParkedLine,
    QuarantinedLine,
    Repair,
    list_parked,
    list_quarantine,
    measure_outbox,
)
from shared.errors import Invalid
from shared.http.auth import Principal, requires
from shared.http.limits import COSTLY, Looks
from shared.http.paging import Listing, Page
from shared.http.readiness import service_of

router = APIRouter(prefix="/v1/operations", tags=["operations"])

ADMINS = Depends(requires("crm:admin"))
Admin = Annotated[Principal, ADMINS]
# No database keeps U+0000, and a reason of spaces is none.
Text = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00]*[^\x00\s][^\x00]*$")]
Key = Annotated[
    str | None,
    Field(max_length=8_000, description=r"What is no text is written out, as in `\xff\x01`, and `\` as `\\`."),
]
Number = Annotated[int, Field(ge=0, lt=2**63)]


def _read_base64(value: object) -> object:
    """Python's own reading passes over what is not of the alphabet, and a value would become another one."""
    return b64decode(value, validate=True) if isinstance(value, str) else value


Value = Annotated[
    bytes, BeforeValidator(_read_base64, json_schema_input_type=str), Field(json_schema_extra={"format": "byte"})
]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Chosen(Body):
    """Which parked records; a chosen record frees its whole key."""

    ids: Annotated[list[Number], Field(min_length=1, max_length=1_000)] | None = None
    group: Text | None = None
    topic: Text | None = None
    reason: Text | None = None
    key: Key = None

    def choice(self) -> Choice:
        choice = Choice(self.group, self.topic, self.reason, self.key, self.ids)
        if not choice.narrow:
            raise Invalid("say which: ids, a key, reason, group or topic", field="body")
        return choice


class Redrive(Chosen):
    """With a value, of exactly one record: it replaces the sender's, which is kept."""

    value_base64: Value | None = None


class Drop(Chosen):
    """The records that are given up, and why."""

    because: Text


class RepairBody(Body):
    """What takes the place of what came, which is kept; without anything the record is tried as it is."""

    value_base64: Value | None = None
    headers: Annotated[dict[Text, str], Field(max_length=50)] = Field(default_factory=dict)


class GivenUp(Body):
    """Why a record is given up."""

    because: Text


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A record whole: its bytes in base64, those of key and headers written out where they are no text."""

    id: int
    group: str
    topic: str
    partition: int
    record_offset: int
    timestamp: int
    key: str | None
    headers: list[tuple[str, str | None]]
    value_base64: str | None
    reason: str
    quarantined_at: datetime


Service = Annotated[Any, Depends(service_of)]
Filter = Annotated[str | None, Query(max_length=500)]


@router.get("/lag", dependencies=[ADMINS])
async def show_lag(service: Service, looks: Looks) -> list[PartitionLag]:
    """Each partition of each group: how far it is behind, and why it stands still if it does."""
    return await looks.share("lag", None, lambda: read_lag(service.database.requests, service.logs))


@router.get("/outbox", dependencies=[ADMINS])
async def show_outbox(service: Service) -> Outbox:
    """What waits to be published; counted up to 100,001."""
    return await measure_outbox(service.database.requests)


@router.get("/parked", dependencies=[ADMINS, COSTLY])
async def show_parked(
    service: Service,
    page: Page,
    group: Filter = None,
    topic: Filter = None,
    reason: Filter = None,
    key: Annotated[str | None, Query(max_length=8_000)] = None,
) -> Listing[ParkedLine]:
    """Records that wait for an operator, newest first."""
    before = page.after(int)
    choice = Choice(group, topic, reason, key)
    lines = await list_parked(service.database.requests, choice, page.limit + 1, before[0] if before else None)
    return page.listing(lines, lambda line: line, lambda line: (line.id,))


@router.post("/parked/redrive")
async def redrive_parked(service: Service, admin: Admin, chosen: Redrive) -> list[Freed]:
    """Apply parked records in order, each key to its end or to the first that is refused; one line a key."""
    return await _acts(service, admin).redrive_parked(chosen.choice(), Repair(chosen.value_base64))


@router.post("/parked/drop")
async def drop_parked(service: Service, admin: Admin, chosen: Drop) -> list[Freed]:
    """Give the chosen records up, then apply the later ones of their keys."""
    return await _acts(service, admin).redrive_parked(chosen.choice(), Repair(given_up=chosen.because))


@router.get("/quarantine", dependencies=[ADMINS, COSTLY])
async def show_quarantine(
    service: Service, page: Page, topic: Filter = None, reason: Filter = None
) -> Listing[QuarantinedLine]:
    """Records that nobody could read, newest first; they are kept for 30 days."""
    before = page.after(int)
    executor = service.database.requests
    lines = await list_quarantine(executor, topic, reason, page.limit + 1, before[0] if before else None)
    return page.listing(lines, lambda line: line, lambda line: (line.id,))


@router.get("/quarantine/{id}")
async def read_quarantined(service: Service, admin: Admin, id: Number) -> Quarantined:  # noqa: A002 - the path's word
    """One of them with its key, headers and bytes."""
    found = await _acts(service, admin).read_quarantined(id)
    record = found.record
    return Quarantined(
        found.id,
        found.group,
        record.topic,
        record.partition,
        record.offset,
        record.timestamp,
        None if record.key is None else escape_key(record.key),
        [(name, None if value is None else escape_key(value)) for name, value in record.headers],
        None if record.value is None else b64encode(record.value).decode(),
        found.reason,
        found.quarantined_at,
    )


@router.post("/quarantine/{id}/redrive")
async def redrive_quarantined(service: Service, admin: Admin, id: Number, repair: RepairBody) -> Freed:  # noqa: A002
    """Apply one of them as if it came now, repaired or as it is."""
    headers = {name: value.encode() for name, value in repair.headers.items()}
    return await _acts(service, admin).redrive_quarantined(id, Repair(repair.value_base64, headers))


@router.post("/quarantine/{id}/drop")
async def drop_quarantined(service: Service, admin: Admin, id: Number, given_up: GivenUp) -> Freed:  # noqa: A002
    """Give one of them up."""
    return await _acts(service, admin).redrive_quarantined(id, Repair(given_up=given_up.because))


def _acts(service: Any, admin: Principal) -> Operations:
    acts: Operations = service.operations(admin.subject)
    return acts
