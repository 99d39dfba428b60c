"""Parties that may be the same are suspected."""

from tests.integration.contacts.running import ADA, SHOP_81, Contacts, sale


async def test_identities_of_two_parties_raise_one_suspicion_for_ever(contacts: Contacts) -> None:
    await contacts.accept(sale("s-1", ADA), sale("s-2", SHOP_81))
    await contacts.accept(sale("s-3", ADA, SHOP_81), sale("s-4", ADA, SHOP_81))
    await contacts.accept(sale("s-5", SHOP_81, ADA))

    first, second = await contacts.of_type("duplicate.suspected")
    assert first.other_party_ids == [second.party_id]
    assert second.other_party_ids == [first.party_id]
    by_shop = (await contacts.of_type("sale.completed"))[1].party_id
    assert {data.party_id for data in (await contacts.of_type("sale.completed"))[2:]} == {by_shop}
