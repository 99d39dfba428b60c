"""One instance of the probe as a process of its own, to be stopped and killed: `ADDRESSES GROUP MEMBER PAUSE`.

GROUP `-` hears nothing and only relays. PAUSE is how many seconds each batch stays in its transaction.
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from typing import Any

from pydantic import SecretStr

from shared.engine.event import Event
from shared.engine.service import Service
from shared.engine.transaction import Transaction
from shared.settings import AuthSettings, DatabaseSettings, KafkaSettings, ServiceSettings
from tests.integration.engine.probe import NAME, noting


async def run(addresses: dict[str, str], group: str, member: str, pause: float) -> None:
    async def linger(_: Sequence[Event[Any]], tx: Transaction) -> None:
        await asyncio.sleep(pause)
        await tx.fetchval("select 1")

    settings = ServiceSettings(
        kafka=KafkaSettings(brokers=addresses["kafka"], session_timeout_ms=6_000),
        database=DatabaseSettings(dsn=SecretStr(addresses["dsn"])),
        auth=AuthSettings(mode="off"),
    )
    hears = [] if group == "-" else [noting(group, "crm.contacts", member=member, act=linger)]
    await Service(NAME, settings, hears).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(run(json.loads(sys.argv[1]), sys.argv[2], sys.argv[3], float(sys.argv[4])))
