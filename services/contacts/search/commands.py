"""Finds parties by names as people type them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

from services.contacts.custom import CustomFields
from services.contacts.parties.commands.admitted import Admitted
from services.contacts.parties.domain.details import of_description
from services.contacts.parties.domain.letters import has_ideographs
from services.contacts.parties.domain.party import Party
from services.contacts.rounds.commands import Round
from services.contacts.search import store
from services.contacts.search.domain import (
    RULES,
    SEARCHED,
    Said,
    Similar,
    cost_of,
    forms_of,
    latin_of,
    rank,
    said_of,
    words_of,
    words_of_all,
)
from services.contacts.settings import Context
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.parties import PartyDescribed

_CANDIDATES = 200
_SEARCHED = {"name", "tags"}


async def index(tx: Transaction, admitted: Admitted) -> None:
    """Keep the names that changed as they are searched for, with tags and fields that are searched; nothing to do for
    most facts.
    """
    custom = _custom(tx)
    changed = {
        id_: said_of(admitted.parties[id_], admitted.parties[id_].details, custom)
        for id_, fields in admitted.changes.items()
        if not fields.isdisjoint(_SEARCHED)
        or any(field.startswith("custom.") for field in fields)
        # The language says how Chinese characters are read.
        or ("locale" in fields and has_ideographs(admitted.parties[id_].name or ""))
    }
    if changed:
        await _keep(tx, changed)


async def take_back(tx: Transaction, described: Sequence[Event[PartyDescribed]]) -> None:
    """After a restore: the names as the topic has them."""
    if described:
        custom = _custom(tx)
        said = {each.data.party_id: said_of(each.data, of_description(each.data), custom) for each in described}
        await _keep(tx, said)


async def forget(tx: Transaction, party_ids: Iterable[UUID]) -> dict[str, int]:
    """The names of these parties, and the words that nobody else has."""
    names = await store.forget_names(tx, party_ids)
    if names:
        await store.forget_words(tx, {word for words in names for word in words})
    return {"searched_party": len(names)}


async def find(tx: Transaction, typed: str, limit: int, without: Collection[UUID] = ()) -> list[UUID]:
    """Whose names have every word of what was typed, or one that is like it, the most similar first.

    Of very common names only some are looked at, those that are written exactly so before others.
    """
    words = words_of(typed)[:SEARCHED]
    if not words or limit < 1:
        return []
    exact = await store.find_candidates(tx, [[word] for word in words], _CANDIDATES)
    found = rank(exact, [Similar(place, word, 0) for place, word in enumerate(words)], without)
    if len(found) >= limit:
        return found[:limit]
    similar = await _find_similar(tx, words)
    places = [[each.word for each in similar if each.place == place] for place in range(len(words))]
    candidates = await store.find_candidates(tx, places, _CANDIDATES) if all(places) else {}
    return [*found, *rank(candidates, similar, {*without, *found})][:limit]


async def _find_similar(tx: Transaction, words: Sequence[str]) -> list[Similar]:
    said = [(place, each) for place, word in enumerate(words) for each in (word, *latin_of(word))]
    forms = [(place, form) for place, word in said for form in sorted(forms_of(word))]
    rows = await store.find_similar(tx, forms, len(words) - 1, words[-1])
    return [Similar(place, word, cost_of(words[place], word, form)) for place, word, form in rows]


async def _index_again(tx: Transaction, known: Sequence[Party]) -> int:
    custom = _custom(tx)
    living = {each.id: said_of(each, each.details, custom) for each in known if each.erased_at is None}
    if living:
        await _keep(tx, living)
    return len(living)


ROUND = Round("search", lambda context: f"{context.custom.digest} {RULES}", _index_again)
"""Has all parties searched by the fields that are searched by now, and by words as they are made by now."""


def _custom(tx: Transaction) -> CustomFields:
    context: Context = tx.context
    return context.custom


async def _keep(tx: Transaction, said: Mapping[UUID, Said]) -> None:
    words = {party_id: words_of_all(each) for party_id, each in said.items()}
    named = {party_id: own for party_id, own in words.items() if own}
    if len(named) < len(words):
        await forget(tx, words.keys() - named.keys())
    if named and (fresh := await store.save_names(tx, named)):
        await store.add_forms(tx, {(form, word) for word in fresh for form in forms_of(word)})
