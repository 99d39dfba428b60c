import httpx
import pytest

from tests.integration.forecasting.running import Forecasting, get
from tests.unit.forecasting.facts import ADA

TOYS = "sales:department:TOYS:week:DKK"


@pytest.mark.usefixtures("sold")
async def test_a_score_is_of_today(http: httpx.AsyncClient, forecasting: Forecasting) -> None:
    assert (await http.get(f"/v1/scores/{ADA}")).status_code == 404
    await forecasting.pool.execute(
        "insert into model values ('bgnbd', '2026-02-16', $1, '{}', now())",
        '{"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}',
    )

    found = await get(http, f"/v1/scores/{ADA}")

    assert (found["model"], found["as_of"][:10]) == ("bgnbd/2026-02-16", "2026-03-02")
    assert {one["score"] for one in found["scores"]} == {"p_alive", "expected_purchases_28d"}
    assert [part["value"] for part in found["scores"][0]["contributions"]] == [1.0, 1.857, 4.0]
    assert (await http.get("/v1/scores/00000000-0000-0000-0000-000000000001")).status_code == 404
