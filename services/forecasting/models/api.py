"""The models: their version, the cut that they were trained to, how well they did, and which is used."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import Response

from services.forecasting.cuts.schemas import Chosen
from services.forecasting.models import commands, store
from services.forecasting.models.schemas import MeasuredView, ModelView, NewPromotion, PromotionView
from shared.engine.transaction import Transaction
from shared.http.app import Listing, Once, Page, Principal, idempotent, requires, service_of
from shared.http.openapi import answers_with
from shared.http.readiness import Serving
from shared.http.staff import staff_of
from shared.http.versions import IfMatch, versions_of, with_etag

router = APIRouter(prefix="/v1/models", tags=["models"])
Service = Annotated[Serving, Depends(service_of)]
Admin = Annotated[Principal, Depends(requires("crm:admin"))]
Name = Annotated[str, Path(pattern=r"^[a-z_]{1,40}$", description="`bgnbd` or `churn`.")]
_LAST = date(9999, 1, 1)


@router.get("", dependencies=[Depends(requires("crm:read"))])
async def list_models(
    service: Service,
    page: Page,
    name: Annotated[Chosen, Query(description="`weekly`, `bgnbd`, `churn` or `forest`.")] = None,
) -> Listing[ModelView]:
    """Newest first; of each name one is in force."""
    after = page.after(date, str) or (_LAST, "")
    async with service.read() as tx:
        models = await store.list_models(tx, name, (after[0], after[1]), page.limit + 1)
    return page.listing(models, lambda model: model, lambda model: (model.cut, model.name))


@router.get("/{name}/quality", dependencies=[Depends(requires("crm:read"))])
async def list_quality(service: Service, page: Page, name: Name) -> Listing[MeasuredView]:
    """How well models of the name foretold what came, cut by cut, the newest first: the one that was used, and the
    newest beside it as its shadow.
    """
    after = page.after(date, date) or (_LAST, _LAST)
    async with service.read() as tx:
        found = await store.list_measured(tx, name, (after[0], after[1]), page.limit + 1)
    return page.listing(found, lambda one: one, lambda one: (one.until, one.cut))


@router.post("/{name}/promote", response_model=PromotionView, responses=answers_with(200, "ETag"))
async def promote_model(
    name: Name,
    new: NewPromotion,
    principal: Admin,
    once: Annotated[Once, Depends(idempotent)],
    if_match: IfMatch = None,
) -> Response:
    """Use the model of a cut from now on, an earlier one to roll back, a later one that was its shadow; null uses the
    newest of each cut again. Scores say it from the next cut on, answers at once.
    """
    agent = staff_of(new.agent, principal)

    async def act(tx: Transaction) -> PromotionView:
        return await commands.promote(tx, name, new.cut, agent, versions_of(if_match))

    return with_etag(await once.write(act))
