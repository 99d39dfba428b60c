"""What operators did."""

from dataclasses import asdict
from operator import itemgetter
from typing import Any

from shared.engine.actions import list_actions
from tools.rapport.asking import Folder, Json, Limit, Service, app, choose_stack, reachable, run
from tools.rapport.show import as_json, as_table
from tools.rapport.stack import Stack

Row = dict[str, Any]


async def list_of_all(stack: Stack, limit: int) -> list[Row]:
    """What operators did, newest first."""
    actions = await stack.from_each(lambda connection: list_actions(connection, limit))
    rows = [{"service": service, **asdict(action)} for service, action in actions]
    return sorted(rows, key=itemgetter("acted_at"), reverse=True)[:limit]


@app.command()
@reachable
def audit(*, stack: Folder = None, service: Service = None, limit: Limit = 100, json: Json = False) -> None:
    """What operators did, newest first."""
    rows = run(list_of_all(choose_stack(stack, service), limit))
    if json:
        as_json(rows)
    else:
        as_table(
            "Acts of operators", rows, ("service", "acted_at", "actor", "action", "subject", "reason"), "Nobody acted."
        )
