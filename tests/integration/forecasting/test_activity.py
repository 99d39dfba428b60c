import httpx
import pytest

from tests.integration.forecasting.running import get

TOYS = "sales:department:TOYS:week:DKK"


@pytest.mark.usefixtures("sold")
async def test_messages_and_tickets_are_listed(http: httpx.AsyncClient) -> None:
    assert (await get(http, "/v1/series/messages"))["items"] == [
        {"day": "2026-02-03", "campaign": "", "outcome": "no_campaign", "messages": 1}
    ]
    assert (await get(http, "/v1/series/tickets"))["items"] == [{"day": "2026-02-03", "channel": "email", "opened": 1}]
