"""What is expected of a party, in one answer: what the routes of each say."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from shared.ids import derived_id
from tests.integration.forecasting.running import Forecasting, get
from tests.integration.forecasting.test_actions import advised, suggested
from tests.unit.forecasting.facts import ADA

__all__ = ["advised"]


@pytest.mark.usefixtures("advised")
async def test_it_says_what_the_routes_of_each_say(http: httpx.AsyncClient, forecasting: Forecasting) -> None:
    await suggested(http)
    forecasting.now += timedelta(days=1)
    await forecasting.pool.execute(
        "insert into party_alias values ($1, $2, $3)", UUID(int=7), ADA, derived_id("merge", "ada")
    )
    found = await get(http, f"/v1/overviews/{UUID(int=7)}")
    assert found == await get(http, f"/v1/overviews/{ADA}")
    assert found["party_id"] == str(ADA)
    assert found["scores"] == await get(http, f"/v1/scores/{ADA}")
    assert found["advice"] == await get(http, "/v1/cross-sell", party_id=str(ADA))
    assert found["actions"] == (await get(http, "/v1/actions", party_id=str(ADA)))["items"]
    assert len(found["scores"]["scores"]) == 2
    assert found["advice"]["offers"]
    assert len(found["actions"]) == 2


@pytest.mark.usefixtures("advised")
async def test_of_a_party_that_nobody_knows_it_says_nothing(http: httpx.AsyncClient) -> None:
    found = await get(http, f"/v1/overviews/{derived_id('party', 'nobody')}")
    assert (found["scores"], found["advice"]["offers"], found["actions"]) == (None, [], [])
