"""What contacts holds of a party, for whoever asks for theirs."""

import json
from typing import Any
from uuid import UUID

import httpx

from tests.integration.contacts.running import ADA, SHOP_81, Contacts
from tests.integration.contacts.test_erasures import SHOP_82, ada, erased

WHY = {"because": "a letter of 3 March"}


async def archive(http: httpx.AsyncClient, party_id: object, **asked: Any) -> list[dict[str, Any]]:
    answer = await http.get(f"/v1/archives/{party_id}", params={**WHY, **asked})
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


async def test_everything_that_is_held_of_her_and_nothing_of_others(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    party_id = await ada(contacts)
    other = (await http.post("/v1/parties", json={"name": "Bo Berg", "identities": [SHOP_82]})).json()["id"]
    await http.post(f"/v1/parties/{party_id}/merge", json={"other": other, "because": "one person"})
    stranger = {"name": "Cay Dahl", "identities": [{"type": "external", "system": "shop", "value": "83"}]}
    third = (await http.post("/v1/parties", json=stranger)).json()["id"]
    await contacts.show_published()

    first, *rows, last = await archive(http, party_id)
    assert (first["service"], first["party_ids"]) == ("contacts", sorted([str(party_id), other]))
    assert last["complete"]
    assert last["rows"]["party"] == 2
    assert {table for table, count in last["rows"].items() if count} == {row["table"] for row in rows}
    assert {"party", "identity", "party_merge", "fact_text", "sale", "consent_record", "timeline_v1.line"} <= {
        row["table"] for row in rows
    }
    text = json.dumps(rows)
    for word in ("Ada Holm", "Bo Berg", "1990-04-17", "Her dog is Bo", "ada@example.com", "ticked"):
        assert word in text, word
    assert "Cay Dahl" not in text
    assert third not in text
    assert await archive(http, other) == [first, *rows, last]


async def test_who_asked_is_noted_and_nothing_else_of_it(contacts: Contacts, http: httpx.AsyncClient) -> None:
    party_id = await ada(contacts)
    await archive(http, party_id)
    (line,) = await contacts.rows(
        "select action, subject::text as subject, reason from operator_action where subject::text like $1",
        f"%{party_id}%",
    )
    assert (line["action"], json.loads(line["subject"]), line["reason"]) == (
        "archive", {"party_ids": [str(party_id)]}, WHY["because"]
    )  # fmt: skip


async def test_who_is_unknown_or_erased_is_told_so(contacts: Contacts, http: httpx.AsyncClient) -> None:
    unknown = await http.get(f"/v1/archives/{UUID(int=7)}", params=WHY)
    assert (unknown.status_code, unknown.json()["type"]) == (404, "urn:rapport:problem:not_found")
    party_id = (await http.post("/v1/parties", json={"name": "Ada", "identities": [ADA, SHOP_81]})).json()["id"]
    await erased(http, party_id)
    gone = await http.get(f"/v1/archives/{party_id}", params=WHY)
    assert gone.status_code == 410
    silent = await http.get(f"/v1/archives/{party_id}")
    assert [error["field"] for error in silent.json()["errors"]] == ["query.because"]
    assert await contacts.rows("select from operator_action where subject::text like $1", f"%{party_id}%") == []
