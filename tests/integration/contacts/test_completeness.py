"""What is missing of parties: scored where it is learnt, told where it changes, and listed by what they bought."""

import asyncio
from typing import Any
from uuid import UUID

import httpx

from services.contacts.completeness.commands import ROUND
from services.contacts.completeness.store import SQL
from services.contacts.handlers.recovery import take_back_changes
from services.contacts.weights import CompletenessPolicy
from tests.integration.contacts.running import ADA, PHONE, SHOP_81, Contacts, reported, sale

BO = {"type": "email", "value": "bo@example.com"}
WHOLE: dict[str, Any] = {
    "name": "Ada Holm",
    "locale": "da",
    "address": {"lines": ["Nørregade 1"], "postal_code": "8000", "city": "Aarhus", "country": "DK"},
}


async def read(http: httpx.AsyncClient, party_id: object) -> dict[str, Any]:
    answer = await http.get(f"/v1/parties/{party_id}/completeness")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def worst(http: httpx.AsyncClient, **asked: Any) -> list[dict[str, Any]]:
    """The whole list, read in pages of two."""
    found: list[dict[str, Any]] = []
    more: dict[str, Any] = {}
    while True:
        answer = await http.get("/v1/incomplete", params={"limit": 2, **asked, **more})
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        more = {"cursor": answer.json()["next_cursor"]}
        if more["cursor"] is None:
            return found


def refund(sale_id: str, minor: int, *identities: dict[str, str]) -> Any:
    total = {"minor": minor, "currency": "DKK"}
    return reported("sale.refunded", party={"identities": list(identities)}, sale_id=sale_id, total=total)


async def test_a_score_follows_what_is_known_and_says_what_to_ask_for(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    await contacts.accept(
        reported("product.chosen", party={"identities": [PHONE]}, sku="A", channel="web", intent="viewed")
    )
    [told] = await contacts.of_type("party.registered")
    first = await read(http, told.party_id)
    assert (first["next"], told.completeness) == ("name", first["score"])
    assert [each["field"] for each in first["missing"]] == told.missing
    assert first["missing"][1] == {"field": "email", "words": "there is no e-mail address to write to"}
    assert await contacts.of_type("completeness.changed") == []

    # Each of these is a change of the party's own transaction: a fact, its first sale, and what people write.
    await contacts.accept(reported("profile.submitted", party={"identities": [PHONE, ADA], "name": "Ada"}))
    await contacts.accept(sale("s-1", PHONE))
    await http.patch(f"/v1/parties/{told.party_id}", json=WHOLE)
    scores = [(each.completeness, each.missing[:1]) for each in await contacts.of_type("completeness.changed")]
    assert scores == [(70, ["country"]), (57, ["country"]), (100, [])]
    assert await read(http, told.party_id) == {
        "party_id": str(told.party_id),
        "score": 100,
        "missing": [],
        "next": None,
    }

    # Nothing more is told, and not even asked, where nothing is learnt.
    await contacts.pool.execute("delete from outbox")
    await contacts.accept(sale("s-2", PHONE), sale("s-3", ADA), refund("s-2", 100, PHONE))
    assert "completeness.changed" not in await contacts.types()
    assert (await http.get(f"/v1/parties/{UUID(int=9)}/completeness")).status_code == 404


async def test_the_worst_customers_come_first_by_what_they_bought(contacts: Contacts, http: httpx.AsyncClient) -> None:
    def bought(number: int, minor: int, currency: str = "DKK", **known: Any) -> Any:
        party = {"identities": [{"type": "external", "system": "shop", "value": str(number)}], **known}
        price = {"minor": minor, "currency": currency}
        lines = [{"sku": "A", "quantity": 1, "unit_price": price}]
        return reported(
            "sale.completed", party=party, sale_id=f"s-{number}-{minor}", channel="web", total=price, lines=lines
        )

    await contacts.accept(
        bought(1, 1_000, name="Little"),
        bought(2, 90_000, name="Much"),
        bought(3, 50_000, name="Returned"),
        bought(4, 99_999, "EUR", name="Abroad"),
        bought(4, 500, name="Abroad"),
        bought(5, 80_000, **WHOLE | {"name": "Nearly"}),
        bought(6, 1_000),
    )
    await contacts.accept(
        reported("profile.submitted", party={"identities": [BO], "name": "Bought nothing"}),
        reported("profile.submitted", party={"identities": [ADA, PHONE], **WHOLE}),
        refund("s-3-50000", 49_900, {"type": "external", "system": "shop", "value": "3"}),
    )
    await contacts.show_published()
    names = [each["name"] for each in await worst(http)]
    assert names == ["Abroad", "Much", "Nearly", None, "Little", "Returned", "Bought nothing"]
    [abroad, much, *_] = await worst(http)
    assert (abroad["bought"], much["bought"]) == (
        {"minor": 99_999, "currency": "EUR"},
        {"minor": 90_000, "currency": "DKK"},
    )
    assert much["next"] == much["missing"][0]["field"] == "email"
    danish = await worst(http, currency="DKK")
    assert [each["name"] for each in danish if each["name"] in {"Abroad", "Much", "Bought nothing"}] == [
        "Much",
        "Abroad",
    ]
    assert (await worst(http, currency="USD")) == []
    for wrong in ({"cursor": "zz"}, {"currency": "dkk"}):
        assert (await http.get("/v1/incomplete", params=wrong)).status_code == 422


async def test_who_goes_on_as_another_or_is_erased_leaves_the_list(contacts: Contacts, http: httpx.AsyncClient) -> None:
    """A merge is scored by what is known of both, also where more is learnt of the other one later."""
    await contacts.accept(sale("s-1", SHOP_81, name="Ada Holm"), sale("s-2", BO, name="Bo"))
    ada, bo = [data.party_id for data in await contacts.of_type("sale.completed")]
    before = [await read(http, each) for each in (ada, bo)]
    done = await http.post(f"/v1/parties/{ada}/merge", json={"other": str(bo), "because": "one"})
    await contacts.show_published()
    assert [each["party_id"] for each in await worst(http)] == [str(ada)]
    assert await read(http, bo) == await read(http, ada)
    assert {each["field"] for each in before[0]["missing"]} > {
        each["field"] for each in (await read(http, ada))["missing"]
    }
    await contacts.accept(reported("profile.submitted", party={"identities": [BO, PHONE]}))
    told = {each.party_id: each for each in await contacts.of_type("completeness.changed")}
    assert "phone" not in told[ada].missing
    assert told[ada].completeness == (await read(http, ada))["score"]

    await http.post(f"/v1/merges/{done.json()['id']}/undo", json={"because": "two"})
    await contacts.show_published()
    assert await read(http, ada) == before[0]
    assert {each["party_id"] for each in await worst(http)} == {str(ada), str(bo)}
    asked = await http.post("/v1/erasures", json={"party_id": str(bo), "because": "asked", "by": "staff-1"})
    await http.post(f"/v1/erasures/{asked.json()['id']}/approve", json={"by": "staff-2"})
    await contacts.show_published()
    assert [each["party_id"] for each in await worst(http)] == [str(ada)]
    assert (await http.get(f"/v1/parties/{bo}/completeness")).status_code == 410


async def test_a_sale_and_a_score_that_are_shown_at_once_miss_each_other_never(contacts: Contacts) -> None:
    """They come by two topics: whichever is first, what is missing stands beside what was bought."""
    for number in range(8):
        await contacts.accept(sale(f"s-{number}", {"type": "email", "value": f"a{number}@example.com"}))
    events = await contacts.relayed()
    topics = [[each for each in events if each.topic == topic] for topic in ("crm.sales", "crm.contacts")]
    by_party = [
        [each for each in of_topic if each.data.party_id == party_id]
        for party_id in {each.data.party_id for each in topics[0]}
        for of_topic in topics
    ]
    await asyncio.gather(*(contacts.show(each) for each in by_party))
    rows = await contacts.rows(
        "select lacking, 100 - score as should from total join timeline_v1.completeness using (party_id)"
    )
    assert len(rows) == 8
    assert all(row["lacking"] == row["should"] > 0 for row in rows)


async def test_another_policy_scores_everybody_anew_once(contacts: Contacts, http: httpx.AsyncClient) -> None:
    await contacts.accept(sale("s-1", ADA), sale("s-2", BO, name="Bo"))
    ada, bo = [data.party_id for data in await contacts.of_type("sale.completed")]
    before = await read(http, ada)
    policy = CompletenessPolicy.model_validate({"kinds": {"person": {"name": 1}, "organisation": {}}})
    context: Any = contacts.context
    contacts.context = context._replace(completeness=policy)
    async with contacts.ledger_of(contacts.pool).transaction() as tx:
        await ROUND.begin(tx)
        assert await ROUND.go_on(tx)
        assert await ROUND.go_on(tx)
    told = await contacts.of_type("completeness.changed")
    assert {each.party_id: each.completeness for each in told} == {ada: 0, bo: 100}
    assert len(told) == 2
    assert before["score"] > 0


async def test_a_restored_database_takes_scores_back_and_tells_none_again(contacts: Contacts) -> None:
    await contacts.accept(sale("s-1", ADA))
    later = reported("profile.submitted", party={"identities": [ADA], **WHOLE})
    await contacts.accept(later)
    log = [
        each
        for each in await contacts.relayed()
        if each.type in {"crm.party.registered.v1", "crm.completeness.changed.v1"}
    ]
    [row] = await contacts.rows("select score, missing from party")
    await contacts.pool.execute("update party set score = null, missing = '{}'")
    async with contacts.transaction() as tx:
        await take_back_changes(log, tx)
    assert await contacts.rows("select score, missing from party") == [row]


async def test_the_list_is_read_from_indexes(contacts: Contacts) -> None:
    """With statistics as after long work; nothing is sorted but a page of each currency."""
    await contacts.pool.execute(
        "with party as (select gen_random_uuid() as id, n from generate_series(1, 20000) as n), known as ("
        " insert into timeline_v1.completeness (party_id, score, has_bought)"
        " select id, n % 101, n % 2 = 0 from party)"
        "insert into timeline_v1.total (party_id, currency, sales, paid, refunds, refunded, lacking)"
        " select id, (array['DKK', 'EUR', 'SEK'])[1 + n % 3], 1, n, 0, 0, 100 - n % 101 from party where n % 2 = 0"
    )
    await contacts.pool.execute("analyze timeline_v1.completeness, timeline_v1.total")
    begins = {
        "list_buyers": "null, 9223372036854775807, 'ffffffff-ffff-ffff-ffff-ffffffffffff', 51",
        "list_others": "-1::smallint, 'ffffffff-ffff-ffff-ffff-ffffffffffff', 51",
    }
    for mode in ("force_generic_plan", "force_custom_plan"):
        for name, arguments in begins.items():
            async with contacts.pool.acquire() as connection:
                await connection.execute(f"set plan_cache_mode = {mode}")
                await connection.execute(f"prepare listed as {SQL[name]}")
                rows = await connection.fetch(f"explain (analyze, timing off) execute listed ({arguments})")
                await connection.execute("deallocate listed")
                await connection.execute("reset plan_cache_mode")
            plan = "\n".join(row[0] for row in rows)
            assert "Seq Scan on total" not in plan, plan
            assert "Seq Scan on completeness" not in plan, plan
            assert {"list_buyers": "total_worst", "list_others": "completeness_unsold"}[name] in plan, plan
