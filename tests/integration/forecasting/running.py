"""Forecasting over a real Postgres without Kafka."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, ParamSpec, TypeVar

import asyncpg
import httpx

from services.forecasting import handlers
from services.forecasting.forecasts.domain.outlook import SEASONAL_NAIVE, Asked, Outlook
from services.forecasting.settings import ForecastingSettings, create_context
from services.forecasting.subscriptions import erasures, fraud, indicators, sales
from shared.engine.subscription import Subscription
from tests.integration.running import Running

__all__ = [
    "Forecasting",
    "get",
    "handlers",
    "here",
    "repeat",
]  # importing the handlers registers what the subscription hears

P = ParamSpec("P")
R = TypeVar("R")
_SALES = (
    *("sold_day", "channel_day", "sold_slot", "basket_slot", "purchase_day", "sale", "refund", "product"),
    *("campaign_day", "ticket_day", "choice_day", "dispute", "urgent", "segment_change", "backlog_day"),
)


class Forecasting(Running):
    """`pool`'s connections have the service's own search path; handlers find the projection's tables first."""

    def __init__(self, pool: asyncpg.Pool, projecting: asyncpg.Pool) -> None:
        super().__init__("forecasting", pool, create_context(ForecastingSettings()))
        self.counted: datetime | None = None
        self._projecting = self.ledger_of(projecting)

    async def watermark(self, subscription: Subscription) -> datetime | None:
        assert subscription is sales
        return self.counted

    async def heard(self, *events: Any) -> None:
        await self.hear(sales, events, self._projecting)

    async def assessed(self, *events: Any) -> None:
        await self.hear(fraud, events)

    async def followed(self, *events: Any) -> None:
        """What contacts says of parties."""
        await self.hear(erasures, events)

    async def observed(self, *events: Any) -> None:
        """What outside systems say of the market."""
        await self.hear(indicators, events)

    async def sales_rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every table of the projection, and the view over them, each sorted."""
        names = (*_SALES, "product_day")
        return {name: sorted(map(tuple, await self.pool.fetch(f"select * from sales_v1.{name}"))) for name in names}

    async def clear(self) -> None:
        own = (
            "set_aside",
            "outlook",
            "forecast",
            "series",
            "job",
            "model",
            "model_promoted",
            "model_measured",
            "score",
            "warning",
            "trend",
            "price",
            "reorder",
            "party_alias",
            "indicator",
            "goes_with",
            "action",
            "usual_price",
        )
        frauds = ("fraud", "fraud_fact", "fraud_forest", "fraud_party", "fraud_verdict")
        await self.empty(*(f"sales_v1.{name}" for name in _SALES), *own, *frauds)


async def repeat(work: Any, asked: Sequence[Asked], indicators: Sequence[Any] = ()) -> Any:
    """Stands in for the fitting process: the last week once more, with a spread of a tenth."""
    del work, indicators
    return {
        one.series: [
            Outlook(origin, "linear", {SEASONAL_NAIVE: (last,) * 4}, (last / 10,) * 4, 1.0) for origin in one.origins
        ]
        for one in asked
        for last in one.values[-1:]
    }


async def get(http: httpx.AsyncClient, path: str, **params: Any) -> Any:
    answer = await http.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def here(work: Callable[P, R], /, *arguments: P.args, **named: P.kwargs) -> R:
    """The models in this process, which spares each test the start of another one."""
    return work(*arguments, **named)
