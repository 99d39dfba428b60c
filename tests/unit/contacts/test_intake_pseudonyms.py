"""What a sale was ordered on, paid with and sent to leaves contacts as HMACs only."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr

from services.contacts.intake.domain.pseudonyms import add_pseudonyms
from shared.events.ingest import Address, ReportedParty, ReportedSale
from shared.events.money import Money
from shared.events.sales import SaleCompleted
from shared.events.values import Line

KEY = SecretStr("k" * 32)
MONEY = Money(minor=1, currency="DKK")
LINES = [Line(sku="A", quantity=1, unit_price=MONEY)]
HOME = Address(lines=["Main Street 1, 2. tv"], postal_code="1000", city="København K", country="DK")


def told(key: SecretStr | None = KEY, **said: Any) -> tuple[str | None, str | None, str | None]:
    common: dict[str, Any] = {"sale_id": "s", "channel": "web", "total": MONEY, "lines": LINES}
    sale = ReportedSale(party=ReportedParty(), **common, **said)
    published = SaleCompleted(
        party_id=UUID(int=1), party_version=1, recorded_at=datetime(2026, 1, 1, tzinfo=UTC), origin="/shop", **common
    )
    found = add_pseudonyms(published, sale, key)
    return found.device, found.card_hash, found.ship_to


def test_none_is_the_value_and_none_is_the_other() -> None:
    found = told(device="same", card_hash="same", ship_to="same")
    assert len({*found, "same"}) == 4
    assert all(one is not None and len(one) == 32 for one in found)
    assert found == told(device=" same", card_hash="same ", ship_to="SAME.")
    assert found != told(SecretStr("l" * 32), device="same", card_hash="same", ship_to="same")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (HOME, Address(lines=["main street 1,", "2.TV"], postal_code="1000", city="KØBENHAVN  k", country="DK"), True),
        (HOME, "Main Street 1, 2 tv, 1000 København K, DK", True),
        (HOME, Address(lines=["Main Street 12 tv"], postal_code="1000", city="København K", country="DK"), False),
        (Address(), None, True),
        ("  .,", None, True),
    ],
)
def test_an_address_is_the_same_however_it_is_written(one: Any, other: Any, *, same: bool) -> None:
    assert (told(ship_to=one)[2] == told(ship_to=other)[2]) is same


def test_nothing_is_told_without_a_key_and_nothing_of_nothing() -> None:
    assert told(None, device="d", card_hash="c", ship_to="s") == (None, None, None)
    assert told() == (None, None, None)
    assert told(device=" ") == (None, None, None)
