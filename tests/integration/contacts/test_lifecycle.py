"""Facts move the stages of their parties."""

from datetime import timedelta
from typing import Any

from shared.engine.event import Event
from tests.integration.contacts.running import ADA, NOW, Contacts, reported, sale


async def test_late_facts_move_the_stages_to_earlier_entries(contacts: Contacts) -> None:
    def ask(hours: int) -> Event[Any]:
        return reported(
            "support.requested",
            at=NOW + timedelta(hours=hours),
            party={"identities": [ADA]},
            channel="email",
            subject="Help",
        )

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
