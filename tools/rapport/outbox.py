"""Events that the brokers refuse for good: what waits with them, and how that gets on."""

from typing import Annotated, Any

import typer

from shared.engine.actions import record_action
from shared.engine.postgres_relay import SQL as RELAY
from shared.errors import ConfigurationError, NotFound
from tools.rapport.asking import Folder, Json, Limit, Service, app, check_said, choose_stack, reachable, run, split_id
from tools.rapport.show import as_json, as_table
from tools.rapport.stack import Stack

Row = dict[str, Any]
_COLUMNS = ("id", "topic", "partition", "key", "type", "event_id", "bytes", "reason", "behind", "set_aside_at")


async def list_set_aside(stack: Stack, limit: int) -> list[Row]:
    """Refused events by service and age, each with the number of events that wait behind it."""
    rows = await stack.from_each(lambda connection: connection.fetch(RELAY["list_set_aside"], None, limit))
    return [{**dict(row), "id": f"{service}:{row['id']}"} for service, row in rows][:limit]


async def decide(stack: Stack, chosen: str, reason: str, *, send: bool) -> list[Row]:
    """Let a refused event be sent again, or give it up; one audit line. Its service's relay moves what waited."""
    service, number = split_id(chosen, stack)
    async with stack.connect(service) as connection, connection.transaction():
        rows = await connection.fetch(RELAY["send_again"] if send else RELAY["drop_set_aside"], number)
        if not rows:
            raise NotFound(f"{chosen} is not refused; `rapport outbox` lists what is")
        subject = {"event": rows[0]["event_id"], "topic": rows[0]["topic"], "key": rows[0]["key"]}
        await record_action(connection, "send-again" if send else "drop-set-aside", subject, reason)
    return [{"id": chosen, **dict(rows[0])}]


@app.command()
@reachable
def outbox(
    *,
    stack: Folder = None,
    service: Service = None,
    send: Annotated[str | None, typer.Option(metavar="ID", help="Have this one sent again.")] = None,
    drop: Annotated[str | None, typer.Option(metavar="ID", help="Give this one up: it is never published.")] = None,
    reason: Annotated[str | None, typer.Option(help="With --send and --drop: goes into the audit line.")] = None,
    limit: Limit = 100,
    json: Json = False,
) -> None:
    """Events that the brokers refuse, which hold back what is behind them with their keys."""
    where = choose_stack(stack, service)
    chosen = drop if send is None else send
    if (chosen is None) != (reason is None) or None not in {send, drop}:
        raise ConfigurationError("name one event, by --send or --drop, and a --reason")
    if chosen is None or reason is None:
        rows = run(list_set_aside(where, limit))
    else:
        rows = run(decide(where, chosen, check_said("--reason", reason), send=send is not None))
    if json:
        as_json(rows)
        return
    columns = ("id", "topic", "key", "event_id") if chosen else _COLUMNS
    as_table("Let go" if chosen else "Refused by the brokers", rows, columns, "The brokers refused nothing.")
