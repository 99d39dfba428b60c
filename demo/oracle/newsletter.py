"""The newsletter to all who allow letters; and that histories and counts show such letters as marketing has them."""

from collections import Counter
from typing import Any

from demo.oracle.campaigns import NEWSLETTER, SENT, consents
from demo.oracle.journeys import AWAY, CARTS, LOOKING
from demo.oracle.lifecycle import clock
from demo.oracle.reading import SQL, Databases, Expected, Read, Rows, customers
from demo.oracle.segments import CAMPAIGN as REGULARS, alone
from demo.oracle.tiers import CAMPAIGN as TIERS

CAMPAIGNS = frozenset([AWAY, CARTS, LOOKING, REGULARS, TIERS])
OTHERS = (*sorted(CAMPAIGNS), NEWSLETTER)


async def read_recipients(databases: Databases, expected: Expected) -> tuple[Rows, Rows]:
    """Whoever allows letters by then gets it, where there is an address."""
    numbers, now, single = await customers(databases), await clock(databases), await alone(databases, expected)
    should = {
        number: "no_address" if customer.email is None else SENT
        for number, customer in expected.ledger.customers.items()
        if number in single and consents(customer, now)
    }
    rows = await databases.rows("marketing", SQL["load_recipients"], NEWSLETTER)
    stands = {numbers.get(row["party_id"]): row["outcome"] for row in rows}
    return should, {number: outcome for number, outcome in stands.items() if number in single}


async def read_cards(databases: Databases, expected: Expected) -> tuple[Rows, Rows]:
    """By campaign, party and outcome."""
    del expected
    should, stands = Counter[Any](), Counter[Any]()
    for name in OTHERS:
        for row in await databases.rows("marketing", SQL["load_messages_of"], name):
            should[name, row["party_id"], "planned" if row["outcome"] == "waiting" else row["outcome"]] += 1
        for row in await databases.rows("contacts", SQL["load_message_cards_of"], name):
            stands[name, row["party_id"], row["outcome"]] += 1
    return should, stands


async def read_counts(databases: Databases, expected: Expected) -> tuple[Rows, Rows]:
    """How they ended, as forecasting has counted them."""
    del expected
    should = Counter[Any]()
    for name in OTHERS:
        rows = await databases.rows("marketing", SQL["load_messages_of"], name)
        should.update((name, row["outcome"]) for row in rows if row["outcome"] != "waiting")
    counts = await databases.rows("forecasting", SQL["load_campaign_counts"])
    found = {(row["campaign"], row["outcome"]): row["messages"] for row in counts if row["campaign"] in OTHERS}
    return should, found


PROJECTIONS: dict[str, Read] = {
    "marketing: the newsletter": read_recipients,
    "contacts: other letters in histories": read_cards,
    "forecasting: other letters": read_counts,
}
