"""After a restore: the service's numbers go on after those that its topics hold."""

from typing import Annotated, Any

import typer

from shared.engine import redrive
from shared.engine.postgres import SQL as ENGINE
from shared.engine.recovery import ahead_of, last_sequences
from tools.rapport.asking import Folder, Json, Why, app, reachable, run
from tools.rapport.show import as_json, as_table
from tools.rapport.stack import Stack, find_stack

Row = dict[str, Any]


async def recover_service(stack: Stack, service: str, reason: str) -> list[Row]:
    """After a restore: number the service's next events on after what its topics hold. Says where they were ahead."""
    published = await last_sequences(f"/{service}", stack.kafka_options())
    async with stack.only(service).connect(service) as connection:
        rows = await connection.fetch(ENGINE["remembered_sequences"])
        remembered = {(row["topic"], row["partition"]): row["sequence"] for row in rows}
        ahead = ahead_of(published, remembered)
        await redrive.recover(connection, published, reason)
    return [
        {"topic": each.place[0], "partition": each.place[1], "published": each.published, "remembered": each.remembered}
        for each in ahead
    ]


@app.command()
@reachable
def recover(
    *,
    service: Annotated[str, typer.Argument(help="The service whose database was restored from a backup.")],
    reason: Why,
    stack: Folder = None,
    json: Json = False,
) -> None:
    """After a restore: number new events on after those that the topics hold. The service then starts by itself."""
    ahead = run(recover_service(find_stack(stack), service, reason))
    if json:
        as_json(ahead)
        return
    columns = ("topic", "partition", "published", "remembered")
    as_table("The topics were ahead", ahead, columns, "The database was not behind its topics.")
