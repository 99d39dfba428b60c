"""The timeline: the same rows whatever the order of topics and the size of batches."""

import random
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest

from shared.engine.event import Event
from shared.events.campaigns import EnrolmentStarted, MessagePlanned, MessageSent
from shared.events.contacts import ConsentGiven, ConsentWithdrawn, PartyRegistered
from shared.events.insights import WarningCleared, WarningRaised
from shared.events.money import Money
from shared.events.sales import SaleCompleted, SaleRefunded
from shared.events.tickets import TicketOpened, TicketStatusChanged
from shared.events.values import Line
from tests.integration.contacts.running import NOW, Contacts, heard

ROOT = UUID(int=1)
TABLES = {
    "line": "party_id, occurred_at, recorded_at, event_id",
    "total": "party_id, currency",
    "consent": "party_id, purpose, topic, channel",
    "message": "party_id, message_id",
    "ticket": "party_id, ticket_id",
}


def a_history(party_id: UUID, seed: int) -> list[list[Event[Any]]]:
    """Events of one party, a list a topic, each in the order of its log."""
    dice = random.Random(seed)

    def at() -> Any:
        return NOW + timedelta(days=dice.randrange(400))

    fact: dict[str, Any] = {"party_id": party_id, "party_version": 1, "recorded_at": NOW, "origin": "/shop"}
    consent: dict[str, Any] = {**fact, "purpose": "marketing", "channel": "email"}
    contacts = [
        heard(PartyRegistered(party_id=party_id, party_version=1, kind="person", recorded_at=NOW)),
        *(heard(dice.choice([ConsentGiven, ConsentWithdrawn])(**consent), at=at()) for _ in range(4)),
    ]
    sales = []
    for number in range(5):
        money = Money(minor=dice.randrange(1000), currency=dice.choice(["DKK", "EUR"]))
        name: dict[str, Any] = {"sale_id": f"s-{number}", "total": money, **fact}
        bought = SaleCompleted(channel="web", lines=[Line(sku="A", quantity=1, unit_price=money)], **name)
        sales += [heard(bought, at=at()), heard(SaleRefunded(**name), at=at())]
    message: dict[str, Any] = {
        "message_id": uuid5(party_id, "message"),
        "enrolment_id": uuid5(party_id, "enrolment"),
        "party_id": party_id,
        "campaign": "thanks",
        "campaign_version": 1,
        "step": 1,
        "channel": "email",
        "trigger_event_id": "t",
        "due_at": NOW,
        "recorded_at": NOW,
    }
    enrolled = EnrolmentStarted(
        enrolment_id=uuid5(party_id, "enrolment"),
        party_id=party_id,
        campaign="thanks",
        campaign_version=1,
        trigger_event_id="t",
        follow_up=True,
        recorded_at=NOW,
    )
    campaigns = [
        heard(data, source="/marketing") for data in (enrolled, MessagePlanned(**message), MessageSent(**message))
    ]
    ticket: dict[str, Any] = {
        "ticket_id": uuid5(party_id, "ticket"),
        "party_id": party_id,
        "request_event_id": "r",
        "recorded_at": NOW,
    }
    tickets = [
        heard(TicketOpened(number=seed, channel="email", has_text=True, **ticket), source="/support"),
        heard(TicketStatusChanged(previous="new", status="open", version=2, **ticket), source="/support", at=at()),
    ]
    return [contacts, sales, campaigns, tickets]


async def rows(contacts: Contacts) -> dict[str, list[dict[str, Any]]]:
    return {table: await contacts.rows(f"select * from {table} order by {key}") for table, key in TABLES.items()}


@pytest.mark.parametrize("seed", range(5))
async def test_topics_commute_and_batches_may_be_cut_anywhere(contacts: Contacts, seed: int) -> None:
    dice = random.Random(seed)
    logs = [log for number in range(4) for log in a_history(uuid5(ROOT, str(number)), number)]
    await contacts.show(event for log in logs for event in log)
    expected = await rows(contacts)
    await contacts.clear()

    waiting = [list(log) for log in logs]
    while any(waiting):
        log = dice.choice([log for log in waiting if log])
        size = dice.randint(1, 4)
        await contacts.show(log[:size])
        del log[:size]

    assert await rows(contacts) == expected
    assert len(expected["line"]) == sum(map(len, logs))


async def test_warnings_of_a_party_stand_in_its_history_and_those_of_what_is_sold_in_none(contacts: Contacts) -> None:
    warned: dict[str, Any] = {"severity": 0.9, "as_of": NOW, "contributions": [], "recorded_at": NOW}
    names = [uuid5(ROOT, name) for name in ("silence", "demand")]
    await contacts.show(
        heard(data, source="/forecasting")
        for data in (
            WarningRaised(warning_id=names[0], kind="silence", about=str(ROOT), party_id=ROOT, **warned),
            WarningRaised(warning_id=names[1], kind="demand_unusual", about="units:product:A:week", sku="A", **warned),
            WarningCleared(
                warning_id=names[0],
                kind="silence",
                about=str(ROOT),
                because="bought",
                recorded_at=NOW,
                party_id=ROOT,
            ),
        )
    )
    lines = await contacts.rows("select party_id, type, summary::json ->> 'warning_id' as name from line order by type")
    assert [tuple(line.values()) for line in lines] == [
        (ROOT, "crm.warning.cleared.v1", str(names[0])),
        (ROOT, "crm.warning.raised.v1", str(names[0])),
    ]


async def test_lines_lie_in_the_month_in_which_they_were_recorded(contacts: Contacts) -> None:
    await contacts.show(a_history(ROOT, 1)[0])
    assert await contacts.rows("select distinct tableoid::regclass::text as part from timeline_v1.line") == [
        {"part": "timeline_v1.line_2026_03"}
    ]


async def test_a_time_beyond_all_months_is_kept_and_read(contacts: Contacts) -> None:
    registered = PartyRegistered(party_id=ROOT, party_version=1, kind="person", recorded_at=NOW.replace(year=1999))
    await contacts.show([heard(registered)])
    assert await contacts.rows("select tableoid::regclass::text as part from timeline_v1.line") == [
        {"part": "timeline_v1.line_other"}
    ]
