"""A write that would lead to an event larger than a topic takes is refused before anything of it stands."""

from typing import Any

import httpx
import pytest

from shared.engine import outbox
from tests.integration.contacts.running import ADA, Contacts

NAME = "x" * 290
TIGHT = 500
"""More than a description with a short name, less than one with this."""


@pytest.fixture
async def party(http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> str:
    """The path of a party, in a system whose events are small."""
    monkeypatch.setattr(outbox, "MAX_VALUE", TIGHT)
    created = await http.post("/v1/parties", json={"name": "Ada", "identities": [ADA]})
    assert created.status_code == 201, created.text
    return str(created.headers["location"])


async def state(contacts: Contacts) -> tuple[list[Any], int]:
    (row,) = await contacts.rows("select count(*) as kept from idempotency")
    parties = await contacts.rows("select id, name, version from party order by id")
    return parties, len(await contacts.published()) + row["kept"]


@pytest.mark.parametrize("key", [{}, {"Idempotency-Key": "k-1"}], ids=["once", "repeatable"])
@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT"])
async def test_one_write_is_refused_whole(
    method: str, key: dict[str, str], http: httpx.AsyncClient, contacts: Contacts, party: str
) -> None:
    before = await state(contacts)
    url = "/v1/parties" if method == "POST" else party
    answer = await http.request(method, url, json={"name": NAME}, headers=key)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:rapport:problem:too_large")
    assert f"at most {TIGHT}" in answer.json()["detail"]
    assert NAME not in answer.text
    assert await state(contacts) == before


async def test_of_a_batch_one_item_is_refused(http: httpx.AsyncClient, contacts: Contacts, party: str) -> None:
    del party
    items = [{"name": "Bo"}, {"name": NAME}, {"name": "Cy"}, {"name": NAME, "identities": [ADA]}]
    answer = await http.post("/v1/parties/batch", json={"items": items})
    assert answer.status_code == 200
    results = answer.json()["results"]
    assert [result["status"] for result in results] == ["created", "refused", "created", "refused"]
    assert "too_large" in results[1]["detail"]
    assert [row["name"] for row in await contacts.rows("select name from party order by name")] == ["Ada", "Bo", "Cy"]
