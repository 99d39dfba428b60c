"""Parties over HTTP: finding and reading them with everything that happened, and writing their profiles."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic_core import from_json, to_json
from starlette.responses import Response

from services.contacts import profiles
from services.contacts.domain.identity import search_values
from services.contacts.domain.party import FIELDS
from services.contacts.models import (
    LineView,
    PartyCard,
    PartyState,
    PartyView,
    ProfilePatch,
    TextsView,
    TextView,
    UpsertResult,
    Upserts,
)
from services.contacts.settings import Context
from services.contacts.store import views as store
from services.contacts.store.views import NEWEST, Months, Place
from shared.engine.transaction import Transaction
from shared.errors import NotFound
from shared.events.ingest import ReportedParty
from shared.http.app import Listing, Once, Page, idempotent, requires, service_of
from shared.http.paging import encode_cursor
from shared.http.versions import IfMatch, version_of, with_etag

router = APIRouter(prefix="/v1", tags=["parties"])


def months_of(request: Request) -> Months:
    """What the application remembers of the timeline's months."""
    state = request.app.state
    if not hasattr(state, "months"):
        state.months = Months()
    months: Months = state.months
    return months


Service = Annotated[Any, Depends(service_of)]
Repeatable = Annotated[Once, Depends(idempotent)]
READS, WRITES = [Depends(requires("crm:read"))], [Depends(requires("crm:write"))]


@router.get("/parties", dependencies=READS, response_model=Listing[PartyCard])
async def list_parties(
    service: Service,
    page: Page,
    q: Annotated[
        str | None,
        Query(
            min_length=1, max_length=320, description="An e-mail, phone number or outside id, or the start of a name."
        ),
    ] = None,
) -> Response:
    """Newest first. A search gives who has exactly this identity, all at once; or else names, by name."""
    async with service.read() as tx:
        if q is None:
            before = page.after(UUID)
            rows = await store.list_parties(tx, before[0] if before else None, page.limit + 1)
            return _listing(rows, page.limit, lambda row: (row["id"],))
        if page.cursor is None:
            context: Context = tx.context
            found = await store.find_by_identity(tx, search_values(q, context.default_region), page.limit)
            if found or "@" in q:
                return _listing(found, page.limit, lambda _: ())
        after = page.after(str, UUID)
        rows = await store.find_by_name(tx, q.strip(), after and (after[0], after[1]), page.limit + 1)
        return _listing(rows, page.limit, lambda row: (row["place"], row["id"]))


@router.post("/parties", status_code=201, dependencies=WRITES, response_model=PartyState)
async def create_party(profile: ReportedParty, once: Repeatable) -> Response:
    """A new party. An identity that is known is a 409 with its party as `state`."""

    async def act(tx: Transaction) -> dict[str, Any]:
        return await profiles.create(tx, profile)

    response = with_etag(await once.write(act, status=201))
    response.headers["Location"] = f"/v1/parties/{from_json(bytes(response.body))['id']}"
    return response


@router.post("/parties/batch", dependencies=WRITES, response_model=UpsertResult)
async def upsert_parties(batch: Upserts, once: Repeatable) -> Response:
    """Create or update up to 1000 parties, each found by its identities; one that is refused holds back no other."""

    async def act(tx: Transaction) -> UpsertResult:
        return UpsertResult(results=await profiles.upsert(tx, batch.items))

    return await once.write(act)


@router.get("/parties/{party_id}", dependencies=READS, response_model=PartyView)
async def read_party(request: Request, party_id: UUID) -> Response:
    """The 360 view: who the party is, its stages, totals, consents, open tickets, last messages and last lines.

    The ETag is the version of the description.
    """
    async with request.app.state.service.read() as tx:
        found = await store.view_party(tx, months_of(request), party_id)
    if found is None:
        raise NotFound("no party has this id")
    version, body = found
    return Response(body, media_type="application/json", headers={"ETag": f'"{version}"'})


@router.patch("/parties/{party_id}", dependencies=WRITES, response_model=PartyState)
async def change_party(party_id: UUID, patch: ProfilePatch, once: Repeatable, if_match: IfMatch = None) -> Response:
    """Change the fields that are given."""
    values = {name: getattr(patch, name) for name in FIELDS if name in patch.model_fields_set}
    return await _amend(party_id, values, patch, once, if_match)


@router.put("/parties/{party_id}", dependencies=WRITES, response_model=PartyState)
async def replace_party(party_id: UUID, patch: ProfilePatch, once: Repeatable, if_match: IfMatch = None) -> Response:
    """Set every field; what is left out is emptied."""
    return await _amend(party_id, {name: getattr(patch, name) for name in FIELDS}, patch, once, if_match)


@router.get("/parties/{party_id}/timeline", dependencies=READS, response_model=Listing[LineView])
async def read_timeline(
    request: Request,
    service: Service,
    party_id: UUID,
    page: Page,
    types: Annotated[
        list[str] | None, Query(alias="type", max_length=50, description="Only these, e.g. `sale.completed`.")
    ] = None,
) -> Response:
    """What happened, newest first, from every service."""
    before = page.after(datetime, datetime, str)
    full = [name if name.startswith("crm.") else f"crm.{name}.v1" for name in types] if types else None
    async with service.read() as tx:
        place = Place(*before) if before else NEWEST
        rows = await store.read_lines(tx, months_of(request), party_id, place, full, page.limit + 1)
        if not rows and not await store.exists(tx, party_id):
            raise NotFound("no party has this id")
    return _listing(rows, page.limit, lambda row: (row["occurred_at"], row["recorded_at"], row["event_id"]))


@router.get("/interactions/{event_id}", dependencies=READS, tags=["interactions"])
async def read_texts(service: Service, event_id: UUID) -> TextsView:
    """The free text of an interaction, survey or consent: what `has_text` and `has_evidence` speak of."""
    async with service.read() as tx:
        rows = await store.load_texts(tx, event_id)
    if not rows:
        raise NotFound("no text is kept of this event")
    texts = [TextView(kind=row["kind"], text=row["body"]) for row in rows]
    return TextsView(event_id=event_id, party_id=rows[0]["party_id"], recorded_at=rows[0]["recorded_at"], texts=texts)


async def _amend(
    party_id: UUID, values: Mapping[str, Any], patch: ProfilePatch, once: Once, if_match: str | None
) -> Response:
    version = version_of(if_match)
    added = ReportedParty(identities=patch.identities, roles=patch.roles, address=patch.address)

    async def act(tx: Transaction) -> dict[str, Any]:
        return await profiles.amend(tx, party_id, values, added, version)

    return with_etag(await once.write(act))


def _listing(rows: Sequence[Any], limit: int, position: Callable[[Any], Sequence[object]]) -> Response:
    """A page of bodies that Postgres built, as `Listing` has it."""
    shown = rows[:limit]
    following = to_json(encode_cursor(position(shown[-1])) if len(rows) > limit else None).decode()
    items = ",".join(row["body"] for row in shown)
    return Response(f'{{"items":[{items}],"next_cursor":{following}}}', media_type="application/json")
