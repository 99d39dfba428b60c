"""The words of names, in Postgres."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from uuid import UUID

from services.contacts.search.domain import SEARCHED
from shared.engine.transaction import Transaction
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))


async def save_names(tx: Transaction, words: Mapping[UUID, Sequence[str]]) -> list[str]:
    """The words of these parties' names from now on; returns those of them that nobody had."""
    rows = [(party_id, " ".join(own)) for party_id, own in sorted(words.items())]
    every = sorted({word for own in words.values() for word in own})
    return [row["word"] for row in await tx.fetch(SQL["save_names"], *columns(rows), every)]


async def forget_names(tx: Transaction, party_ids: Iterable[UUID]) -> list[list[str]]:
    """Returns the words that each had and has."""
    return [row["words"] for row in await tx.fetch(SQL["forget_names"], sorted(party_ids))]


async def add_forms(tx: Transaction, forms: Iterable[tuple[str, str]]) -> None:
    """Forms with their words."""
    await tx.execute(SQL["add_forms"], *columns(sorted(forms)))


async def forget_words(tx: Transaction, words: Iterable[str]) -> None:
    """Those of these words that no name has any more. Waits for all who keep names, and they for its transaction: what
    both of them have would be missing.
    """
    await tx.execute(SQL["wait_for_words"])
    await tx.execute(SQL["forget_words"], sorted(words))


async def find_similar(
    tx: Transaction, forms: Iterable[tuple[int, str]], last: int, beginning: str
) -> list[tuple[int, str, str]]:
    """Place, word and form of what the typed words may mean; the last one may be only the beginning of a word."""
    rows = await tx.fetch(SQL["find_similar"], *columns(forms), last, beginning)
    return [(row["place"], row["word"], row["form"]) for row in rows]


async def find_candidates(tx: Transaction, places: Sequence[Sequence[str]], limit: int) -> dict[UUID, list[str]]:
    """Parties, with the words of their names, that have one of the words of each place."""
    given = [*places, *[None] * (SEARCHED - len(places))]
    return {row["party_id"]: row["words"] for row in await tx.fetch(SQL["find_candidates"], *given, limit)}
