"""Parties over HTTP: finding them, and reading one with everything that happened."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime
from pydantic_core import to_json
from starlette.responses import Response

from services.contacts.consents.domain import decide_consents
from services.contacts.lifecycle.commands import load_family
from services.contacts.overview import commands, store
from services.contacts.overview.domain import lifecycle_view
from services.contacts.overview.schemas import PartyCard, PartyOverview, PartyView
from services.contacts.parties.commands import erased
from services.contacts.parties.commands.aliases import find_family
from services.contacts.parties.domain.identity import search_values
from services.contacts.search import commands as search
from services.contacts.settings import Context
from shared.errors import NotFound
from shared.events.values import BlankIsNone, tidy
from shared.http.app import Listing, Page, requires, service_of
from shared.http.limits import COSTLY
from shared.http.openapi import answers_with
from shared.http.paging import decode_cursor
from shared.http.versions import etag_of

router = APIRouter(prefix="/v1", tags=["parties"])
Service = Annotated[Any, Depends(service_of)]
_ID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_IDS = f"^{_ID}(,{_ID}){{0,99}}$"
READS = [Depends(requires("crm:read"))]


@router.get("/parties", dependencies=[*READS, COSTLY], response_model=Listing[PartyCard])
async def list_parties(
    service: Service,
    page: Page,
    q: Annotated[
        Annotated[str, Query(max_length=320)] | None,
        BlankIsNone,
        Query(description="An e-mail, phone number or outside id, the start of a name, or words like some of a name."),
    ] = None,
    ids: Annotated[
        str | None, Query(pattern=_IDS, description="Up to 100, with commas between: these alone, on one page.")
    ] = None,
) -> Response:
    """Newest first. A search gives who has exactly this identity, newest first; or else names that
    begin so, by name, and behind them names with such words or words that are like them.
    """
    async with service.read() as tx:
        if ids is not None:
            cards = await store.load_cards(tx, [UUID(each) for each in ids.split(",")])
            return replace(page, limit=len(cards)).written(cards, lambda card: card.body, lambda card: (card.id,))
        if q is None:
            before = page.after(UUID)
            cards = await store.list_parties(tx, before[0] if before else None, page.limit + 1)
            return page.written(cards, lambda card: card.body, lambda card: (card.id,))
        position = decode_cursor(page.cursor) if page.cursor else ()
        # A place among identities is an id, a place among names a name and an id.
        if len(position) < 2:
            found = page.after(UUID)
            context: Context = tx.context
            values = search_values(q, context.default_region)
            cards = await store.find_by_identity(tx, values, found[0] if found else None, page.limit + 1)
            if cards or found or "@" in q:
                return page.written(cards, lambda card: card.body, lambda card: (card.id,))
        after = page.after(str, UUID)
        cards = await store.find_by_name(tx, str(tidy(q) or ""), after and (after[0], after[1]), page.limit + 1)
        if after is None and len(cards) < page.limit:
            beside = await search.find(tx, q, page.limit - len(cards), {card.id for card in cards})
            cards += await store.load_cards(tx, beside)
        return page.written(cards, lambda card: card.body, lambda card: (card.name, card.id))


@router.get("/parties/{party_id}", dependencies=READS, response_model=PartyView, responses=answers_with(200, "ETag"))
async def read_party(
    service: Service,
    party_id: UUID,
    as_of: Annotated[AwareDatetime | None, Query(description="As it was known then; left out: now.")] = None,
) -> Response:
    """The 360 view: who the party is, its stages, totals, consents, open tickets, last messages and last lines.

    A party that was merged into another is shown as that one, with everything of both. The ETag begins with the version
    of the description, and changes with all that is shown. With `as_of` all of it is as it was known then.
    """
    if as_of is not None:
        return await _read_past(service, party_id, as_of)
    async with service.read() as tx:
        context: Context = tx.context
        family = await find_family(tx, party_id)
        stages = lifecycle_view(await load_family(tx, family)) if len(family) > 1 else None
        view = await store.load_view(tx, context.months, family, stages)
        now = tx.now
        if view is None:
            await erased.require(tx, party_id)
    if view is None:
        raise NotFound("no party has this id")
    consents = to_json(decide_consents(view.consents, now)).decode()
    body = f'{view.body[:-1]}, "consents": {consents}}}'.encode()
    return Response(body, media_type="application/json", headers={"ETag": etag_of(view.version, body)})


@router.get(
    "/parties/{party_id}/overview",
    dependencies=READS,
    response_model=PartyOverview,
    responses=answers_with(200, "ETag"),
)
async def read_party_overview(service: Service, party_id: UUID) -> Response:
    """What stands around a party: what is missing of it, its last purchases, what others are to it, and its roles, of a
    party that was merged into another those of both. The ETag changes with all that is shown.
    """
    async with service.read() as tx:
        found = await commands.load_around(tx, party_id)
        if found is None:
            await erased.require(tx, party_id)
            raise NotFound("no party has this id")
    version, overview = found
    body = overview.model_dump_json().encode()
    return Response(body, media_type="application/json", headers={"ETag": etag_of(version, body)})


async def _read_past(service: Service, party_id: UUID, as_of: datetime) -> Response:
    async with service.read() as tx:
        view = await commands.load_view_at(tx, party_id, as_of)
        if view is None or await erased.is_erased(tx, party_id):
            await erased.require(tx, party_id)
            raise NotFound("no party of this id was known then")
    body = view.model_dump_json().encode()
    return Response(body, media_type="application/json", headers={"ETag": etag_of(view.version, body)})
