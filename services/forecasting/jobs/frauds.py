"""What is usual among sales and refunds, learnt anew at each cut."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import structlog

from services.forecasting.cuts import commands as cuts
from services.forecasting.fitting import works
from services.forecasting.fitting.process import FittingFailed, Run
from services.forecasting.fraud import commands as fraud

log = structlog.get_logger()
_MOST = 4000
_PAGE = 500


async def learn(source: cuts.Source, run: Run, cut: date) -> None:
    """Grow the forest of the cut, unless it stands; where that fails, the one before goes on."""
    async with source.read() as tx:
        if await fraud.knows_forest(tx, cut):
            return
        facts, frauds = await fraud.sample_facts(tx, cut, _MOST)
    usual, judged = [await _load(source, ids) for ids in (facts, frauds)]
    try:
        found = await run(works.grow_forest, cut, usual, judged)
    except FittingFailed as error:
        async with source.transaction() as tx:
            await cuts.set_aside(tx, cut, {"fraud:forest": str(error)})
        return
    if found is not None:
        async with source.transaction() as tx:
            await fraud.save_forest(tx, *found)
        log.info("forest_grown", cut=cut.isoformat(), facts=len(facts), frauds=len(frauds))


async def _load(source: cuts.Source, ids: Sequence[UUID]) -> list[list[float]]:
    """A page at a time: the database serves others meanwhile."""
    found: list[list[float]] = []
    for begin in range(0, len(ids), _PAGE):
        async with source.read() as tx:
            found += await fraud.load_inputs(tx, ids[begin : begin + _PAGE])
    return found
