"""Facts move the stages of their parties."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.contacts.handlers.timers import move_lifecycles
from services.contacts.lifecycle.commands import ROUND, TIMER
from services.contacts.spans import Span
from services.contacts.subscriptions import recovery
from shared.engine.event import Event
from shared.engine.subscription import Due
from tests.integration.contacts.running import ADA, NOW, PHONE, Contacts, reported, sale


def ask(hours: int) -> Event[Any]:
    """A request for help that many hours from now."""
    return reported(
        "support.requested",
        at=NOW + timedelta(hours=hours),
        party={"identities": [ADA]},
        channel="email",
        subject="Help",
    )


async def changes(contacts: Contacts) -> list[Any]:
    return list(await contacts.of_type("lifecycle.changed"))


def said(change: Any) -> tuple[str, timedelta, str, list[tuple[str, timedelta]]]:
    gone = [(each.stage, each.entered_at - NOW) for each in change.retracts]
    return change.stage, change.entered_at - NOW, change.current, gone


async def pass_time(contacts: Contacts, to: timedelta) -> None:
    """Timers fire as the engine has them fire: those that are due by then, until none is."""
    while True:
        rows = await contacts.rows(
            "delete from timer where name = $1 and due_at <= $2 returning id, partition, due_at", TIMER, NOW + to
        )
        if not rows:
            return
        async with contacts.ledger_of(contacts.pool).transaction() as tx:
            await move_lifecycles([Due(**row, now=NOW + to) for row in rows], tx)


async def test_late_facts_move_the_stages_to_earlier_entries(contacts: Contacts) -> None:
    await contacts.accept(sale("s-5", ADA, at=NOW + timedelta(hours=5)), ask(9), ask(2))
    await contacts.accept(ask(1))
    await contacts.accept(sale("s-3", ADA, at=NOW + timedelta(hours=3)), ask(4))

    hour = timedelta(hours=1)
    assert [said(each) for each in await changes(contacts)] == [
        ("discovery", 2 * hour, "post_purchase", []),
        ("purchase", 5 * hour, "post_purchase", []),
        ("post_purchase", 9 * hour, "post_purchase", []),
        ("discovery", 1 * hour, "post_purchase", [("discovery", 2 * hour)]),
        ("purchase", 3 * hour, "post_purchase", [("purchase", 5 * hour), ("post_purchase", 9 * hour)]),
        ("post_purchase", 4 * hour, "post_purchase", []),
    ]
    published = {event.id: event.type for event in await contacts.relayed()}
    causes = [published[data.cause_event_id] for data in await changes(contacts)]
    assert causes[1] == causes[4] == "crm.sale.completed.v1"
    assert causes[2] == causes[5] == "crm.support.requested.v1"


async def test_time_alone_moves_a_customer_and_a_late_sale_corrects_that_once(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    day = timedelta(days=1)
    await contacts.accept(sale("s-1", ADA))
    for _ in range(2):
        await pass_time(contacts, 200 * day)
    told = [said(each) for each in await changes(contacts)]
    assert told == [
        ("purchase", 0 * day, "purchase", []),
        ("onboarding", 1 * day, "lapsed", []),
        ("post_purchase", 31 * day, "lapsed", []),
        ("lapsed", 180 * day, "lapsed", []),
    ]
    [purchase, *later] = await changes(contacts)
    assert {each.cause_event_id for each in later} == {purchase.cause_event_id}
    assert [each.by_time for each in (purchase, *later)] == [False, True, True, True]

    # A sale of before it lapsed was on its way. It is corrected by one record, and told that it is as it was.
    await contacts.accept(sale("s-2", ADA, at=NOW + 100 * day))
    await pass_time(contacts, 200 * day)
    [correction] = (await changes(contacts))[4:]
    gone = [("lapsed", 180 * day), ("post_purchase", 31 * day)]
    assert said(correction) == ("post_purchase", 31 * day, "post_purchase", gone)
    await pass_time(contacts, 700 * day)
    assert [said(each)[:2] for each in (await changes(contacts))[5:]] == [("lapsed", 280 * day), ("churned", 465 * day)]

    await contacts.accept(sale("s-3", ADA, at=NOW + 700 * day))
    lifecycle = (await http.get(f"/v1/parties/{purchase.party_id}")).json()["lifecycle"]
    assert (lifecycle["current"], lifecycle["furthest"]) == ("purchase", "post_purchase")
    stays = [(each["stage"], each["by_time"]) for each in lifecycle["entries"]]
    assert stays == [
        ("purchase", False),
        *[(stage, True) for stage in ("onboarding", "post_purchase", "lapsed", "churned")],
        ("purchase", False),
    ]
    left = [each["left_at"] for each in lifecycle["entries"]]
    assert left == [*(each["entered_at"] for each in lifecycle["entries"][1:]), None]


async def test_the_third_sale_makes_loyal_and_those_behind_it_read_and_tell_nothing(contacts: Contacts) -> None:
    for number in range(3):
        await contacts.accept(sale(f"s-{number}", ADA, at=NOW + timedelta(days=number)))
    assert [each.stage for each in await changes(contacts)] == ["purchase", "loyal"]
    before = await contacts.rows("select * from party")
    await contacts.accept(sale("s-3", ADA, at=NOW + timedelta(days=90)))
    assert await contacts.rows("select * from party") == before
    await pass_time(contacts, timedelta(days=200))
    assert [each.stage for each in await changes(contacts)][2:] == ["onboarding"]
    await pass_time(contacts, timedelta(days=270))
    assert [said(each)[:2] for each in (await changes(contacts))[3:]] == [("lapsed", timedelta(days=270))]


async def test_two_parties_that_are_one_show_the_stages_of_all_that_they_did(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    await contacts.accept(*(sale(f"s-{n}", ADA, at=NOW + timedelta(hours=n)) for n in range(2)))
    await contacts.accept(sale("s-9", PHONE, at=NOW + timedelta(hours=9)))
    ada, other = dict.fromkeys([each.party_id for each in await contacts.of_type("sale.completed")])
    before = [(await http.get(f"/v1/parties/{each}")).json()["lifecycle"] for each in (ada, other)]
    merged = await http.post(f"/v1/parties/{ada}/merge", json={"other": str(other), "because": "one"})
    shown = (await http.get(f"/v1/parties/{other}")).json()["lifecycle"]
    assert [each["stage"] for each in shown["entries"] if not each["by_time"]] == ["purchase", "loyal"]
    await http.post(f"/v1/merges/{merged.json()['id']}/undo", json={"because": "two"})
    assert [(await http.get(f"/v1/parties/{each}")).json()["lifecycle"] for each in (ada, other)] == before


async def test_another_policy_is_taken_to_everybody_and_says_so(contacts: Contacts) -> None:
    await contacts.accept(sale("s-1", ADA))
    await pass_time(contacts, timedelta(days=2))
    context: Any = contacts.context
    longer = context.lifecycle.model_copy(update={"version": 2, "purchase": Span(days=9)})
    contacts.context = context._replace(lifecycle=longer)
    async with contacts.ledger_of(contacts.pool).transaction() as tx:
        await ROUND.begin(tx)
        assert await ROUND.go_on(tx)
    await pass_time(contacts, timedelta(days=3))
    told = (await changes(contacts))[2:]
    assert [(each.stage, each.policy, len(each.retracts)) for each in told] == [("purchase", 2, 2)]


async def test_a_policy_that_comes_back_is_taken_to_everybody_again(contacts: Contacts) -> None:
    await contacts.accept(sale("s-1", ADA))
    await pass_time(contacts, timedelta(days=2))
    context: Any = contacts.context
    longer = context.lifecycle.model_copy(update={"version": 2, "purchase": Span(days=9)})
    for policy in (context.lifecycle, longer, context.lifecycle):
        contacts.context = context._replace(lifecycle=policy)
        async with contacts.ledger_of(contacts.pool).transaction() as tx:
            await ROUND.begin(tx)
            assert await ROUND.go_on(tx)
        await pass_time(contacts, timedelta(days=3))
    assert [each.policy for each in await changes(contacts)][2:] == [2, 1]


async def test_a_profile_opens_discovery_with_the_change_that_it_made(contacts: Contacts) -> None:
    await contacts.accept(reported("profile.submitted", party={"identities": [ADA], "name": "Ada"}))
    registered, _, changed = await contacts.relayed()
    assert (changed.data.stage, changed.data.cause_event_id) == ("discovery", registered.id)


@pytest.mark.parametrize("hours", [(1, 2, 9, 3), (5, 9, 3, 1), (5, 3, 9, 7), (9, 7, 5, 3)], ids=str)
async def test_facts_that_come_again_in_other_batches_tell_no_other_entry(
    contacts: Contacts, hours: tuple[int, ...]
) -> None:
    """A sale and requests of these hours in one batch; after a restore to before them they come one by one."""
    at = NOW + timedelta(hours=hours[0])
    facts = [sale("s-1", ADA, at=at), *(ask(hour) for hour in hours[1:])]
    facts = [replace(fact, timestamp=1_000 + turn) for turn, fact in enumerate(facts)]
    await contacts.accept(*facts)
    told = await contacts.relayed()
    await contacts.clear()

    await contacts.hear(recovery.subscription, told)
    for fact in facts:
        await contacts.accept(fact)
    entries = {event.id for event in told if event.type == "crm.lifecycle.changed.v1"}
    again = {event.id for event in await contacts.relayed() if event.type == "crm.lifecycle.changed.v1"}
    assert again <= entries
