"""Amendments and cancellations of sales, on a real Postgres: whatever comes first, the highest revision holds."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from services.contacts.handlers.recovery import take_back_sales
from shared.engine.event import Event
from shared.errors import Conflict
from shared.events.sales import SaleAmended, SaleCancelled, SaleCompleted
from tests.integration.contacts.running import ADA, NOW, SHOP_81, Contacts, reported, sale

SHOP_82 = {"type": "external", "system": "shop", "value": "82"}


def amended(sale_id: str, revision: int, minor: int, *identities: dict[str, str], **more: Any) -> Event[Any]:
    price = {"minor": minor, "currency": more.pop("currency", "DKK")}
    return reported(
        "sale.amended",
        at=NOW + timedelta(minutes=revision),
        party={"identities": list(identities or [SHOP_81])},
        sale_id=sale_id,
        revision=revision,
        channel="phone",
        total=price,
        lines=[{"sku": f"A-{revision}", "quantity": 1, "unit_price": price}],
        **more,
    )


def cancelled(sale_id: str, revision: int, *identities: dict[str, str], reason: str | None = None) -> Event[Any]:
    party = {"identities": list(identities or [SHOP_81])}
    return reported("sale.cancelled", party=party, sale_id=sale_id, revision=revision, reason=reason)


async def told(contacts: Contacts) -> list[Any]:
    """What crm.sales says of sales, in its order."""
    kinds = SaleCompleted, SaleAmended, SaleCancelled
    return [event.data for event in await contacts.relayed() if isinstance(event.data, kinds)]


async def totals(contacts: Contacts) -> list[tuple[str, int, int]]:
    rows = await contacts.rows("select currency, sales, paid from total order by currency")
    return [(row["currency"], row["sales"], int(row["paid"])) for row in rows if row["sales"] or row["paid"]]


REFUND: dict[str, Any] = {
    "sale_id": "s-1",
    "total": {"minor": 500, "currency": "DKK"},
    "lines": [{"sku": "A-17", "quantity": 1}],
}
HISTORY = [sale("s-1", SHOP_81, ADA), amended("s-1", 2, 500), cancelled("s-1", 3), amended("s-1", 4, 700)]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(count=st.integers(2, 4), order=st.permutations(range(4)), cuts=st.sets(st.integers(1, 4)))
async def test_whatever_comes_first_the_highest_revision_holds_and_sums_follow(
    contacts: Contacts, count: int, order: Sequence[int], cuts: set[int]
) -> None:
    await contacts.clear()
    events = [HISTORY[place] for place in order if place < count]
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), 9], strict=True):
        if batch := events[start:end]:
            await contacts.accept(*batch)
            await contacts.accept(*batch)
    await contacts.show_published()

    said = await told(contacts)
    assert isinstance(said[0], SaleCompleted)
    revisions = [each.revision for each in said[1:]]
    assert revisions == sorted(set(revisions))
    assert revisions[-1] == count
    before: Any = said[0]
    for each in said[1:]:
        assert each.sold_at == NOW
        replaced = None if isinstance(before, SaleCancelled) else before.total
        assert (each.replaces and each.replaces.total) == replaced
        before = each
    assert await totals(contacts) == [[("DKK", 1, 500)], [], [("DKK", 1, 700)]][count - 2]
    assert await contacts.rows("select * from waiting_revision") == []


async def test_an_amendment_may_change_the_currency_and_is_shown_with_its_sale(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    parts = {name: {"minor": 5, "currency": "EUR"} for name in ("subtotal", "tax", "shipping", "discounts")}
    await contacts.accept(sale("s-1", SHOP_81), sale("s-2", SHOP_81, minor=100))
    await contacts.accept(amended("s-1", 2, 800, currency="EUR", coupon="SPRING", **parts))
    await contacts.show_published()

    [_, _, amendment] = await told(contacts)
    assert (amendment.coupon, amendment.tax.minor, amendment.store) == ("SPRING", 5, None)
    assert await totals(contacts) == [("DKK", 1, 100), ("EUR", 1, 800)]
    lines = (await http.get(f"/v1/parties/{amendment.party_id}/timeline", params={"type": "sale.amended"})).json()
    [line] = lines["items"]
    assert line["summary"]["revision"] == 2
    assert line["summary"]["lines"] == [{"sku": "A-2", "quantity": 1}]
    assert line["summary"]["replaces"]["total"] == {"minor": 12_995, "currency": "DKK"}


async def test_a_sale_is_told_once_however_often_it_comes_after_it_was_amended(contacts: Contacts) -> None:
    first = sale("s-1", SHOP_81)
    await contacts.accept(first)
    await contacts.accept(amended("s-1", 2, 500))
    await contacts.accept(sale("s-1", SHOP_81), amended("s-1", 2, 500), cancelled("s-1", 9), cancelled("s-1", 9))
    assert [type(each).__name__ for each in await told(contacts)] == ["SaleCompleted", "SaleAmended", "SaleCancelled"]


@pytest.mark.parametrize(
    "wrong",
    [amended("s-1", 3, 500, SHOP_82), cancelled("s-1", 3, SHOP_82), amended("s-1", 2, 501), cancelled("s-1", 2)],
)
async def test_a_revision_of_another_party_or_with_other_content_is_a_conflict(
    contacts: Contacts, wrong: Event[Any]
) -> None:
    await contacts.accept(sale("s-1", SHOP_81), sale("s-2", SHOP_82), amended("s-1", 2, 500))
    with pytest.raises(Conflict):
        await contacts.accept(wrong)
    assert len(await told(contacts)) == 3


@pytest.mark.parametrize("others", [9, 1])
async def test_what_waited_for_the_sale_of_another_party_comes_again_and_is_a_conflict(
    contacts: Contacts, others: int
) -> None:
    await contacts.accept(amended("s-1", others + 1, 500, SHOP_82), amended("s-1", 5, 700, SHOP_81))
    await contacts.accept(sale("s-1", SHOP_81))
    assert [type(each).__name__ for each in await told(contacts)] == ["SaleCompleted", "SaleAmended"]
    assert await contacts.rows("select * from waiting_revision") == []
    [again] = [event for event in await contacts.relayed() if event.topic == "crm.ingest"]
    assert (again.source, again.data.revision) == ("/shop", others + 1)
    with pytest.raises(Conflict):
        await contacts.accept(again)


@pytest.mark.parametrize("apart", [True, False])
async def test_a_refund_of_another_partys_sale_is_a_conflict(contacts: Contacts, *, apart: bool) -> None:
    sold, back = sale("s-1", SHOP_81), reported("sale.refunded", party={"identities": [SHOP_82]}, **REFUND)
    own = reported("sale.refunded", party={"identities": [SHOP_81]}, **REFUND)
    early = reported("sale.refunded", party={"identities": [SHOP_82]}, **{**REFUND, "sale_id": "s-9"})
    await contacts.accept(*([sold, own, early] if apart else [early]))
    with pytest.raises(Conflict):
        await contacts.accept(*([back] if apart else [back, sold]))
    assert len(await contacts.of_type("sale.refunded")) == (2 if apart else 1)


CHANGES = [
    [sale("s-1", SHOP_81, at=NOW), sale("s-2", SHOP_81, at=NOW + timedelta(days=1))],
    [sale("s-3", SHOP_81, at=NOW + timedelta(days=2), minor=300)],
    [reported("sale.refunded", party={"identities": [SHOP_81]}, **REFUND)],
    [cancelled("s-1", 2), cancelled("s-3", 2)],
    [reported("sale.refunded", party={"identities": [SHOP_81]}, **REFUND)],
    [amended("s-3", 3, 400, currency="EUR"), amended("s-2", 2, 800)],
    [amended("s-1", 3, 900)],
]
AFTER = {
    4: [("DKK", 1, 12_995, 0, 0, 1, 1)],
    5: [("DKK", 1, 12_995, 0, 0, 1, 1)],
    6: [("DKK", 1, 800, 0, 0, 1, 1), ("EUR", 1, 400, 0, 0, 2, 2)],
    7: [("DKK", 2, 1700, 2, 1000, 0, 1), ("EUR", 1, 400, 0, 0, 2, 2)],
}


@pytest.mark.parametrize("count", AFTER)
@pytest.mark.parametrize("together", [True, False])
async def test_of_a_cancelled_sale_nothing_counts_neither_refunds_nor_when_it_was(
    contacts: Contacts, count: int, *, together: bool
) -> None:
    for batch in CHANGES[:count]:
        await contacts.accept(*batch)
    events = [event for event in await contacts.relayed() if event.topic == "crm.sales"]
    for batch in [events] if together else [[event] for event in events]:
        await contacts.show(batch)
    rows = await contacts.rows(
        "select currency, sales, paid::int, refunds, refunded::int, extract(day from first_sale_at - $1)::int as first,"
        " extract(day from last_sale_at - $1)::int as last from total where sales <> 0 order by currency",
        NOW,
    )
    assert [tuple(row.values()) for row in rows] == AFTER[count]


async def test_why_a_sale_was_cancelled_is_a_word_or_stays_here(contacts: Contacts, http: httpx.AsyncClient) -> None:
    await contacts.accept(sale("s-1", SHOP_81), sale("s-2", SHOP_81))
    await contacts.accept(cancelled("s-1", 2, reason="no_stock"), cancelled("s-2", 2, reason="she moved away"))
    word, sentence = [event for event in await contacts.relayed() if isinstance(event.data, SaleCancelled)]
    assert (word.data.reason, word.data.has_text) == ("no_stock", False)
    assert (sentence.data.reason, sentence.data.has_text) == (None, True)
    texts = (await http.get(f"/v1/interactions/{sentence.id}")).json()["texts"]
    assert texts == [{"kind": "reason", "text": "she moved away"}]


async def test_neither_amends_nor_cancels_a_stage(contacts: Contacts) -> None:
    await contacts.accept(sale("s-1", SHOP_81), amended("s-1", 2, 500), cancelled("s-1", 3))
    assert [each.stage for each in await contacts.of_type("lifecycle.changed")] == ["purchase"]


async def test_a_sale_and_its_revision_that_come_at_the_same_time_find_each_other(contacts: Contacts) -> None:
    for number in range(12):
        name = f"s-{number}"
        await asyncio.gather(
            contacts.accept(sale(name, SHOP_81)),
            contacts.accept(amended(name, 2, 500)),
            contacts.accept(cancelled(name, 3)),
        )
    by_sale: dict[str, list[str]] = {}
    for each in await told(contacts):
        by_sale.setdefault(each.sale_id, []).append(type(each).__name__)
    assert all((kinds[0], kinds[-1]) == ("SaleCompleted", "SaleCancelled") for kinds in by_sale.values())
    assert len(by_sale) == 12
    assert await contacts.rows("select * from waiting_revision") == []


async def test_after_a_restore_sales_stand_as_the_topic_tells_them(contacts: Contacts) -> None:
    await contacts.accept(sale("s-1", SHOP_81), sale("s-2", SHOP_81), sale("s-3", SHOP_81))
    await contacts.accept(amended("s-1", 2, 500), cancelled("s-2", 2))
    before = await contacts.rows("select * from sale order by sale_id")
    of_sales = [event for event in await contacts.relayed() if event.topic == "crm.sales"]
    await contacts.pool.execute("delete from sale where sale_id in ('s-1', 's-3')")
    async with contacts.transaction() as tx:
        await take_back_sales(of_sales, tx)
    assert await contacts.rows("select * from sale order by sale_id") == before
