"""Rules of triage, routing and promises over the past, before they go live."""

from typing import Annotated

from fastapi import APIRouter, Depends

from services.support.backtest import commands
from services.support.backtest.commands.promises import backtest_promises
from services.support.backtest.schemas import PromisesBacktest, PromisesDraft, RulesBacktest, RulesDraft
from shared.http.app import requires, service_of
from shared.http.limits import COSTLY
from shared.http.readiness import Serving

router = APIRouter(prefix="/v1/routing", tags=["routing"])
of_promises = APIRouter(prefix="/v1/slas", tags=["sla"])


@router.post("/backtest", dependencies=[Depends(requires("crm:write")), COSTLY])
async def backtest_rules(service: Annotated[Serving, Depends(service_of)], draft: RulesDraft) -> RulesBacktest:
    """To whom tickets of a time would have been given, and how soon, beside what happened; nothing is changed."""
    async with service.read() as tx:
        return await commands.backtest(tx, draft)


@of_promises.post("/backtest", dependencies=[Depends(requires("crm:write")), COSTLY])
async def try_promises(service: Annotated[Serving, Depends(service_of)], draft: PromisesDraft) -> PromisesBacktest:
    """Which promises of a time would have been kept, beside what was promised then; nothing is changed."""
    async with service.read() as tx:
        return await backtest_promises(tx, draft)
