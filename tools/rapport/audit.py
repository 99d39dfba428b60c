"""What operators did."""

import json
from operator import itemgetter
from typing import Any

from shared.engine.postgres import SQL as ENGINE
from tools.rapport.asking import Folder, Json, Limit, Service, app, choose_stack, reachable, run
from tools.rapport.show import as_json, as_table
from tools.rapport.stack import Stack

Row = dict[str, Any]


async def list_actions(stack: Stack, limit: int) -> list[Row]:
    """What operators did, newest first."""
    found = []
    for service in stack.dsns:
        async with stack.connect(service) as connection:
            rows = await connection.fetch(ENGINE["list_actions"], limit)
            found += [{"service": service, **dict(row), "subject": json.loads(row["subject"])} for row in rows]
    return sorted(found, key=itemgetter("acted_at"), reverse=True)[:limit]


@app.command()
@reachable
def audit(*, stack: Folder = None, service: Service = None, limit: Limit = 100, json: Json = False) -> None:
    """What operators did, newest first."""
    rows = run(list_actions(choose_stack(stack, service), limit))
    if json:
        as_json(rows)
    else:
        as_table(
            "Acts of operators", rows, ("service", "acted_at", "actor", "action", "subject", "reason"), "Nobody acted."
        )
