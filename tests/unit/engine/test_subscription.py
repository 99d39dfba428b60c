"""What a subscription reads out of its handlers' annotations, and what it refuses."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from shared.engine.event import Event, Tombstone
from shared.engine.subscription import Due, Subscription
from shared.engine.transaction import Transaction
from shared.events.parties import PartyDescribed
from shared.events.sales import ProductChosen, SaleCompleted, SaleRefunded


@pytest.fixture
def hears() -> Subscription:
    return Subscription("marketing.follow-ups", kind="process", topics=["crm.parties", "crm.sales", "crm.tickets"])


async def one(events: Sequence[Event[SaleCompleted]], tx: Transaction) -> None:
    del events, tx


async def several(events: Sequence[Event[SaleCompleted | SaleRefunded | ProductChosen]], tx: Transaction) -> None:
    del events, tx


async def removals(events: Sequence[Event[PartyDescribed | Tombstone]], tx: Transaction) -> None:
    del events, tx


async def fire(due: Sequence[Due], tx: Transaction) -> None:
    del due, tx


def test_one_type_or_several_are_taken_from_the_annotation(hears: Subscription) -> None:
    assert hears.topic("crm.sales")(several) is several
    found = hears.topics["crm.sales"]
    assert found.handle is several
    assert set(found.contracts) == {"crm.sale.completed.v1", "crm.sale.refunded.v1", "crm.product.chosen.v1"}
    assert set(found.parsers) == {type_.encode() for type_ in found.contracts}
    assert not found.takes_tombstones
    alone = Subscription("forecasting.sales", kind="projection", topics=["crm.sales"])
    alone.topic("crm.sales")(one)
    assert set(alone.topics["crm.sales"].contracts) == {"crm.sale.completed.v1"}


def test_tombstones_are_taken_where_they_are_named(hears: Subscription) -> None:
    hears.topic("crm.parties")(removals)
    assert hears.topics["crm.parties"].takes_tombstones
    assert set(hears.topics["crm.parties"].contracts) == {"crm.party.described.v1"}


def test_a_topic_has_one_handler(hears: Subscription) -> None:
    hears.topic("crm.sales")(one)
    with pytest.raises(ValueError, match=r"marketing\.follow-ups has two handlers for crm\.sales"):
        hears.topic("crm.sales")(several)


def test_a_topic_that_is_not_listed_is_refused(hears: Subscription) -> None:
    with pytest.raises(ValueError, match=r"marketing\.follow-ups does not list crm\.contacts"):
        hears.topic("crm.contacts")(one)


def test_topics_are_handled_in_the_order_of_the_list(hears: Subscription) -> None:
    hears.topic("crm.sales")(one)
    hears.topic("crm.parties")(removals)
    assert list(hears.topics) == ["crm.parties", "crm.sales"]


def test_a_listed_topic_without_a_handler_is_told(hears: Subscription) -> None:
    hears.topic("crm.parties")(removals)
    with pytest.raises(ValueError, match=r"lists crm\.sales, crm\.tickets and has no handler"):
        hears.require_handlers()


def test_a_type_of_another_topic_is_refused(hears: Subscription) -> None:
    with pytest.raises(ValueError, match=r"subscribes to \['crm\.sale\.completed\.v1'\] on crm\.tickets"):
        hears.topic("crm.tickets")(one)


def test_what_nobody_promised_is_refused(hears: Subscription) -> None:
    async def strange(events: Sequence[Event[Any]], tx: Transaction) -> None:
        del events, tx

    async def stranger(events: Sequence[Event[UUID]], tx: Transaction) -> None:
        del events, tx

    for handle in (strange, stranger):
        with pytest.raises(KeyError):
            hears.topic("crm.sales")(handle)


def test_a_process_owns_timers_and_has_no_schema(hears: Subscription) -> None:
    assert hears.timer("messages")(fire) is fire
    assert hears.timers == {"messages": fire}
    assert hears.schema is None


def test_a_projection_has_a_schema_and_owns_no_timers() -> None:
    projection = Subscription("contacts.time-line", kind="projection", topics=[], version=2)
    assert projection.schema == "time_line_v2"
    with pytest.raises(ValueError, match="owns no timers"):
        projection.timer("messages")(fire)
