"""What stands around a party, in one answer: what its own routes say of each, also of one that was merged."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.contacts.overview import commands
from tests.integration.contacts.running import ADA, PHONE, SHOP_81, Contacts, sale

BO = {"type": "email", "value": "bo@example.com"}
CY = {"type": "email", "value": "cy@example.com"}


async def get(http: httpx.AsyncClient, path: str, **query: Any) -> dict[str, Any]:
    answer = await http.get(f"/v1/parties/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def post(http: httpx.AsyncClient, path: str, **body: Any) -> None:
    answer = await http.post(f"/v1/parties/{path}", json=body)
    assert answer.status_code == 201, answer.text


@pytest.fixture
async def ids(contacts: Contacts, http: httpx.AsyncClient) -> list[str]:
    """Ada, who goes on as A. Holm by name, with the other Holm merged into her; Bo, who was merged into Cy."""
    await contacts.accept(
        sale("s-1", SHOP_81, ADA, name="Ada Holm"),
        sale("s-2", PHONE, name="A. Holm"),
        sale("s-3", BO, name="Bo"),
        sale("s-4", CY, name="Cy"),
        sale("s-5", SHOP_81, ADA),
    )
    ada, other, bo, cy, _ = (str(data.party_id) for data in await contacts.of_type("sale.completed"))
    await post(http, f"{other}/relations", kind="introduced_by", to=bo, since="2026-01-02")
    await post(http, f"{cy}/relations", kind="employs", to=ada)
    await post(http, f"{ada}/roles", role="partner")
    await post(http, f"{other}/roles", role="supplier", since="2025-06-01")
    await post(http, f"{ada}/merge", other=other, because="the same address", fields=["name"])
    await post(http, f"{cy}/merge", other=bo, because="married")
    await contacts.show_published()
    return [ada, other, bo, cy]


async def test_it_says_what_the_routes_of_each_say(http: httpx.AsyncClient, ids: list[str]) -> None:
    ada, other, _, cy = ids
    found = await get(http, f"{other}/overview")
    assert found == await get(http, f"{ada}/overview")
    view, lines = await get(http, ada), await get(http, f"{ada}/timeline", type="sale.completed")
    assert (found["party_id"], found["name"]) == (view["id"], view["name"]) == (ada, "A. Holm")
    assert found["completeness"] == await get(http, f"{ada}/completeness")
    assert found["purchases"] == [each["summary"]["total"] for each in lines["items"]]
    assert len(found["purchases"]) == 3
    assert found["roles"] == await get(http, f"{ada}/roles")
    relations = await get(http, f"{ada}/relations")
    assert [{**each, "name": "Cy"} for each in relations["items"]] == found["relations"]["items"]
    assert [(each["from_now"], each["to_now"]) for each in relations["items"]] == [(ada, cy), (cy, ada)]


async def test_its_lists_go_on_where_their_own_routes_do(
    http: httpx.AsyncClient, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "_LISTED", 1)
    found = await get(http, f"{ids[0]}/overview")
    for name in ("relations", "roles"):
        first = await get(http, f"{ids[0]}/{name}", limit=1)
        assert len(found[name]["items"]) == 1
        assert found[name]["next_cursor"] == first["next_cursor"]


async def test_what_has_not_changed_is_not_sent_again(http: httpx.AsyncClient, ids: list[str]) -> None:
    path = f"/v1/parties/{ids[0]}/overview"
    tag = (await http.get(path)).headers["ETag"]
    assert (await http.get(path, headers={"If-None-Match": tag})).status_code == 304
    await post(http, f"{ids[0]}/roles", role="vendor")
    changed = await http.get(path, headers={"If-None-Match": tag})
    assert (changed.status_code, len(changed.json()["roles"]["items"])) == (200, 3)


async def test_who_is_not_known_is_not_found(http: httpx.AsyncClient) -> None:
    assert (await http.get(f"/v1/parties/{uuid4()}/overview")).status_code == 404
