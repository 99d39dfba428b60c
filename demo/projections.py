"""Every projection of the running services, read by natural ids, beside what the ledger says it must hold."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from pydantic_core import from_json

from demo.compare import Comparison, compare
from demo.follow_ups import Campaign, Message, MessageKey, messages
from demo.history import lines_of_services, timeline_line
from demo.ledger import Day, Ledger, Line, Totals
from demo.watch import SQL, Watch

Rows = Mapping[Any, Any]
TICKETS = "contacts: tickets in histories"


class Expected(NamedTuple):
    """The ledger, and what the campaigns make of it."""

    ledger: Ledger
    messages: Mapping[MessageKey, Message]
    campaigns: Sequence[Campaign]


async def compare_all(watch: Watch, ledger: Ledger, campaigns: Sequence[Campaign]) -> list[Comparison]:
    """Reads and compares one projection after the other; nothing may be moving meanwhile."""
    expected = Expected(ledger, messages(ledger, campaigns), campaigns)
    found = []
    for name, read in _PROJECTIONS.items():
        should, stands = await read(watch, expected)
        found.append(await asyncio.to_thread(compare, name, should, stands))
    return found


async def _parties(watch: Watch, expected: Expected) -> tuple[Rows, Rows]:
    (row,) = await watch.rows("contacts", SQL["count_parties"])
    should = {"parties": len(expected.ledger.customers), "suspected duplicates": 0}
    return should, {"parties": row["parties"], "suspected duplicates": row["duplicates"]}


async def _profiles(watch: Watch, expected: Expected) -> tuple[Rows, Rows]:
    fields = ("name", "postal_code", "time_zone", "birth_date", "email", "phone")
    rows = await watch.rows("contacts", SQL["load_profiles"])
    stands = {row["customer"]: tuple(row[name] for name in fields) for row in rows}
    return {number: customer.profile for number, customer in expected.ledger.customers.items()}, stands


async def _stages(watch: Watch, expected: Expected) -> tuple[Rows, Rows]:
    rows = await watch.rows("contacts", SQL["load_stages"])
    stages = ("discovery", "purchase", "post_purchase")
    return expected.ledger.stages(), {
        (row["customer"], stage): row[stage] for row in rows for stage in stages if row[stage]
    }


async def _totals(watch: Watch, expected: Expected) -> tuple[Rows, Rows]:
    rows = await watch.rows("contacts", SQL["load_totals"])
    return expected.ledger.totals(), {
        (row["customer"], row["currency"]): Totals(row["sales"], row["paid"], row["refunds"], row["refunded"])
        for row in rows
    }


async def _timelines(watch: Watch, expected: Expected) -> tuple[Rows, Rows]:
    should = expected.ledger.timeline()
    should.update(lines_of_services(expected.ledger, expected.messages, expected.campaigns))
    rows = [
        (row["customer"], row["type"], row["occurred_at"], row["event_id"], from_json(row["summary"]))
        for row in await watch.rows("contacts", SQL["load_lines"])
    ]
    sales = {id_: summary["sale_id"] for _, type_, _, id_, summary in rows if type_ == "crm.sale.completed.v1"}
    stands: Counter[tuple[str, Line]] = Counter()
    for customer, type_, at, _, summary in rows:
        line = timeline_line(type_, at, summary, sales)
        if line is not None:
            stands[customer, line] += 1
    return should, stands


async def _consents(watch: Watch, expected: Expected) -> tuple[Rows, Rows]:
    should = {
        (number, "marketing", "", "email"): max(customer.consents)
        for number, customer in expected.ledger.customers.items()
        if customer.consents
    }
    rows = await watch.rows("contacts", SQL["load_consents"])
    key = ("customer", "purpose", "topic", "channel")
    return should, {tuple(row[name] for name in key): (row["occurred_at"], row["given"]) for row in rows}


async def _ticket_cards(watch: Watch, expected: Expected) -> tuple[Rows, Rows]:
    rows = await watch.rows("contacts", SQL["load_ticket_cards"])
    return dict.fromkeys(expected.ledger.tickets(), "new"), {
        (row["customer"], row["opened_at"], _about(row)): row["status"] for row in rows
    }


async def _message_cards(watch: Watch, expected: Expected) -> tuple[Rows, Rows]:
    rows = await watch.rows("contacts", SQL["load_message_cards"])
    should = {key: message for key, message in expected.messages.items() if key.campaign}
    return should, {_message_key(row): Message(row["due_at"], row["reason"] or row["state"]) for row in rows}


async def _messages(watch: Watch, expected: Expected) -> tuple[Rows, Rows]:
    rows = await watch.rows("marketing", SQL["load_messages"])
    return expected.messages, {_message_key(row): Message(row["due_at"], row["outcome"]) for row in rows}


async def _tickets(watch: Watch, expected: Expected) -> tuple[Rows, Rows]:
    customers = await _customers(watch)
    rows = await watch.rows("support", SQL["load_tickets"])
    stands = Counter((customers.get(row["party_id"]), row["opened_at"], _about(row)) for row in rows)
    return dict.fromkeys(expected.ledger.tickets(), 1), stands


async def _product_days(watch: Watch, expected: Expected) -> tuple[Rows, Rows]:
    rows = await watch.rows("forecasting", SQL["load_product_days"])
    return expected.ledger.days(), {
        (row["sku"], row["channel"], row["day"]): Day(*(row[name] for name in Day._fields)) for row in rows
    }


async def _channel_days(watch: Watch, expected: Expected) -> tuple[Rows, Rows]:
    should: defaultdict[tuple[str, date, str], list[int]] = defaultdict(lambda: [0, 0])
    for sale in expected.ledger.sales.values():
        _add(should[sale.channel, sale.at.date(), sale.currency], sale.total)
    rows = await watch.rows("forecasting", SQL["load_channel_days"])
    return should, {(row["channel"], row["day"], row["currency"]): [row["sales"], row["revenue"]] for row in rows}


async def _purchase_days(watch: Watch, expected: Expected) -> tuple[Rows, Rows]:
    customers = await _customers(watch)
    should: defaultdict[tuple[str, date, str], list[int]] = defaultdict(lambda: [0, 0])
    for sale in expected.ledger.sales.values():
        _add(should[sale.customer, sale.at.date(), sale.currency], sale.total)
    rows = await watch.rows("forecasting", SQL["load_purchase_days"])
    return should, {
        (customers.get(row["party_id"]), row["day"], row["currency"]): [row["sales"], row["amount"]] for row in rows
    }


async def _categories(watch: Watch, expected: Expected) -> tuple[Rows, Rows]:
    rows = await watch.rows("forecasting", SQL["load_categories"])
    return expected.ledger.categories, {row["sku"]: tuple(row["category"]) for row in rows}


async def _campaign_counts(watch: Watch, expected: Expected) -> tuple[Rows, Rows]:
    should = Counter((key.campaign, message.outcome) for key, message in expected.messages.items())
    rows = await watch.rows("forecasting", SQL["load_campaign_counts"])
    return should, {(row["campaign"], row["outcome"]): row["messages"] for row in rows}


async def _ticket_days(watch: Watch, expected: Expected) -> tuple[Rows, Rows]:
    should = Counter((at.date(), about.rpartition(" ")[2]) for _, at, about in expected.ledger.tickets())
    rows = await watch.rows("forecasting", SQL["load_ticket_days"])
    return should, {(row["day"], row["channel"]): row["opened"] for row in rows}


_PROJECTIONS: dict[str, Callable[[Watch, Expected], Awaitable[tuple[Rows, Rows]]]] = {
    "contacts: parties": _parties,
    "contacts: profiles": _profiles,
    "contacts: stages": _stages,
    "contacts: totals": _totals,
    "contacts: timeline lines": _timelines,
    "contacts: consents": _consents,
    TICKETS: _ticket_cards,
    "contacts: messages in histories": _message_cards,
    "marketing: messages": _messages,
    "support: tickets": _tickets,
    "forecasting: product days": _product_days,
    "forecasting: channel days": _channel_days,
    "forecasting: purchase days": _purchase_days,
    "forecasting: categories": _categories,
    "forecasting: messages": _campaign_counts,
    "forecasting: ticket days": _ticket_days,
}


async def _customers(watch: Watch) -> dict[UUID, str]:
    rows = await watch.rows("contacts", SQL["load_customers"])
    return {row["party_id"]: row["customer"] for row in rows}


def _message_key(row: Any) -> MessageKey:
    return MessageKey(row["origin"], row["sale_id"], row["campaign"], row["step"])


def _about(row: Any) -> str:
    """As `ledger.about`."""
    return " ".join(row[name] for name in ("sale_id", "sku", "channel") if row[name])


def _add(row: list[int], amount: int) -> None:
    row[0] += 1
    row[1] += amount
