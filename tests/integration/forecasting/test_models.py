from datetime import UTC, datetime
from typing import Any, cast

import httpx
import pytest

from services.forecasting.jobs import weekly
from services.forecasting.settings import ForecastingSettings
from tests.integration.forecasting.running import Forecasting, get, repeat

TOYS = "sales:department:TOYS:week:DKK"


@pytest.mark.usefixtures("sold")
async def test_models_are_listed(http: httpx.AsyncClient, forecasting: Forecasting) -> None:
    cut = datetime(2026, 2, 9, tzinfo=UTC)
    await weekly.forecast(forecasting, cast("Any", repeat), ForecastingSettings(), cut.date())

    assert [one["version"] for one in (await get(http, "/v1/models"))["items"]] == ["weekly/2026-02-09"]
