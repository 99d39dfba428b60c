"""Search by names as people type them."""

import asyncio
import re
from uuid import UUID

import httpx
import pytest

from services.contacts.search import commands, store
from tests.integration.contacts.running import ADA, SHOP_81, Contacts, sale
from tests.integration.running import statements_of

NAMES = [
    "Søren Kierkegård",
    "Sofie Ødegaard Holm",
    "Sofia Holmgren",
    "Bo Berg",
    "Kierk & Co A/S",
    "Jos\u00e9 \u00c1lvarez",
    "Иван Петров",
    "王伟",
]


@pytest.fixture
async def named(contacts: Contacts, http: httpx.AsyncClient) -> httpx.AsyncClient:
    """Some that facts named, one that people of the company did, one with its letters apart."""
    for number, name in enumerate(NAMES[1:]):
        shop = {"type": "external", "system": "shop", "value": str(100 + number)}
        await contacts.accept(sale(f"s-{number}", shop, name=name))
    await http.post("/v1/parties", json={"name": NAMES[0]})
    await contacts.accept(sale("s-9", SHOP_81, ADA))
    return http


async def found(http: httpx.AsyncClient, q: str) -> list[str]:
    answer = await http.get("/v1/parties", params={"q": q})
    assert answer.status_code == 200
    return [each["name"] for each in answer.json()["items"]]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("soren", NAMES[0]),
        ("  SØREN KIERKEGAARD", NAMES[0]),
        ("kierkegard", NAMES[0]),
        ("kirkegård", NAMES[0]),
        ("kierkegård soren", NAMES[0]),
        ("so\u0308ren", NAMES[0]),
        ("odegaard", NAMES[1]),
        ("holm sofie", NAMES[1]),
        ("sofie hlom", NAMES[1]),
        ("holmg", NAMES[2]),
        ("berg", NAMES[3]),
        ("kierk co", NAMES[4]),
        ("alvarez", NAMES[5]),
        ("jose alvarze", NAMES[5]),
        ("петров", NAMES[6]),
        ("petrov ivan", NAMES[6]),
        ("берг", NAMES[3]),  # noqa: RUF001  another script is meant
        ("wei wang", NAMES[7]),
        ("王伟", NAMES[7]),
        ("sofie berg", None),
        ("zzzz", None),
        ("!!!", None),
    ],
)
async def test_typing_errors_accents_and_order_do_not_matter(
    named: httpx.AsyncClient, typed: str, first: str | None
) -> None:
    assert (await found(named, typed))[:1] == ([first] if first else [])


async def test_a_name_that_changed_is_found_by_its_new_words_alone(named: httpx.AsyncClient) -> None:
    [bo] = (await named.get("/v1/parties", params={"q": "berg"})).json()["items"]
    await named.patch(f"/v1/parties/{bo['id']}", json={"name": "Bo Dahl"})
    assert (await found(named, "berg"), await found(named, "dahl")) == ([], ["Bo Dahl"])
    await named.patch(f"/v1/parties/{bo['id']}", json={"name": None})
    assert await found(named, "dahl") == []


async def test_names_that_begin_so_are_read_from_there_on(contacts: Contacts) -> None:
    """Not from the beginning of the alphabet: pages of an index, whatever stands before."""
    await contacts.pool.execute(
        "insert into party (id, partition, version, name, registered_at)"
        " select gen_random_uuid(), 0, 1, 'Abel ' || number, now() from generate_series(1, 20000) as number"
    )
    await contacts.pool.execute(
        "insert into party (id, partition, version, name, registered_at)"
        " values (gen_random_uuid(), 0, 1, 'Zoe Holm', now())"
    )
    await contacts.pool.execute("vacuum analyze party")
    statement = statements_of("contacts")["overview.find_by_name"]
    async with contacts.pool.acquire() as connection:
        found = await connection.fetch(statement, "ZOE", "", UUID(int=0), 11)
        assert [row["place"] for row in found] == ["zoe holm"]
        place = found[0]["place"], found[0]["id"]
        assert await connection.fetch(statement, "ZOE", *place, 11) == []
        assert len(await connection.fetch(statement, "abel 1999", "", UUID(int=0), 50)) == 11
        plan = await connection.fetch(f"explain (analyze, buffers) {statement}", "zoe", "", UUID(int=0), 11)
    pages = [int(number) for row in plan for number in re.findall(r"shared hit=(\d+)", row[0])]
    assert max(pages) < 40, plan


async def test_a_word_that_is_forgotten_while_somebody_else_gets_it_stays(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    leaving, staying = [(await http.post("/v1/parties", json={"name": name})).json()["id"] for name in ("Zoltan", "Bo")]

    async def forget() -> None:
        async with contacts.ledger_of(contacts.pool).transaction() as tx:
            await commands.forget(tx, [UUID(leaving)])

    async with contacts.transaction() as tx:
        await store.save_names(tx, {UUID(staying): ["bo", "zoltan"]})
        forgetting = asyncio.create_task(forget())
        while not forgetting.done() and not await contacts.rows("select from pg_locks where not granted"):
            await asyncio.sleep(0.01)
    await forgetting
    assert await found(http, "zoltann") == ["Bo"]


async def test_chinese_characters_are_read_as_japanese_once_the_bearer_is_known_to_be(http: httpx.AsyncClient) -> None:
    made = (await http.post("/v1/parties", json={"name": "田中太郎"})).json()["id"]
    assert (await found(http, "tian"), await found(http, "tanaka")) == (["田中太郎"], ["田中太郎"])
    await http.patch(f"/v1/parties/{made}", json={"locale": "ja-JP"})
    assert (await found(http, "tian"), await found(http, "tanaka")) == ([], ["田中太郎"])
    assert await found(http, "田中太郎") == ["田中太郎"]
