"""What the identity policy leaves out, marks and flags, on a real Postgres: a kind of mistake each."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from services.contacts.policy import read_policy
from shared.errors import NoIdentity
from tests.integration.contacts.running import ADA, SHOP_81, Contacts, reported, sale

POLICY = read_policy()
BO = {"type": "email", "value": "bo@example.com"}
TABLET = {"type": "anonymous", "value": "tablet-1"}
DUMMY = {"type": "phone", "value": "20 20 20 20"}


@pytest.fixture(autouse=True)
async def small_tables(contacts: Contacts) -> AsyncIterator[None]:
    """What was deleted counts for the planner, and others look at their plans."""
    yield
    await contacts.pool.execute("truncate identity, shared_identity, flagged_identity")


def customer(number: int, system: str = "shop") -> dict[str, str]:
    return {"type": "external", "system": system, "value": str(number)}


async def buyers(contacts: Contacts) -> list[Any]:
    return [data.party_id for data in await contacts.of_type("sale.completed")]


@pytest.mark.parametrize("shared", [DUMMY, TABLET, {"type": "email", "value": "info@example.com"}])
async def test_what_a_till_a_tablet_or_a_company_puts_into_every_sale_makes_nobody_one(
    contacts: Contacts, shared: dict[str, str]
) -> None:
    """In batches, and at the same time by several."""
    most = POLICY.kinds[shared["type"]].parties
    batches = [[sale(f"{batch}-{n}", customer(100 * batch + n), shared) for n in range(most)] for batch in (1, 2, 3)]
    await contacts.accept(*batches[0])
    await asyncio.gather(*(contacts.accept(*batch) for batch in batches[1:]))

    assert len(set(await buyers(contacts))) == 3 * most
    [row] = await contacts.rows("select sharing from identity where type = $1", shared["type"])
    assert row["sharing"] == 3 * most - 1
    suspected = len(await contacts.of_type("duplicate.suspected")) // 2
    # Those who come at the same time see the same count.
    assert suspected == 0 if shared == TABLET else most - 1 <= suspected <= 2 * most
    with pytest.raises(NoIdentity):
        await contacts.accept(sale("alone", shared))
    await contacts.accept(
        reported("consent.withdrawn", party={"identities": [shared]}, purpose="marketing", channel="sms")
    )
    reached = {data.party_id for data in await contacts.of_type("consent.withdrawn")}
    assert len(reached) == (1 if shared == TABLET else 3 * most)


async def test_a_shared_tablet_joins_who_was_unknown_and_nobody_who_is_known(contacts: Contacts) -> None:
    await contacts.accept(sale("s-1", TABLET))
    await contacts.accept(sale("s-2", ADA, TABLET))
    await contacts.accept(sale("s-3", customer(82), TABLET), sale("s-4", BO, TABLET), sale("s-5", customer(82), BO))

    visitor, ada, number, bo, both = await buyers(contacts)
    assert visitor == ada
    assert len({ada, number, bo}) == 3
    assert both == number
    assert {data.reason for data in await contacts.of_type("duplicate.suspected")} == {"shared_identities"}


async def test_a_customer_number_is_one_systems_and_an_extension_one_persons(contacts: Contacts) -> None:
    desk = [{"type": "phone", "value": f"33 12 12 12 ext. {extension}"} for extension in (101, 102)]
    await contacts.accept(
        sale("s-1", customer(81, "shop")), sale("s-2", customer(81, "till")), sale("s-3", desk[0]), sale("s-4", desk[1])
    )
    assert len(set(await buyers(contacts))) == 4


async def test_a_fact_beyond_a_limit_is_taken_and_the_surplus_flagged(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    most = POLICY.email.most
    emails = [{"type": "email", "value": f"a{number:02}@example.com"} for number in range(most + 2)]
    for number, email in enumerate(emails):
        await contacts.accept(sale(f"s-{number}", SHOP_81, email))
    await contacts.accept(sale("again", SHOP_81, emails[-1]))

    [ada] = set(await buyers(contacts))
    view = (await http.get(f"/v1/parties/{ada}")).json()
    assert len([each for each in view["identities"] if each["type"] == "email"]) == most
    assert [(each["value"], each["reason"]) for each in view["flagged_identities"]] == [
        (f"a{number:02}@example.com", "surplus") for number in (most, most + 1)
    ]
    refused = await http.patch(f"/v1/parties/{ada}", json={"identities": [BO]})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "body.identities")
    assert len(await buyers(contacts)) == most + 3


async def test_what_names_nobody_is_kept_raw_and_bounded(contacts: Contacts, http: httpx.AsyncClient) -> None:
    odd = [
        {"type": "phone", "value": "+1 253 0000"},
        {"type": "phone", "value": "call me\0"},
        {"type": "email", "value": "no-reply@example.com"},
        {"type": "external", "system": "till", "value": "0"},
    ]
    await contacts.accept(sale("s-1", SHOP_81, *odd))
    await contacts.accept(sale("s-2", SHOP_81, *odd))
    [ada] = set(await buyers(contacts))
    flagged = (await http.get(f"/v1/parties/{ada}")).json()["flagged_identities"]
    assert [(each["type"], each["system"], each["value"], each["reason"]) for each in flagged] == [
        ("email", None, "no-reply@example.com", "blocked"),
        ("external", "till", "0", "blocked"),
        ("phone", None, "+1 253 0000", "local_number"),
        ("phone", None, "call me\N{REPLACEMENT CHARACTER}", "no_number"),
    ]
    for batch in range(12):
        more = [{"type": "phone", "value": f"call me {batch} {number}"} for number in range(15)]
        await contacts.accept(sale(f"more-{batch}", SHOP_81, *more))
    assert 100 <= await contacts.pool.fetchval("select count(*) from flagged_identity") < 100 + 15
