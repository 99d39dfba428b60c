"""What marketing keeps of others."""

from typing import Any

import pytest

from services.marketing.copies.domain import fold_parties, fold_products
from shared.engine.event import Event, Tombstone
from shared.errors import BadRecord
from tests.unit.marketing.facts import ADA, BOB, NOW, described, email, erased, event, product

HOME, WORK, OLD = email("home@example.com"), email("work@example.com", primary=True), email("a-old@example.com")


@pytest.mark.parametrize(
    ("identities", "written_to"),
    [
        ([], None),
        ([HOME], "home@example.com"),
        ([OLD, HOME, WORK], "work@example.com"),
        ([WORK, OLD], "work@example.com"),
        ([HOME, OLD], "home@example.com"),
    ],
)
def test_address_that_was_said_to_be_primary_is_written_to(identities: list[Any], written_to: str | None) -> None:
    (party,) = fold_parties([described(identities=identities)]).described
    assert party.email == written_to
    assert len(party.emails) == (len(identities) if len(identities) > 1 else 0)


def test_newest_description_holds_and_an_erasure_ends_it() -> None:
    parties = fold_parties([described(version=3), described(version=2), described(BOB), erased(BOB)])
    assert [(party.id, party.version) for party in parties.described] == [(ADA, 3)]
    assert [party.id for party in parties.erased] == [BOB]
    again = fold_parties([erased(), described(version=1)])
    assert ([party.id for party in again.erased], [party.version for party in again.described]) == ([ADA], [1])


@pytest.mark.parametrize("key", ["", "81", "no party"])
def test_tombstone_whose_key_is_no_party_is_refused(key: str) -> None:
    with pytest.raises(BadRecord) as refused:
        fold_parties([event("crm.parties", Tombstone(), key, NOW)])
    assert refused.value.reason == "key"


ROSE, LILY = product("F-1", "FLORAL", "Rose"), product("F-1", "FLORAL", "Lily")
GONE = event("crm.products", Tombstone(), "F-1", NOW)


@pytest.mark.parametrize(
    ("log", "name"),
    [
        ([ROSE, LILY], "Lily"),
        ([LILY, ROSE], "Rose"),
        ([ROSE, GONE], None),
        ([ROSE, GONE, LILY], "Lily"),
        ([GONE], None),
    ],
)
def test_last_description_of_a_product_in_the_log_holds(log: list[Event[Any]], name: str | None) -> None:
    (found,) = fold_products(log).values()
    assert (found.name if found else None) == name
