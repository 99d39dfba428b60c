"""Searching among many parties by names with an error of typing."""

from collections.abc import Mapping

import asyncpg

from bench.names import name_of
from bench.rows import Row
from bench.sales import party
from services.contacts.search.domain import forms_of, words_of


def row_of(answer: Mapping[str, float], parties: int) -> Row:
    """The row `search`: the first ten, each asked for once the one before is answered."""
    return Row(
        "search",
        answer["rate"],
        "requests",
        p50_ms=answer["p50_ms"],
        p99_ms=answer["p99_ms"],
        cpu_us=answer["cpu_us"],
        parties=parties,
        more={"p95_ms": answer["p95_ms"], "client_us": answer["client_us"]},
        note="one client; the first ten of names with one error of typing",
    )


async def add_names(connection: asyncpg.Connection, begin: int, end: int) -> None:
    """The words by which parties of these numbers are searched."""
    words = {number: words_of(name_of(number)) for number in range(begin, end)}
    rows = ((party(number), own) for number, own in words.items())
    await connection.copy_records_to_table("searched_party", columns=("party_id", "words"), records=rows)
    known = {row["word"] for row in await connection.fetch("select word from search_word")}
    found = {word for own in words.values() for word in own} - known
    await connection.copy_records_to_table("search_word", columns=("word",), records=((word,) for word in found))
    forms = ((form, word) for word in found for form in forms_of(word))
    await connection.copy_records_to_table("search_form", columns=("form", "word"), records=forms)
