"""A write that would lead to an event larger than a topic takes is refused before anything of it stands."""

import httpx
import pytest

from shared.engine import outbox
from shared.ids import derived_id
from tests.integration.support.running import Support
from tests.unit.support.builders import described, requested


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("replies", {"text": "Turn the switch.", "agent": "staff-12"}),
        ("replies", {"text": "Calls often.", "kind": "note", "agent": "staff-12"}),
        ("status", {"status": "open", "agent": "staff-12"}),
    ],
    ids=["a reply", "a note", "a status"],
)
async def test_one_write_is_refused_whole(
    action: str, body: dict[str, str], http: httpx.AsyncClient, support: Support, monkeypatch: pytest.MonkeyPatch
) -> None:
    await support.heard(described(), requested(event_id="a"))
    ticket = f"/v1/tickets/{derived_id('ticket', 'a')}"
    before, published = (await http.get(ticket)).json(), await support.published()
    monkeypatch.setattr(outbox, "MAX_VALUE", 50)
    answer = await http.post(f"{ticket}/{action}", json=body)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:rapport:problem:too_large")
    assert (await http.get(ticket)).json() == before
    assert await support.published() == published
