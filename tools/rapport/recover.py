"""A service whose database was restored from a backup, brought up to what its topics hold."""

from typing import Annotated, Any

import typer

from shared import clock
from shared.engine import recovery
from shared.engine.behind import describe_ahead, end_publishers, find_ahead
from shared.engine.database import find_setback, note_setback
from shared.engine.own_topics import open_topics
from shared.engine.postgres import SQL as ENGINE, PostgresTransaction
from shared.engine.publisher import send_again
from shared.run.discovery import context_of, recovery_of
from tools.rapport.asking import Folder, Json, Why, app, ask_why, choose_stack, reachable, run
from tools.rapport.show import as_json, as_table, say
from tools.rapport.stack import Stack

_ANY_NUMBER = 2**31 - 1
"""Of recoveries before."""


async def recover_service(stack: Stack, service: str, reason: str) -> dict[str, Any]:
    """Take back what its topics say beyond the backup. Says where they were ahead, what was read of them, and what had
    no cause on a topic: it was written over HTTP or by a job, and is back as far as its own event tells.

    Does nothing where the database is not behind its topics and nobody noticed that it went back.
    """
    async with stack.only(service).connect(service) as connection:
        setback = await find_setback(connection)
        if setback is None:
            if not (found_ahead := await find_ahead(service, stack.kafka_options(), connection)):
                return {"ahead": [], "setback": None, "records": {}, "written": []}
            # From here on nobody writes, and who waits for the recovery to end finds that there was one.
            await note_setback(connection, describe_ahead(found_ahead), _ANY_NUMBER)
        async with connection.transaction():
            await connection.execute(ENGINE["end_relays"])
            await connection.execute(ENGINE["hold_shards"])
            shards = [row["shard"] for row in await connection.fetch(ENGINE["relay_shards"])]
            await end_publishers(service, shards, stack.kafka_options())
            ahead = await find_ahead(service, stack.kafka_options(), connection)
            tx = PostgresTransaction(connection, None, clock.now(), context_of(service))
            async with open_topics(f"/{service}", stack.kafka_options()) as topics:
                found = await recovery.recover(tx, recovery_of(service), topics, reason)
                async for records in topics.left_out():
                    await send_again(records, stack.kafka_options())
            await tx.flush()
    lines = [
        {"topic": each.place[0], "partition": each.place[1]}
        | {"published": each.published, "remembered": each.remembered}
        for each in ahead
    ]
    return {"ahead": lines, "setback": setback, "records": dict(found.records), "written": found.written}


@app.command()
@reachable
def recover(
    *,
    service: Annotated[str, typer.Argument(help="The service whose database was restored from a backup.")],
    reason: Why = None,
    stack: Folder = None,
    json: Json = False,
) -> None:
    """After a restore: take back what the service's topics say beyond the backup. It then starts by itself.

    Safe to run again. Lists what was written over HTTP after the backup, which only its own events bring back.
    """
    where = choose_stack(stack, service)
    where.kafka_options()
    found = run(recover_service(where, service, ask_why(reason)))
    if json:
        as_json(found)
        return
    if found["setback"] is not None:
        say(f"The database went back while services ran: {found['setback']}.\n")
    columns = ("topic", "partition", "published", "remembered")
    as_table("The topics were ahead", found["ahead"], columns, "The database was not behind its topics.")
    if found["written"]:
        title = "\nWritten after the backup, without a record that led to it"
        as_table(title, found["written"], ("topic", "type", "subject", "time", "id"), "")
