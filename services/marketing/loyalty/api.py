"""Points over HTTP."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.marketing.copies import commands as copies
from services.marketing.loyalty import commands, store
from services.marketing.loyalty.schemas import Balance, Spend, Spent, StatementLine
from services.marketing.settings import Context
from shared.engine.service import Service
from shared.engine.transaction import Transaction
from shared.errors import NotFound
from shared.http.app import Listing, Once, Page, idempotent, requires, service_of

router = APIRouter(prefix="/v1", tags=["marketing"])
READS = [Depends(requires("crm:read"))]
Serving = Annotated[Service, Depends(service_of)]
Repeatable = Annotated[Once, Depends(idempotent)]
_MOST_EXPIRING = 20


@router.get("/loyalty/{party_id}", dependencies=READS)
async def read_balance(service: Serving, party_id: UUID) -> Balance:
    """Of a party with all that it was merged with; one that has bought nothing has a balance of 0."""
    async with service.read() as tx:
        parties = await _find_parties(tx, party_id)
        accounts = (await store.load_accounts(tx, parties)).values()
        expiring = await store.load_expiring(tx, parties, _MOST_EXPIRING)
        context: Context = tx.context
    qualifying = sum(account.qualifying for account in accounts)
    return Balance(
        party_id=party_id,
        parties=parties,
        balance=sum(account.balance for account in accounts),
        debt=sum(account.debt for account in accounts),
        qualifying=qualifying,
        tier=context.programme.tier_of(qualifying) if context.programme else None,
        expiring=expiring,
    )


@router.get("/loyalty/{party_id}/statement", dependencies=READS)
async def list_statement(service: Serving, page: Page, party_id: UUID) -> Listing[StatementLine]:
    """Every change of the balance, the newest first."""
    after = page.after(datetime, UUID)
    async with service.read() as tx:
        parties = await _find_parties(tx, party_id)
        lines = await store.list_entries(tx, parties, after, page.limit + 1)
    return page.listing(lines, lambda each: each, lambda each: (each.recorded_at, each.event_id))


@router.post(
    "/loyalty/{party_id}/redemptions",
    status_code=201,
    dependencies=[Depends(requires("crm:write"))],
    response_model=Spent,
)
async def redeem_points(party_id: UUID, spend: Spend, once: Repeatable) -> Response:
    """Spends points, first in first out. 409 where the balance is too small; nothing is spent then."""

    async def act(tx: Transaction) -> Spent:
        family = await _find_parties(tx, party_id)
        redemption, balance = await commands.spend(tx, party_id, family, spend.points, spend.reference)
        return Spent(
            redemption_id=redemption.id,
            party_id=party_id,
            points=redemption.points,
            balance=balance,
            redeemed_at=redemption.redeemed_at,
        )

    return await once.write(act, status=201)


async def _find_parties(tx: Transaction, party_id: UUID) -> list[UUID]:
    """With all that it was merged with. Raises NotFound for a party that nobody described or that was erased."""
    known = (await copies.load_parties(tx, [party_id])).get(party_id)
    if known is None or known.erased_by is not None:
        raise NotFound("no party has this id")
    return sorted(await copies.find_family(tx, party_id))
