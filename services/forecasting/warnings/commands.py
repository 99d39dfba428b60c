"""Warnings as they are raised at a cut, and cleared by what comes."""

from asyncio import to_thread
from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from services.forecasting.activity import commands as activity
from services.forecasting.activity.domain import Usage
from services.forecasting.cuts.domain import WEEK
from services.forecasting.forecasts import commands as forecasts
from services.forecasting.scores import commands as scores
from services.forecasting.series import commands as series
from services.forecasting.warnings import store
from services.forecasting.warnings.domain import backlog, parties, sales
from services.forecasting.warnings.domain.warning import (
    BACKLOG,
    CHURN,
    DEMAND_UNUSUAL,
    DISPUTE_CLUSTER,
    FORECAST_MISSED,
    SILENCE,
    USAGE_DROP,
    Cleared,
    Kind,
    Warned,
    announce_cleared,
    announce_raised,
)
from shared.engine.transaction import Transaction
from shared.events.figures import is_finite
from shared.events.insights import WarningCleared, WarningRaised

_OF_PARTIES = (CHURN, SILENCE, USAGE_DROP)
_FIRST = UUID(int=0)
_ALL = 100_000
_SERIES = 250
_PAGE = 250
"""So few at a time that the loop serves others in between."""


async def warn_of_parties(
    tx: Transaction, fitted: scores.Fitted, after: UUID | None, cut: date, size: int
) -> tuple[int, UUID | None]:
    """Look at the next `size` parties; how many warnings were raised, and the last party, None after all."""
    page = await scores.load_page(tx, after, cut, size)
    usage = await activity.load_usage(tx, [party_id for party_id, *_ in page], cut)
    found: list[Warned] = []
    for party_id, history, rhythm in page:
        if history is not None:
            found += parties.watch_party(party_id, history, rhythm, fitted.churn_of(party_id, history, cut), cut)
        if (used := usage.get(party_id)) and (warned := parties.watch_usage(party_id, used, cut)):
            found.append(warned)
    raised = await _raise(tx, found)
    return raised, page[-1][0] if len(page) == size else None


async def warn_of_forecasts(tx: Transaction, cut: date) -> int:
    """Raise what the newest weeks say of the forecasts before them, and clear what they no longer say; the raised."""
    end = await series.find_whole_end(tx, cut)
    news: list[Warned] = []
    after, more = "", True
    while more:
        said = [sales.Said(*one) for one in await forecasts.load_said(tx, cut, after, _SERIES)]
        begin = min((one.cut for one in said), default=cut)
        came = await series.load_weeks(tx, [one.series for one in said], begin, end)
        found = (sales.watch_forecast(one, came.get(one.series, {}), cut, end) for one in said)
        news += [one for one in found if one is not None]
        after, more = said[-1].series if said else "", len(said) == _SERIES
    return await _replace(tx, FORECAST_MISSED, news)


async def load_sold(tx: Transaction, cut: date, most: int) -> dict[str, Sequence[float]]:
    """What the products that sold most sold in each of the weeks before the cut; nothing before there are so many."""
    opening = await series.find_first_day(tx)
    begin = cut - WEEK * sales.WEEKS
    if opening is None or opening > begin:
        return {}
    return await series.load_product_weeks(tx, begin, cut, sales.FEWEST_UNITS, most)


async def warn_of_demand(tx: Transaction, cut: date, unusual: Sequence[sales.Unusual]) -> int:
    """Raise the news, and clear products that are usual again; the number raised."""
    every = await to_thread(lambda: {one.sku: sales.watch_demand(one, cut) for one in unusual})
    news = [every[one.sku] for one in unusual if one.news]
    return await _replace(tx, DEMAND_UNUSUAL, news, {one.about for one in every.values()})


async def find_settled(tx: Transaction, passed: date, after: UUID, size: int) -> tuple[list[Cleared], UUID]:
    """Of the next `size` open warnings of parties those that have ended, every sale before `passed` being known; and
    where to go on.
    """
    page = await store.load_open(tx, _OF_PARTIES, after, size)
    silent = {one.warning_id: (one.party_id, one.as_of) for one in page if one.party_id and one.kind != USAGE_DROP}
    bought = await scores.find_purchases(tx, silent)
    chosen = await _load_choices(tx, [one for one in page if one.kind == USAGE_DROP])
    settled = [
        parties.settle_usage(one, chosen.get(one.warning_id), passed)
        if one.kind == USAGE_DROP
        else parties.settle_silence(one, bought.get(one.warning_id), passed)
        for one in page
    ]
    return [one for one in settled if one is not None], page[-1].warning_id if len(page) == size else _FIRST


async def find_disputed(tx: Transaction) -> tuple[list[Warned], list[Cleared]]:
    """Clusters of disputes that are to be told, and told ones that are over."""
    disputes = await activity.load_disputes(tx, parties.CALM + 1)
    told = await store.load_open(tx, [DISPUTE_CLUSTER], _FIRST, _ALL)
    open_ = {one.party_id for one in told}
    news = [
        parties.watch_disputes(party_id, found)
        for party_id, found in disputes.items()
        if found.count >= parties.FEWEST_DISPUTES and party_id not in open_
    ]
    over = [parties.settle_disputes(one, disputes) for one in told]
    return news, [one for one in over if one is not None]


async def find_backlog(tx: Transaction, day: date) -> tuple[list[Warned], list[Cleared]]:
    """Whether support has more open than usual at the end of the day before, and whether what was told is over."""
    ends = await activity.load_backlog(tx, day, backlog.DAYS)
    told = await store.load_open(tx, [BACKLOG], _FIRST, _ALL)
    over = [ended for one in told if (ended := backlog.settle_backlog(one, ends, day))]
    news = None if told else backlog.watch_backlog(ends, day)
    return [news] if news else [], over


async def tell(tx: Transaction, news: Sequence[Warned], ended: Sequence[Cleared]) -> None:
    """Raise and clear, each once."""
    await _clear(tx, ended)
    await _raise(tx, news)


async def take_back(tx: Transaction, told: WarningRaised | WarningCleared) -> None:
    """After a restore: what our topic tells of a warning."""
    match told:
        case WarningRaised():
            warned = Warned(
                told.warning_id,
                told.kind,
                told.about,
                told.severity,
                told.as_of.date(),
                tuple(told.contributions),
                told.model,
                told.until.date() if told.until else None,
                told.party_id,
                told.sku,
            )
            await store.save_warnings(tx, [warned])
        case WarningCleared():
            await store.clear_warnings(tx, [(told.warning_id, told.because, told.lead_days)], told.recorded_at)


async def _load_choices(tx: Transaction, dropped: Sequence[Warned]) -> dict[UUID, Usage]:
    """By warning, how its party chose products since, as the last of the days that it looks ahead sees it."""
    found = {}
    for day in {one.as_of for one in dropped}:
        asked = {one.party_id: one.warning_id for one in dropped if one.as_of == day and one.party_id}
        for party_id, usage in (await activity.load_usage(tx, list(asked), day + parties.AHEAD)).items():
            found[asked[party_id]] = usage
    return found


async def _replace(tx: Transaction, kind: Kind, news: Sequence[Warned], standing: Iterable[str] = ()) -> int:
    """Raise the news of a kind, and clear those of which neither news nor anything standing tells; the raised."""
    stay = {*standing, *(one.about for one in news)}
    told = await store.load_open(tx, [kind], _FIRST, _ALL)
    await _clear(tx, [Cleared(one, "over") for one in told if one.about not in stay])
    return await _raise(tx, news)


async def _raise(tx: Transaction, found: Sequence[Warned]) -> int:
    """Nothing of what rests on a figure that is no finite number: it tells nobody anything."""
    raised = 0
    for begin in range(0, len(found), _PAGE):
        sound = [one for one in found[begin : begin + _PAGE] if is_finite(one)]
        new = await store.save_warnings(tx, sound)
        tx.emit(announce_raised(one, tx.now) for one in sound if one.warning_id in new)
        raised += len(new)
    return raised


async def _clear(tx: Transaction, ended: Sequence[Cleared]) -> None:
    rows = [(one.warning.warning_id, one.because, one.lead_days) for one in ended]
    done = await store.clear_warnings(tx, rows, tx.now)
    tx.emit(announce_cleared(one, tx.now) for one in ended if one.warning.warning_id in done)
