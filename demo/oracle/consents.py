"""The consents in force."""

from demo.oracle.reading import SQL, Databases, Expected, Read, Rows


async def read_consents(databases: Databases, expected: Expected) -> tuple[Rows, Rows]:
    should = {
        (number, "marketing", "", "email"): max(customer.consents)
        for number, customer in expected.ledger.customers.items()
        if customer.consents
    }
    rows = await databases.rows("contacts", SQL["load_consents"])
    key = ("customer", "purpose", "topic", "channel")
    return should, {tuple(row[name] for name in key): (row["occurred_at"], row["given"]) for row in rows}


PROJECTIONS: dict[str, Read] = {
    "contacts: consents": read_consents,
}
