"""Tickets, as support has them, as histories show them, and counted by day."""

from collections import Counter

from demo.oracle.reading import SQL, Databases, Expected, Read, Rows, about_row, customers

IN_HISTORIES = "contacts: tickets in histories"


async def read_ticket_cards(databases: Databases, expected: Expected) -> tuple[Rows, Rows]:
    rows = await databases.rows("contacts", SQL["load_ticket_cards"])
    return _statuses(expected), {(row["customer"], row["opened_at"], about_row(row)): row["status"] for row in rows}


def _statuses(expected: Expected) -> Rows:
    return {
        (number, ticket.opened_at, ticket.about): ticket.status
        for number, customer in expected.ledger.customers.items()
        for ticket in customer.tickets
    }


async def read_tickets(databases: Databases, expected: Expected) -> tuple[Rows, Rows]:
    numbers = await customers(databases)
    rows = await databases.rows("support", SQL["load_tickets"])
    stands = Counter((numbers.get(row["party_id"]), row["opened_at"], about_row(row)) for row in rows)
    return dict.fromkeys(expected.ledger.tickets(), 1), stands


async def read_clocks(databases: Databases, expected: Expected) -> tuple[Rows, Rows]:
    """Something is promised to each request, and no deadline passes in silence."""
    numbers = await customers(databases)
    rows = await databases.rows("support", SQL["load_clocks"])
    stands = {
        (numbers.get(row["party_id"]), row["opened_at"], about_row(row)): "untold" if row["untold"] else "promised"
        for row in rows
    }
    return dict.fromkeys(expected.ledger.tickets(), "promised"), stands


async def read_ticket_days(databases: Databases, expected: Expected) -> tuple[Rows, Rows]:
    should = Counter((at.date(), about.rpartition(" ")[2]) for _, at, about in expected.ledger.tickets())
    rows = await databases.rows("forecasting", SQL["load_ticket_days"])
    return should, {(row["day"], row["channel"]): row["opened"] for row in rows}


PROJECTIONS: dict[str, Read] = {
    IN_HISTORIES: read_ticket_cards,
    "support: tickets": read_tickets,
    "support: clocks": read_clocks,
    "forecasting: ticket days": read_ticket_days,
}
