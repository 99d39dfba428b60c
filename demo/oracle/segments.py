"""Who belongs to the segment of regulars, and that each was written to once, as histories show it too."""

from collections import Counter
from typing import Any

from demo.oracle.campaigns import SENT
from demo.oracle.reading import SQL, Databases, Expected, Read, Rows, customers

LEAST_SALES = 30
CAMPAIGN = "regulars"
CAMPAIGNS = frozenset([CAMPAIGN])


async def read_members(databases: Databases, expected: Expected) -> tuple[Rows, Rows]:
    """Of customers that are nobody else: what becomes of two that are one depends on when they were found to be."""
    single = await alone(databases, expected)
    bought = Counter(sale.customer for sale in expected.ledger.sales.values())
    numbers = await customers(databases)
    rows = await databases.rows("marketing", SQL["load_segment_members"], CAMPAIGN)
    members = {numbers[row["party_id"]] for row in rows if row["party_id"] in numbers}
    return dict.fromkeys((n for n in single if bought[n] >= LEAST_SALES), True), dict.fromkeys(members & single, True)


async def read_letters(databases: Databases, expected: Expected) -> tuple[Rows, Rows]:
    """Every member has had one message, which has ended, and which the history shows as marketing has it."""
    single = await alone(databases, expected)
    numbers = await customers(databases)
    members = await databases.rows("marketing", SQL["load_segment_members"], CAMPAIGN)
    messages = await databases.rows("marketing", SQL["load_messages_of"], CAMPAIGN)
    cards = await databases.rows("contacts", SQL["load_message_cards_of"], CAMPAIGN)
    shown = Counter((numbers.get(row["party_id"]), row["outcome"]) for row in cards)
    stands: dict[Any, Any] = {}
    for number in single & {numbers.get(row["party_id"]) for row in members}:
        had = [row["outcome"] for row in messages if numbers.get(row["party_id"]) == number]
        stands[number] = len(had) == 1 and had != ["waiting"] and shown[number, had[0]] == 1
    return dict.fromkeys(stands, True), stands


async def read_counts(databases: Databases, expected: Expected) -> tuple[Rows, Rows]:
    """How the messages ended, as forecasting has counted them; somebody must have been written to at all."""
    del expected
    messages = await databases.rows("marketing", SQL["load_messages_of"], CAMPAIGN)
    counts = await databases.rows("forecasting", SQL["load_campaign_counts"])
    found = {row["outcome"]: row["messages"] for row in counts if row["campaign"] == CAMPAIGN}
    return {SENT: 0, **Counter(row["outcome"] for row in messages)}, found


async def alone(databases: Databases, expected: Expected) -> set[str]:
    merges = await databases.rows("contacts", SQL["load_merges"])
    merged = {number for into, other, _ in merges for number in (into, other)}
    return set(expected.ledger.customers) - merged


PROJECTIONS: dict[str, Read] = {
    "marketing: who is a regular": read_members,
    "marketing: letters to regulars": read_letters,
    "forecasting: letters to regulars": read_counts,
}
