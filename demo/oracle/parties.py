"""The parties and their descriptions."""

from demo.oracle.reading import SQL, Databases, Expected, Read, Rows


async def read_parties(databases: Databases, expected: Expected) -> tuple[Rows, Rows]:
    (row,) = await databases.rows("contacts", SQL["count_parties"])
    should = {"parties": len(expected.ledger.customers) + len(expected.ledger.members), "suspected duplicates": 0}
    return should, {"parties": row["parties"], "suspected duplicates": row["duplicates"]}


async def read_profiles(databases: Databases, expected: Expected) -> tuple[Rows, Rows]:
    fields = ("name", "postal_code", "time_zone", "birth_date", "email", "phone")
    rows = await databases.rows("contacts", SQL["load_profiles"])
    stands = {row["customer"]: tuple(row[name] for name in fields) for row in rows}
    return {number: customer.profile for number, customer in expected.ledger.customers.items()}, stands


PROJECTIONS: dict[str, Read] = {
    "contacts: parties": read_parties,
    "contacts: profiles": read_profiles,
}
