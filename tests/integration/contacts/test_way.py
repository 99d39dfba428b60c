"""How far a reader has to look: the files that one sale of a known customer passes."""

from datetime import timedelta

from tests.integration.contacts.running import ADA, NOW, SHOP_81, Contacts, sale
from tests.integration.way import documented, walked


async def test_a_sale_passes_as_many_files_as_the_architecture_says(contacts: Contacts) -> None:
    await contacts.accept(sale("s-1", ADA, SHOP_81, at=NOW - timedelta(days=60)))
    await contacts.accept(sale("s-2", ADA, SHOP_81, at=NOW - timedelta(days=30)))  # what is read once is kept
    fact = sale("s-3", ADA, SHOP_81)
    with walked() as way:
        await contacts.accept(fact)
    assert way.told == documented("contacts `accept_facts`"), sorted(way.files)
