"""Facts move the stages of their parties."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.contacts.subscriptions import recovery
from shared.engine.event import Event
from tests.integration.contacts.running import ADA, NOW, Contacts, reported, sale


def ask(hours: int) -> Event[Any]:
    """A request for help that many hours from now."""
    return reported(
        "support.requested",
        at=NOW + timedelta(hours=hours),
        party={"identities": [ADA]},
        channel="email",
        subject="Help",
    )


async def test_late_facts_move_the_stages_to_earlier_entries(contacts: Contacts) -> None:
    await contacts.accept(sale("s-5", ADA, at=NOW + timedelta(hours=5)), ask(9))
    await contacts.accept(ask(3))
    await contacts.accept(sale("s-1", ADA, at=NOW + timedelta(hours=1)))

    moves = [(data.stage, data.entered_at - NOW, data.current) for data in await contacts.of_type("lifecycle.changed")]
    hour = timedelta(hours=1)
    assert moves == [
        ("discovery", 9 * hour, "post_purchase"),
        ("purchase", 5 * hour, "post_purchase"),
        ("post_purchase", 9 * hour, "post_purchase"),
        ("discovery", 3 * hour, "post_purchase"),
        ("purchase", 1 * hour, "post_purchase"),
        ("post_purchase", 3 * hour, "post_purchase"),
    ]
    published = {event.id: event.type for event in await contacts.relayed()}
    causes = [published[data.cause_event_id] for data in await contacts.of_type("lifecycle.changed")]
    assert causes[1] == causes[4] == "crm.sale.completed.v1"
    assert causes[2] == causes[5] == "crm.support.requested.v1"


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
