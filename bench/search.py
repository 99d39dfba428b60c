"""Searching among many parties by names with an error of typing."""

import asyncpg

from bench.client import run_client
from bench.cpu import Meter
from bench.names import name_of
from bench.parties import add_parties
from bench.rows import Row
from bench.sales import party
from bench.setting import Sizes, fresh_stack, say
from services.contacts.search.domain import forms_of, words_of

_ROUND_S, _CLIENTS = 5, 1


async def measure(sizes: Sizes) -> list[Row]:
    """The row `search`: the first ten, each asked for once the one before is answered."""
    async with fresh_stack(["contacts"]) as stack:
        say(f"  {sizes.found_among} parties are written")
        connection = await asyncpg.connect(stack.superuser_dsn("contacts"))
        await _add_names(connection, sizes.found_among)
        await add_parties(connection, 0, sizes.found_among, history=False)
        await connection.close()
        meter, port = Meter(stack.pids), int(stack.url("contacts").rpartition(":")[2])
        answer = await run_client("bench.load", port, _ROUND_S, _CLIENTS, "names", sizes.found_among)
        spent = meter.spent().parts
    requests = answer["rate"] * (_ROUND_S + 1)  # the client warms up for a second
    return [
        Row(
            "search",
            answer["rate"],
            "requests",
            p50_ms=answer["p50_ms"],
            p99_ms=answer["p99_ms"],
            cpu_us=(spent["contacts"] + spent["postgres"]) / requests * 1e6,
            parties=sizes.found_among,
            more={"p95_ms": answer["p95_ms"], "client_us": answer["client_us"]},
            note="one client; the first ten of names with one error of typing",
        )
    ]


async def _add_names(connection: asyncpg.Connection, parties: int) -> None:
    words = {number: words_of(name_of(number)) for number in range(parties)}
    rows = ((party(number), own) for number, own in words.items())
    await connection.copy_records_to_table("searched_party", columns=("party_id", "words"), records=rows)
    found = {word for own in words.values() for word in own}
    await connection.copy_records_to_table("search_word", columns=("word",), records=((word,) for word in found))
    forms = ((form, word) for word in found for form in forms_of(word))
    await connection.copy_records_to_table("search_form", columns=("form", "word"), records=forms)
