"""The stages of parties."""

from demo.oracle.reading import SQL, Databases, Expected, Read, Rows


async def read_stages(databases: Databases, expected: Expected) -> tuple[Rows, Rows]:
    rows = await databases.rows("contacts", SQL["load_stages"])
    stages = ("discovery", "purchase", "post_purchase")
    return expected.ledger.stages(), {
        (row["customer"], stage): row[stage] for row in rows for stage in stages if row[stage]
    }


PROJECTIONS: dict[str, Read] = {
    "contacts: stages": read_stages,
}
