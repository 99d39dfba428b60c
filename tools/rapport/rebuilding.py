"""A projection built again beside the live one."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from shared.engine.postgres import SQL as ENGINE
from shared.engine.rebuild import rebuild
from shared.errors import ConfigurationError
from shared.run.discovery import context_of, subscriptions_of
from tools.rapport.stack import Stack

Row = dict[str, Any]


async def rebuild_group(
    stack: Stack, group: str, say: Callable[[str], None], *, switch: bool, stream: bool
) -> list[Row]:
    """Each table with its rows, live and rebuilt, and whether they are the same; a switch leaves an audit line.

    Raises ConfigurationError for a group that is no projection, and where the owner's role is not known.
    """
    service = group.partition(".")[0]
    stack = stack.only(service)
    found = [each for each in subscriptions_of(service) if each.group == group]
    if not found:
        known = ", ".join(each.group for each in subscriptions_of(service) if each.kind == "projection")
        raise ConfigurationError(f"{service} has no group {group}; its projections are: {known or 'none'}")
    compared = await rebuild(
        stack.owner_dsn(service),
        stack.kafka_options(),
        found[0],
        switch=switch,
        stream=stream,
        context=context_of(service),
        say=say,
    )
    if switch:
        async with stack.connect(service) as connection:
            subject = json.dumps({"group": group, "tables": len(compared)})
            equal = all(each.equal for each in compared)
            reason = "equal rows" if equal else "rows differed"
            await connection.execute(ENGINE["record_action"], "rebuild", subject, reason)
    return [asdict(each) for each in compared]
