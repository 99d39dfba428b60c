"""Every projection of the running services, read by natural ids, beside what the ledger says it must hold."""

import asyncio
from collections.abc import Collection, Sequence

from demo.oracle import (
    consents,
    desk,
    journeys,
    lifecycle,
    messages,
    newsletter,
    parties,
    sales,
    segments,
    tickets,
    tiers,
    timeline,
)
from demo.oracle.campaigns import SENT, UNKNOWN, Campaign, MessageKey, conclude_messages
from demo.oracle.comparison import Comparison, compare
from demo.oracle.ledger import Ledger
from demo.oracle.messages import standing
from demo.oracle.reading import Databases, Expected

_CAPABILITIES = (parties, lifecycle, sales, timeline, consents, tickets, messages)


async def compare_all(
    databases: Databases, ledger: Ledger, campaigns: Sequence[Campaign], doubted: Collection[MessageKey] = ()
) -> list[Comparison]:
    """Reads and compares one projection after the other; nothing may be moving meanwhile.

    A message that is `doubted` is expected to be unknown where it would have been sent. What campaigns do that begin
    with something else than a sale is looked at where they are among these.
    """
    messages = {
        key: message._replace(outcome=UNKNOWN) if message.outcome == SENT and key in doubted else message
        for key, message in conclude_messages(ledger, campaigns).items()
    }
    expected = Expected(ledger, await standing(databases, messages), campaigns)
    names = {campaign.name for campaign in campaigns}
    beside = [each for each in (segments, journeys, tiers, newsletter, desk) if names >= each.CAMPAIGNS]
    found = []
    for capability in (*_CAPABILITIES, *beside):
        for name, read in capability.PROJECTIONS.items():
            should, stands = await read(databases, expected)
            found.append(await asyncio.to_thread(compare, name, should, stands))
    return found
