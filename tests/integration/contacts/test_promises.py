"""What `tables.yaml` promises of an erasure and of a restore, for everything that contacts can know of somebody."""

from datetime import timedelta
from typing import Any

import httpx

from services.contacts.subscriptions import recovery
from shared.engine.event import Event
from tests.integration.contacts.running import NOW, Contacts, reported, sale

DAY = timedelta(days=1)
MARK = "zyx"
"""Stands in all that is personal, and nowhere else."""
EMAIL = {"type": "email", "value": "zyx.holm@example.com"}
OTHER = {"type": "email", "value": "a.zyx@example.com"}
NUMBER = {"type": "external", "system": "shop", "value": "zyx-81"}
SECOND = {"type": "external", "system": "till", "value": "zyx-82"}
FRIEND = {"type": "email", "value": "bo@example.com"}
KEPT = ("kind", "name", "address", "roles", "locale", "time_zone", "merged_into", "addresses", "tags", "custom")
FACTS: list[Event[Any]] = [
    sale("s-1", NUMBER, EMAIL, at=NOW - 9 * DAY, name="Zyxa Holm", tags=["zyxclub"], custom={"interest": "food"}),
    reported(
        "profile.submitted",
        at=NOW - 8 * DAY,
        party={
            "identities": [NUMBER, {**EMAIL, "primary": True}, {"type": "phone", "value": "zyx"}],
            "kind": "organisation",
            "name": "Zyx Holm",
            "roles": ["customer"],
            "address": {"lines": ["Zyxvej 1"], "city": "Zyxby"},
            "addresses": {"billing": {"city": "Zyxby"}},
            "custom": {"industry": "zyxworks"},
            "tags": ["zyxfriends"],
            "relations": [{"kind": "employs", "party": {"identities": [FRIEND], "name": "Bo"}}],
        },
    ),
    sale("s-2", SECOND, OTHER, at=NOW - 7 * DAY, name="Z. Zyx", locale="da", addresses={"work": {"city": "Zyxborg"}}),
    reported(
        "consent.given",
        at=NOW - 6 * DAY,
        party={"identities": [EMAIL]},
        purpose="marketing",
        channel="email",
        evidence="ticked by Zyx",
    ),
    reported(
        "interaction.recorded",
        at=NOW - 6 * DAY,
        party={"identities": [NUMBER]},
        channel="phone",
        direction="inbound",
        summary="Her dog is Zyx",
    ),
    reported(
        "sale.refunded",
        at=NOW - 5 * DAY,
        party={"identities": [NUMBER]},
        sale_id="s-1",
        reason="Zyx did not like it",
        lines=[],
        total={"minor": 100, "currency": "DKK"},
    ),
    reported(
        "sale.cancelled",
        at=NOW - 5 * DAY,
        party={"identities": [NUMBER]},
        sale_id="s-9",
        revision=2,
        reason="Zyx called",
    ),
    reported("survey.answered", at=NOW - 4 * DAY, party={"identities": [NUMBER]}, survey="nps", value=9, text="Zyx!"),
]


async def post(http: httpx.AsyncClient, path: str, **body: Any) -> dict[str, Any]:
    answer = await http.post(f"/v1/{path}", json=body)
    assert answer.status_code in {200, 201}, answer.text
    return dict(answer.json())


async def known_by_everything(contacts: Contacts, http: httpx.AsyncClient) -> dict[str, str]:
    """Facts, and what people of the company write: ids by what they are of."""
    for fact in FACTS:
        await contacts.accept(fact)
    one, other = [str(data.party_id) for data in await contacts.of_type("sale.completed")]
    [friend] = [str(row["id"]) for row in await contacts.rows("select id from party where name = 'Bo'")]
    await contacts.match_described()
    because = "Zyx said so on the phone"
    identities = (await http.get(f"/v1/parties/{one}")).json()["identities"]
    moved = next(each["id"] for each in identities if each["type"] == "email")
    move = await post(http, f"parties/{one}/identities/{moved}/move", to=other, because=because)
    await post(http, f"moves/{move['id']}/undo", because=because)
    await post(http, f"parties/{one}/roles", role="partner")
    undone = await post(http, f"parties/{one}/merge", other=friend, because=because)
    await post(http, f"merges/{undone['id']}/undo", because=because)
    merge = await post(http, f"parties/{one}/merge", other=other, because=because, fields=["name"])
    contacts.now += DAY
    await http.patch(f"/v1/parties/{one}", json={"tags": ["zyxclub"], "custom": {"interest": "home"}})
    await contacts.show_published()
    return {"one": one, "other": other, "friend": friend, "merge": merge["id"]}


async def tables(contacts: Contacts) -> dict[str, list[str]]:
    """The rows of every table but those of the engine, as text."""
    names = await contacts.rows(
        "select schemaname || '.' || tablename as name from pg_tables"
        " where schemaname in ('public', 'timeline_v1') and tablename not in ('outbox', 'idempotency')"
    )
    return {
        each["name"]: sorted(
            row["text"] for row in await contacts.rows(f"select t::text as text from {each['name']} t")
        )
        for each in names
    }


async def test_after_an_erasure_no_table_says_who_it_was(contacts: Contacts, http: httpx.AsyncClient) -> None:
    ids = await known_by_everything(contacts, http)
    before = await tables(contacts)
    marked = {name for name, rows in before.items() if MARK in "".join(rows).lower()}
    assert marked >= {"public.party", "public.identity_move", "public.party_merge", "public.fact_text"}
    asked = await post(http, "erasures", party_id=ids["one"], because="asked", by="staff-1")
    done = await post(http, f"erasures/{asked['id']}/approve", by="staff-2")
    await contacts.match_described()
    assert set(done["left"].values()) == {0}
    after = await tables(contacts)
    left = {name: [row for row in rows if MARK in row.lower()] for name, rows in after.items()}
    assert {name: rows for name, rows in left.items() if rows} == {}
    assert (await http.get(f"/v1/parties/{ids['friend']}")).json()["name"] == "Bo"


async def test_a_merge_of_before_the_backup_can_be_undone_after_a_restore(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    for fact in FACTS:
        await contacts.accept(fact)
    one, other = [str(data.party_id) for data in await contacts.of_type("sale.completed")]

    async def shown() -> list[dict[str, Any]]:
        answers = [(await http.get(f"/v1/parties/{each}")).json() for each in (one, other)]
        return [{name: each[name] for name in KEPT} for each in answers]

    alone = await shown()
    merge = await post(http, f"parties/{one}/merge", other=other, because="Zyx", fields=["name"])
    backup = await contacts.pool.fetchval("select jsonb_agg(party)::text from party")
    contacts.now += DAY
    await http.patch(f"/v1/parties/{one}", json={"time_zone": "Europe/Copenhagen"})
    both, log = await shown(), await contacts.relayed()
    await contacts.pool.execute("delete from party")
    await contacts.pool.execute("insert into party select * from jsonb_populate_recordset(null::party, $1)", backup)
    await contacts.hear(recovery.subscription, log)
    assert await shown() == both
    await post(http, f"merges/{merge['id']}/undo", because="two")
    assert await shown() == [alone[0] | {"time_zone": "Europe/Copenhagen"}, alone[1]]


async def test_a_merge_of_after_the_backup_is_undone_and_what_nobody_can_know_any_more_is_named(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    """Who had stated the fields that the merge changed is told by no topic; everything else is each one's own again."""
    for fact in FACTS:
        await contacts.accept(fact)
    one, other = [str(data.party_id) for data in await contacts.of_type("sale.completed")]
    before = [(await http.get(f"/v1/parties/{each}")).json() for each in (one, other)]
    backup = await contacts.pool.fetchval("select jsonb_agg(party)::text from party")
    contacts.now += DAY
    merge = await post(http, f"parties/{one}/merge", other=other, because="Zyx", fields=["name"])
    log = await contacts.relayed()
    await contacts.pool.execute("delete from party; delete from party_merge")
    await contacts.pool.execute("insert into party select * from jsonb_populate_recordset(null::party, $1)", backup)
    await contacts.hear(recovery.subscription, log)

    assert (await http.get(f"/v1/parties/{other}")).json()["id"] == one
    undone = await post(http, f"merges/{merge['id']}/undo", because="two")
    assert {"what": "field", "name": "name"} in undone["ambiguous"]
    after = [(await http.get(f"/v1/parties/{each}")).json() for each in (one, other)]
    assert [each["id"] for each in after] == [one, other]
    assert after[1]["name"] == before[1]["name"]
    for was, stands in zip(before, after, strict=True):
        assert stands["identities"] == was["identities"]
