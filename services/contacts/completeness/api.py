"""What is missing of parties, over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from services.contacts.completeness import commands, domain, store
from services.contacts.completeness.schemas import Bought, CompletenessView, IncompleteView
from services.contacts.completeness.store import Incomplete
from services.contacts.parties import commands as parties
from services.contacts.parties.commands import erased
from services.contacts.parties.domain.party import Party, shown
from shared.errors import NotFound
from shared.events.values import BlankIsNone
from shared.http.app import Listing, Page, requires, service_of
from shared.http.paging import decode_cursor

router = APIRouter(prefix="/v1", tags=["completeness"])
Service = Annotated[Any, Depends(service_of)]
READS = [Depends(requires("crm:read"))]


@router.get("/parties/{party_id}/completeness", dependencies=READS)
async def read_completeness(service: Service, party_id: UUID) -> CompletenessView:
    """How complete what is known of a party is, what is missing, and what to ask for next.

    A party that was merged into another is shown as that one, with what is known of both.
    """
    async with service.read() as tx:
        found = await commands.read(tx, party_id)
        if found is None:
            await erased.require(tx, party_id)
            raise NotFound("no party has this id")
    return domain.say(found[0].id, found[1])


@router.get("/incomplete", dependencies=READS)
async def list_incomplete(
    service: Service,
    page: Page,
    currency: Annotated[
        Annotated[str, Query(pattern="^[A-Z]{3}$")] | None,
        BlankIsNone,
        Query(description="Only who bought in this currency, e.g. `DKK`, by what was paid in it."),
    ] = None,
) -> Listing[IncompleteView]:
    """Of whom something is missing, the worst first: by what is missing times what they bought, net of refunds; behind
    them who has bought nothing. Amounts of several currencies are compared as they are, in minor units; nothing is
    converted.
    """
    position = decode_cursor(page.cursor) if page.cursor else ()
    # A place among buyers is a number and an id; among the others a third part tells so.
    is_behind = len(position) > 2
    async with service.read() as tx:
        rows: list[Incomplete] = []
        if is_behind:
            *after, _ = page.after(int, UUID, str) or ()
            rows = await store.list_others(tx, _within(after[0], after[1]), page.limit + 1)
        else:
            place = page.after(int, UUID)
            rows = await store.list_buyers(tx, currency, (place[0], place[1]) if place else None, page.limit + 1)
            if currency is None and len(rows) <= page.limit:
                rows += await store.list_others(tx, None, page.limit + 1 - len(rows))
        known = await parties.read_parties(tx, [row.party_id for row in rows])
    return page.listing(rows, lambda row: _view(row, known.get(row.party_id)), _place)


def _within(score: int, party_id: UUID) -> tuple[int, UUID]:
    return max(-1, min(score, 100)), party_id


def _view(row: Incomplete, party: Party | None) -> IncompleteView:
    """None for a party that has just been erased."""
    said = domain.say(row.party_id, row.assessment)
    bought = None if row.currency is None else Bought(minor=row.net, currency=row.currency)
    kind = (shown(party, "kind") if party else None) or "person"
    return IncompleteView(**dict(said), kind=kind, name=shown(party, "name") if party else None, bought=bought)


def _place(row: Incomplete) -> tuple[object, ...]:
    if row.currency is None:
        return row.assessment.score, row.party_id, "behind"
    return row.worth, row.party_id
