"""Identities that people of the company move to another party, splits, and taking either back."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from services.contacts.subscriptions import recovery
from tests.integration.contacts.running import ADA, PHONE, SHOP_81, Contacts, sale

BO = {"type": "email", "value": "bo@example.com"}
SHOP_82 = {"type": "external", "system": "shop", "value": "82"}
BECAUSE = {"because": "she called"}


async def buyers(contacts: Contacts) -> list[UUID]:
    return [data.party_id for data in await contacts.of_type("sale.completed")]


async def identities(http: httpx.AsyncClient, party_id: object) -> dict[str, Any]:
    """By value, what the party carries."""
    return {each["value"]: each for each in (await http.get(f"/v1/parties/{party_id}")).json()["identities"]}


async def two(contacts: Contacts) -> list[UUID]:
    """Ada with her number, e-mail and phone; Bo, who shares the phone."""
    await contacts.accept(sale("s-1", SHOP_81, ADA, PHONE, name="Ada"), sale("s-2", SHOP_82, PHONE, name="Bo"))
    return await buyers(contacts)


async def test_a_moved_identity_takes_its_facts_along_from_then_on_and_comes_back(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    ada, bo = await two(contacts)
    phone = (await identities(http, ada))["+4520123456"]["id"]
    url = f"/v1/parties/{ada}/identities/{phone}/move"

    moved = await http.post(url, json={"to": str(bo), **BECAUSE}, headers={"If-Match": '"1"'})
    await contacts.accept(sale("s-3", PHONE))
    assert moved.status_code == 201
    assert (await identities(http, bo))["+4520123456"]["shared"] is False
    assert "+4520123456" not in await identities(http, ada)
    undone = await http.post(f"/v1/moves/{moved.json()['id']}/undo", json=BECAUSE)
    await contacts.accept(sale("s-4", PHONE))

    assert undone.status_code == 201
    assert await buyers(contacts) == [ada, bo, bo, ada]
    told = await contacts.of_type("identity.moved")
    assert [(each.party_id, each.from_party_id, each.to_party_id) for each in told] == [
        (ada, ada, bo), (bo, ada, bo), (bo, bo, ada), (ada, bo, ada)
    ]  # fmt: skip
    assert [str(each.undoes) for each in told[2:]] == [moved.json()["id"]] * 2
    assert {each.party_id: each.version for each in await contacts.of_type("party.described")} == {ada: 3, bo: 3}
    shown = (await http.get(f"/v1/moves/{moved.json()['id']}")).json()
    assert (shown["undone_by"], shown["because"]) == (undone.json()["id"], "she called")


async def test_a_split_founds_a_party_and_is_undone(contacts: Contacts, http: httpx.AsyncClient) -> None:
    await contacts.accept(sale("s-1", SHOP_81, ADA, BO, PHONE, name="Ada"))
    [ada] = await buyers(contacts)
    own = await identities(http, ada)
    taken = [own["bo@example.com"]["id"], own["+4520123456"]["id"]]

    split = await http.post(f"/v1/parties/{ada}/split", json={"identities": taken, **BECAUSE})
    bo = UUID(split.json()["to_party_id"])
    await contacts.accept(sale("s-2", BO, name="Bo"), sale("s-3", PHONE), sale("s-4", ADA))
    assert set(await identities(http, bo)) == {"bo@example.com", "+4520123456"}
    undone = await http.post(f"/v1/moves/{split.json()['id']}/undo", json=BECAUSE)
    await contacts.accept(sale("s-5", BO))

    assert (split.status_code, undone.status_code) == (201, 201)
    assert await buyers(contacts) == [ada, bo, bo, ada, ada]
    told = await contacts.of_type("party.split")
    assert [(each.party_id, each.to_party_id, each.undoes is None) for each in told] == [
        (ada, bo, True), (bo, bo, True), (bo, ada, False), (ada, ada, False)
    ]  # fmt: skip
    assert set(await identities(http, ada)) == set(own)
    assert await identities(http, bo) == {}
    registered = [each.party_id for each in await contacts.of_type("party.registered")]
    assert registered == [ada, bo]


MOVED = ("identity_move", "shared_identity", "identity", "party")
"""Tables that a move writes, in the order in which they can be emptied."""


async def back_up(contacts: Contacts) -> dict[str, list[dict[str, Any]]]:
    return {table: await contacts.rows(f"select to_jsonb({table})::text as row from {table}") for table in MOVED}


async def put_back(contacts: Contacts, backup: dict[str, list[dict[str, Any]]]) -> None:
    for table in MOVED:
        await contacts.rows(f"delete from {table}")
    for table in reversed(MOVED):
        insert = f"insert into {table} select * from jsonb_populate_record(null::{table}, $1::text::jsonb)"
        for row in backup[table]:
            await contacts.rows(insert, row["row"])


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("act", ["move", "move and undo", "move there, back and there", "split", "split and undo"])
async def test_what_people_moved_since_a_backup_is_taken_back_from_the_topics(
    contacts: Contacts, http: httpx.AsyncClient, act: str, first: int
) -> None:
    """Whichever party's partition is read first."""
    await contacts.accept(sale("s-1", SHOP_81, ADA, PHONE, name="Ada"), sale("s-2", SHOP_82, name="Bo"))
    ada, bo = await buyers(contacts)
    phone = (await identities(http, ada))["+4520123456"]["id"]
    before, backup = len(await contacts.relayed()), await back_up(contacts)

    async def post(path: str, **body: Any) -> Any:
        return (await http.post(f"/v1/{path}", json={**body, **BECAUSE})).raise_for_status().json()

    if act.startswith("move"):
        done = await post(f"parties/{ada}/identities/{phone}/move", to=str(bo))
    else:
        done = await post(f"parties/{ada}/split", identities=[phone])
    if act == "move there, back and there":
        await post(f"parties/{bo}/identities/{phone}/move", to=str(ada))
        await post(f"parties/{ada}/identities/{phone}/move", to=str(bo))
    if act.endswith("undo"):
        await post(f"moves/{done['id']}/undo")
    parties = sorted({ada, bo, UUID(done["to_party_id"])})
    stood = [await identities(http, party) for party in parties]
    shown = (await http.get(f"/v1/moves/{done['id']}")).json()
    told = (await contacts.relayed())[before:]
    both = UUID(done["from_party_id"]), UUID(done["to_party_id"])
    await put_back(contacts, backup)

    of_first = [event for event in told if event.data.party_id == both[first]]
    assert of_first
    await contacts.hear(recovery.subscription, [*of_first, *(event for event in told if event not in of_first)])

    assert [await identities(http, party) for party in parties] == stood
    again = (await http.get(f"/v1/moves/{done['id']}")).json()
    lost = {"because", "moved_at"}  # the reason stood in the database alone
    assert {name: each for name, each in again.items() if name not in lost} == {
        name: each for name, each in shown.items() if name not in lost
    }


async def test_what_cannot_be_moved_is_refused_and_nothing_changes(contacts: Contacts, http: httpx.AsyncClient) -> None:
    ada, bo = await two(contacts)
    own, his = await identities(http, ada), await identities(http, bo)
    number, phone = own["81"]["id"], own["+4520123456"]["id"]
    all_of_them = [each["id"] for each in own.values()]

    async def refused(path: str, body: dict[str, Any], **headers: str) -> tuple[int, str]:
        answer = await http.post(f"/v1/parties/{path}", json={**body, **BECAUSE}, headers=headers)
        return answer.status_code, answer.json()["type"].rpartition(":")[2]

    to_bo = {"to": str(bo)}
    assert await refused(f"{uuid4()}/identities/{number}/move", to_bo) == (404, "not_found")
    assert await refused(f"{ada}/identities/{number}/move", {"to": str(uuid4())}) == (404, "not_found")
    assert await refused(f"{ada}/identities/{number}/move", {"to": str(ada)}) == (422, "invalid")
    assert await refused(f"{ada}/identities/{number}/move", to_bo) == (422, "invalid")
    assert await refused(f"{ada}/identities/{uuid4()}/move", to_bo) == (409, "moved_on")
    assert await refused(f"{bo}/identities/{his['+4520123456']['id']}/move", {"to": str(ada)}) == (409, "moved_on")
    assert await refused(f"{ada}/identities/{phone}/move", to_bo, **{"If-Match": '"7"'}) == (409, "stale")
    assert await refused(f"{ada}/split", {"identities": all_of_them}) == (422, "invalid")
    assert await refused(f"{ada}/split", {"identities": []}) == (422, "invalid")
    assert (await http.post(f"/v1/moves/{uuid4()}/undo", json=BECAUSE)).status_code == 404
    assert (await identities(http, ada), await identities(http, bo)) == (own, his)
    assert await contacts.of_type("identity.moved") == []


async def test_a_move_is_undone_once_and_not_past_a_later_one(contacts: Contacts, http: httpx.AsyncClient) -> None:
    ada, bo = await two(contacts)
    email = (await identities(http, ada))["ada@example.com"]["id"]

    async def move(source: UUID, target: UUID) -> str:
        url = f"/v1/parties/{source}/identities/{email}/move"
        return str((await http.post(url, json={"to": str(target), **BECAUSE})).json()["id"])

    first, second = await move(ada, bo), await move(bo, ada)
    past = await http.post(f"/v1/moves/{first}/undo", json=BECAUSE)
    assert (past.status_code, past.json()["type"]) == (409, "urn:rapport:problem:moved_on")
    tries = await asyncio.gather(*(http.post(f"/v1/moves/{second}/undo", json=BECAUSE) for _ in range(3)))
    assert sorted(answer.status_code for answer in tries) == [201, 409, 409]
    assert (await http.post(f"/v1/moves/{first}/undo", json=BECAUSE)).status_code == 201
    assert "ada@example.com" in await identities(http, ada)


@pytest.mark.parametrize("number", range(3))
async def test_facts_that_come_while_an_identity_moves_are_of_one_of_the_two(
    contacts: Contacts, http: httpx.AsyncClient, number: int
) -> None:
    ada, bo = await two(contacts)
    email = (await identities(http, ada))["ada@example.com"]["id"]
    url = f"/v1/parties/{ada}/identities/{email}/move"
    facts = [sale(f"race-{number}-{place}", ADA, PHONE) for place in range(8)]
    accepting = asyncio.gather(*(contacts.accept(fact) for fact in facts))
    answer = await http.post(url, json={"to": str(bo), **BECAUSE})
    await accepting
    assert answer.status_code == 201
    sold = await buyers(contacts)
    assert len(sold) == 10
    assert set(sold) == {ada, bo}
    versions = [(each.party_id, each.version) for each in await contacts.of_type("party.described")]
    assert len(set(versions)) == len(versions)


async def test_a_move_that_meets_an_identity_of_its_system_on_its_way_is_refused(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    """A fact's transaction writes another number of the shop for Bo, and has not ended when Ada's is moved to him."""
    await contacts.accept(sale("s-1", SHOP_81, ADA, name="Ada"), sale("s-2", BO, name="Bo"))
    ada, bo = await buyers(contacts)
    number = (await identities(http, ada))["81"]["id"]
    async with contacts.pool.acquire() as fact:
        writing = fact.transaction()
        await writing.start()
        await fact.execute(
            "insert into identity (id, type, system, value, party_id) values ($1, 'external', 'shop', '82', $2)",
            uuid4(),
            bo,
        )
        url = f"/v1/parties/{ada}/identities/{number}/move"
        moving = asyncio.create_task(http.post(url, json={"to": str(bo), **BECAUSE}))
        while not await contacts.pool.fetchval("select exists (select from pg_locks where not granted)"):
            await asyncio.sleep(0.01)
        await writing.commit()
    answer = await moving
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:rapport:problem:invalid")
    assert "81" in await identities(http, ada)
