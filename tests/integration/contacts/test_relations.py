"""What parties are to each other: told by profiles and by people, dated, shown at both ends, never in a circle."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.contacts.handlers.recovery import take_back_changes
from services.contacts.relations import commands
from shared.errors import BadRecord
from tests.integration.contacts.running import ADA, NOW, PHONE, SHOP_81, Contacts, reported, sale

BO = {"type": "email", "value": "bo@example.com"}
FIRM = {"type": "external", "system": "erp", "value": "F-1"}
KINDS = ("employs", "subsidiary_of", "buys_through", "introduced_by")


def profile(*identities: dict[str, str], relations: list[dict[str, Any]] | None = None, **more: Any) -> Any:
    party = {"identities": list(identities), "relations": relations or [], **more}
    return reported("profile.submitted", party=party)


async def three(contacts: Contacts) -> list[UUID]:
    await contacts.accept(sale("s-1", SHOP_81), sale("s-2", BO), sale("s-3", PHONE))
    return [data.party_id for data in await contacts.of_type("sale.completed")]


async def relate(
    http: httpx.AsyncClient, one: object, other: object, kind: str = "employs", **more: Any
) -> httpx.Response:
    return await http.post(f"/v1/parties/{one}/relations", json={"kind": kind, "to": str(other), **more})


def fields(answer: httpx.Response) -> list[str]:
    return [each["field"] for each in answer.json()["errors"]]


async def relations(http: httpx.AsyncClient, party_id: object) -> list[dict[str, Any]]:
    answer = await http.get(f"/v1/parties/{party_id}/relations")
    assert answer.status_code == 200
    return list(answer.json()["items"])


async def test_a_profile_tells_whom_a_firm_employs_and_both_histories_show_it(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    """Both are founded by one fact; told again, it is no news."""
    employs = [
        {"kind": "employs", "party": {"identities": [ADA], "name": "Ada Holm"}, "since": "2024-02-29"},
        {"kind": "employs", "party": {"identities": [BO]}},
    ]
    for _ in range(2):
        await contacts.accept(profile(FIRM, relations=employs, kind="organisation", name="Holm A/S"))
    await contacts.show_published()
    firm, ada, bo = [data.party_id for data in await contacts.of_type("party.registered")]
    told = await contacts.of_type("relation.added")
    assert [(each.party_id, each.from_party_id, each.to_party_id, each.since) for each in told] == [
        (firm, firm, ada, "2024-02-29"),
        (ada, firm, ada, "2024-02-29"),
        (firm, firm, bo, None),
        (bo, firm, bo, None),
    ]
    shown = await relations(http, firm)
    assert {(each["kind"], each["to_now"], each["since"]) for each in shown} == {
        ("employs", str(ada), "2024-02-29"),
        ("employs", str(bo), None),
    }
    assert await relations(http, ada) == [each for each in shown if each["to_now"] == str(ada)]
    assert (await http.get(f"/v1/parties/{ada}")).json()["name"] == "Ada Holm"
    for party_id, lines in ((firm, 2), (ada, 1), (bo, 1)):
        answer = await http.get(f"/v1/parties/{party_id}/timeline", params={"type": "relation.added"})
        assert len(answer.json()["items"]) == lines


@pytest.mark.parametrize(
    ("relations", "reason", "field"),
    [
        ([{"kind": "employs", "party": {"identities": [ADA]}}], "self_relation", "party.relations.0.party"),
        ([{"kind": "employs", "party": {"identities": [BO]}}] * 2, None, None),
        (
            [
                {"kind": "introduced_by", "party": {"identities": [BO]}},
                {"kind": "employs", "party": {"identities": [{"type": "phone", "value": "112"}]}},
            ],
            "no_identity",
            "party.relations.1.party.identities",
        ),
    ],
)
async def test_a_profile_that_cannot_be_kept_is_refused_by_field(
    contacts: Contacts, relations: list[dict[str, Any]], reason: str | None, field: str | None
) -> None:
    fact = profile(ADA, relations=relations)
    if reason is None:
        await contacts.accept(fact)
        assert len(await contacts.of_type("relation.added")) == 2
        return
    with pytest.raises(BadRecord) as refused:
        await contacts.accept(fact)
    assert (refused.value.reason, refused.value.field) == (reason, field)
    assert await contacts.rows("select * from relation") == []


@pytest.mark.parametrize("kind", KINDS)
async def test_no_circle_of_any_length_over_http_or_by_a_profile(
    contacts: Contacts, http: httpx.AsyncClient, kind: str
) -> None:
    one, two, last = await three(contacts)
    assert fields(await relate(http, one, one, kind)) == ["body.to"]
    assert [(await relate(http, *pair, kind)).status_code for pair in ((one, two), (two, last))] == [201, 201]
    closing = await relate(http, last, one, kind)
    assert (closing.status_code, fields(closing)) == (422, ["body.to"])
    with pytest.raises(BadRecord, match="relation_cycle"):
        await contacts.accept(profile(PHONE, relations=[{"kind": kind, "party": {"identities": [SHOP_81]}}]))
    other = next(each for each in KINDS if each != kind)
    assert (await relate(http, last, one, other)).status_code == 201
    again = await relate(http, one, two, kind)
    assert (again.status_code, again.json()["state"]["to_now"]) == (409, str(two))
    # What is over closes nothing.
    await http.post(f"/v1/relations/{again.json()['state']['id']}/end", json={})
    assert (await relate(http, last, one, kind)).status_code == 201


@pytest.mark.usefixtures("contacts")
async def test_a_walk_that_would_take_long_is_refused_and_one_that_is_branched_is_not(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many ways to the same parties are one; a chain goes on over those who were merged."""
    ids = [(await http.post("/v1/parties", json={"name": f"No. {n}"})).json()["id"] for n in range(10)]
    for begin, end in ((0, 1), (0, 2), (1, 3), (2, 3), (4, 5), (5, 6)):
        assert (await relate(http, ids[begin], ids[end], "subsidiary_of")).status_code == 201
    merged = {"other": ids[4], "because": "one firm"}
    assert (await http.post(f"/v1/parties/{ids[3]}/merge", json=merged)).status_code == 201
    for end in range(1, 6):
        assert fields(await relate(http, ids[6], ids[end], "subsidiary_of")) == ["body.to"]
    assert (await relate(http, ids[6], ids[7], "subsidiary_of")).status_code == 201
    monkeypatch.setattr(commands, "_FARTHEST", 7)
    far = await relate(http, ids[8], ids[0], "subsidiary_of")  # 0 to 7 are eight
    assert (far.status_code, fields(far)) == (422, ["body.to"])
    assert "cannot be ruled out" in far.json()["errors"][0]["detail"]
    assert (await relate(http, ids[8], ids[1], "subsidiary_of")).status_code == 201


async def test_a_relation_ends_on_a_day_that_can_be(contacts: Contacts, http: httpx.AsyncClient) -> None:
    one, two, _ = await three(contacts)
    made = (await relate(http, one, two, since="2026-01-31")).json()
    path = f"/v1/relations/{made['id']}/end"
    for wrong in ("2026-01-30", (NOW + timedelta(days=1)).date().isoformat(), "2026-02-30", "soon"):
        answer = await http.post(path, json={"on": wrong})
        assert (answer.status_code, fields(answer)) == (422, ["body.on"])
    done = await http.post(path, json={"on": "2026-02-28"})
    assert (done.status_code, done.json()["ended_on"]) == (200, "2026-02-28")
    assert (await http.post(path, json={})).status_code == 409
    told = await contacts.of_type("relation.ended")
    assert [(each.party_id, each.ended_on) for each in told] == [(one, "2026-02-28"), (two, "2026-02-28")]
    assert (await relations(http, two))[0]["ended_on"] == "2026-02-28"
    assert (await relate(http, one, two)).status_code == 201
    wrong_bodies = {"kind": "knows", "since": "2026-02-30", "to": str(UUID(int=9))}
    for name, value in wrong_bodies.items():
        body = {"kind": "employs", "to": str(two)} | {name: value}
        assert fields(await http.post(f"/v1/parties/{one}/relations", json=body)) == [f"body.{name}"]


async def test_a_merge_moves_no_relation_and_both_ends_are_resolved(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    one, two, last = await three(contacts)
    await relate(http, one, two)
    done = await http.post(f"/v1/parties/{last}/merge", json={"other": str(two), "because": "one"})
    [shown] = await relations(http, last)
    assert (shown["to_party_id"], shown["to_now"]) == (str(two), str(last))
    assert await relations(http, one) == await relations(http, two) == [shown]
    # The two that are one are neither related to each other nor the ends of a circle.
    assert fields(await relate(http, two, last)) == ["body.to"]
    assert fields(await relate(http, last, one)) == ["body.to"]
    assert (await relate(http, one, last)).status_code == 409
    await http.post(f"/v1/merges/{done.json()['id']}/undo", json={"because": "two"})
    assert await relations(http, last) == []
    assert [each["to_now"] for each in await relations(http, two)] == [str(two)]


async def test_a_profile_that_comes_again_after_a_restore_revives_no_relation(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    told = replace(profile(ADA, relations=[{"kind": "employs", "party": {"identities": [BO]}}]), timestamp=1_000)
    await contacts.accept(told)
    [made] = await relations(http, (await contacts.of_type("relation.added"))[0].party_id)
    await http.post(f"/v1/relations/{made['id']}/end", json={})
    before = await contacts.rows("select * from relation")
    await contacts.accept(told)
    assert len(await contacts.of_type("relation.added")) == 2
    assert await contacts.rows("select * from relation") == before


async def test_a_restored_database_takes_relations_back_and_an_erasure_keeps_them(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    one, two, last = await three(contacts)
    ended = (await relate(http, one, two)).json()
    await http.post(f"/v1/relations/{ended['id']}/end", json={})
    await relate(http, two, last, "introduced_by", since="2020-05-01")
    before = await contacts.rows("select * from relation order by id")
    log = [each for each in await contacts.relayed() if each.type.startswith("crm.relation.")]
    await contacts.pool.execute("delete from relation")
    async with contacts.transaction() as tx:
        await take_back_changes([*log, *log], tx)
    assert await contacts.rows("select * from relation order by id") == before

    asked = await http.post("/v1/erasures", json={"party_id": str(two), "because": "asked", "by": "staff-1"})
    await http.post(f"/v1/erasures/{asked.json()['id']}/approve", json={"by": "staff-2"})
    assert [len(await relations(http, each)) for each in (one, two, last)] == [1, 2, 1]
    [still] = [each for each in await relations(http, last) if each["ended_on"] is None]
    assert (await http.post(f"/v1/relations/{still['id']}/end", json={})).status_code == 200
    assert (await relate(http, one, two)).status_code == 404
