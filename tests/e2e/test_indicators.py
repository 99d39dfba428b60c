"""An outside system tells of the market, as it should and as it should not."""

import pytest

from tests.e2e.client import Client, eventually

pytestmark = [pytest.mark.stack, pytest.mark.slow]


async def test_indicators_are_kept_and_what_is_no_number_holds_back_its_series_alone(client: Client) -> None:
    first, second = "2026-01-05T00:00:00Z", "2026-01-12T00:00:00Z"
    await client.observe("e2e-rate", first, "3.5")
    await client.observe("e2e-rate", first, "3.75")
    await client.observe("e2e-rate", second, "3.25")
    for value in ("1e400", "NaN", '"4"'):
        await client.observe(f"e2e-bad-{value[:2].strip(chr(34))}", first, value)
    await client.observe("e2e-ahead", "2999-01-01T00:00:00Z", "1")
    await client.observe("e2e-after", second, "9")

    async def told() -> bool:
        found = (await client.get("forecasting", "/v1/indicators?limit=200"))["items"]
        values = {one["series"]: one["value"] for one in found if one["series"].startswith("e2e-")}
        return values == {"e2e-rate": 3.25, "e2e-after": 9.0}

    await eventually(told, "the indicators")
    points = (await client.get("forecasting", "/v1/indicators/points?series=e2e-rate"))["items"]
    assert [(one["at"], one["value"]) for one in points] == [(first, 3.75), (second, 3.25)]
