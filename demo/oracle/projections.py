"""Every projection of the running services, read by natural ids, beside what the ledger says it must hold."""

import asyncio
from collections.abc import Collection, Sequence

from demo.oracle import consents, lifecycle, messages, parties, sales, segments, tickets, timeline
from demo.oracle.campaigns import SENT, UNKNOWN, Campaign, MessageKey, conclude_messages
from demo.oracle.comparison import Comparison, compare
from demo.oracle.ledger import Ledger
from demo.oracle.reading import Databases, Expected

_CAPABILITIES = (parties, lifecycle, sales, timeline, consents, tickets, messages)


async def compare_all(
    databases: Databases, ledger: Ledger, campaigns: Sequence[Campaign], doubted: Collection[MessageKey] = ()
) -> list[Comparison]:
    """Reads and compares one projection after the other; nothing may be moving meanwhile.

    A message that is `doubted` is expected to be unknown where it would have been sent. The segment of regulars is
    looked at where its campaign is among these.
    """
    messages = {
        key: message._replace(outcome=UNKNOWN) if message.outcome == SENT and key in doubted else message
        for key, message in conclude_messages(ledger, campaigns).items()
    }
    expected = Expected(ledger, messages, campaigns)
    has_segment = any(campaign.name == segments.CAMPAIGN for campaign in campaigns)
    found = []
    for capability in (*_CAPABILITIES, segments) if has_segment else _CAPABILITIES:
        for name, read in capability.PROJECTIONS.items():
            should, stands = await read(databases, expected)
            found.append(await asyncio.to_thread(compare, name, should, stands))
    return found
