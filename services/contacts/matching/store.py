"""Pairs of parties that may be the same, and what they are compared by, in Postgres."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import TypeAdapter
from pydantic_core import from_json, to_json

from services.contacts.matching.domain.blocking import LARGEST
from services.contacts.matching.domain.comparison import LEVELS
from services.contacts.matching.domain.model import Model, model_from, model_json
from services.contacts.matching.domain.traits import Traits
from services.contacts.matching.domain.verdict import Likeness
from services.contacts.matching.schemas import DuplicateView, ModelView, State
from services.contacts.parties.domain.resolution import Suspicion
from shared.engine.transaction import Transaction
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))
_TRAITS = TypeAdapter(Traits)
MOST = 12
"""So many candidates of one record, itself among them, are compared, those that share the most, and what fewest have:
bounded, however many parties there are.
"""


class Taken(NamedTuple):
    """A pair that is certainly one, the lower id first, and why."""

    id: UUID
    party_ids: tuple[UUID, UUID]
    reasons: list[str]


class Listed(NamedTuple):
    """A pair, and its place in the list."""

    place: float
    pair: DuplicateView


async def add_duplicates(tx: Transaction, suspicions: Iterable[Suspicion], now: datetime) -> set[tuple[UUID, UUID]]:
    """Keep pairs with why they were suspected; returns those pairs, the lower id first, that were not known."""
    rows = sorted(
        (*sorted((suspicion.party_id, suspicion.other_id)), suspicion.reason, now) for suspicion in suspicions
    )
    added = await tx.fetch(SQL["add_duplicates"], *columns(rows))
    return {(row["low_id"], row["high_id"]) for row in added}


async def add_likenesses(
    tx: Transaction, found: Mapping[tuple[UUID, UUID], Likeness], now: datetime
) -> set[tuple[UUID, UUID]]:
    """Keep pairs with their scores, the lower id first; returns those that were not known."""
    rows = [
        (*pair, now, each.bits, "|".join(each.reasons), each.certain, each.model)
        for pair, each in sorted(found.items())
    ]
    if not rows:
        return set()
    kept = await tx.fetch(SQL["add_likenesses"], *columns(rows))
    return {(row["low_id"], row["high_id"]) for row in kept if row["fresh"]}


async def load_records(tx: Transaction, party_ids: Iterable[UUID]) -> dict[UUID, Traits]:
    """What was compared of these parties last."""
    rows = await tx.fetch(SQL["load_records"], list(party_ids))
    return {row["party_id"]: _TRAITS.validate_json(row["traits"]) for row in rows}


async def save_records(
    tx: Transaction, records: Mapping[UUID, Traits], keys: Iterable[tuple[int, UUID]], known: Iterable[UUID]
) -> None:
    """What is compared of these parties from now on, and by which keys they are found. Those that were compared before
    are `known`.
    """
    rows = [(party_id, _TRAITS.dump_json(traits).decode()) for party_id, traits in sorted(records.items())]
    named: list[list[object]] = columns(sorted(keys)) or [[], []]
    await tx.execute(SQL["save_records"], *columns(rows), *named, sorted(known))


async def forget_records(tx: Transaction, party_ids: Sequence[UUID]) -> None:
    """Nothing of these parties is compared any more, and what people wrote of pairs of theirs is gone."""
    await tx.execute(SQL["forget_reasons"], party_ids)
    await tx.execute(SQL["forget_records"], party_ids)
    await tx.execute(SQL["forget_keys"], party_ids)


async def find_candidates(tx: Transaction, keys: Iterable[tuple[int, int]]) -> dict[int, dict[UUID, Traits]]:
    """By the place of each record, given with its keys, the parties that share a telling one."""
    named = columns(keys)
    found: defaultdict[int, dict[UUID, Traits]] = defaultdict(dict)
    for row in await tx.fetch(SQL["find_candidates"], *named, LARGEST, MOST) if named else []:
        found[row["place"]][row["party_id"]] = _TRAITS.validate_json(row["traits"])
    return found


async def load_model(tx: Transaction) -> Model | None:
    """The newest weights; None before any were learnt."""
    text = await tx.fetchval(SQL["load_model"])
    return None if text is None else _model(text)


@lru_cache(maxsize=2)
def _model(text: str) -> Model:
    return model_from(from_json(text))


async def find_newest(tx: Transaction) -> tuple[int, int]:
    """The version of the newest weights, and how many parties there were; 0 and 0 before any were learnt."""
    row = await tx.fetchrow(SQL["find_newest"])
    return (row["version"], row["base"]) if row else (0, 0)


async def count_records(tx: Transaction) -> int:
    return int(await tx.fetchval(SQL["count_records"]))


async def sample_records(tx: Transaction, most: int) -> list[Traits]:
    """No more than `most`, in which those who share keys come together."""
    return [_TRAITS.validate_json(row["traits"]) for row in await tx.fetch(SQL["sample_records"], most)]


async def add_model(tx: Transaction, model: Model, base: int, now: datetime) -> bool:
    """False where another instance was first."""
    text = to_json(model_json(model)).decode()
    return await tx.fetchval(SQL["add_model"], model.version, base, model.records, now, text) is not None


async def lock_comparison(tx: Transaction) -> tuple[int, UUID] | None:
    """The newest version and the party up to which all were compared with it; None where nothing is left to do."""
    row = await tx.fetchrow(SQL["lock_comparison"])
    return None if row is None else (row["version"], row["reached"])


async def save_comparison(tx: Transaction, version: int, reached: UUID, compared_at: datetime | None) -> None:
    await tx.execute(SQL["save_comparison"], version, reached, compared_at)


async def wait_for_pairs(tx: Transaction) -> None:
    """Nobody else writes pairs until the transaction ends; before it locks anything that they wait for."""
    await tx.execute(SQL["wait_for_pairs"])


async def lock_outdated(tx: Transaction, rules: int, limit: int) -> list[UUID]:
    """Parties that were read by former rules, nobody else's until the transaction ends."""
    return [row["party_id"] for row in await tx.fetch(SQL["lock_outdated"], rules, limit)]


async def lock_open(tx: Transaction, party_ids: Collection[UUID]) -> list[tuple[UUID, UUID]]:
    """The pairs of any of these that are asked about since they are alike, the lower id first."""
    return [(row["low_id"], row["high_id"]) for row in await tx.fetch(SQL["lock_open"], list(party_ids))]


async def save_ratings(tx: Transaction, rated: Mapping[tuple[UUID, UUID], Likeness | None]) -> None:
    """Of open pairs, the lower id first; None of one that cannot be rated."""
    rows = [
        (*pair, each.bits, "|".join(each.reasons), each.certain, each.model)
        if each
        else (*pair, None, None, False, None)
        for pair, each in sorted(rated.items(), key=lambda item: item[0])
    ]
    await tx.execute(SQL["save_ratings"], *columns(rows))


async def load_after(tx: Transaction, party_id: UUID, limit: int) -> dict[UUID, Traits]:
    """What is compared of the parties that follow, in order of their ids."""
    rows = await tx.fetch(SQL["load_after"], party_id, limit)
    return {row["party_id"]: _TRAITS.validate_json(row["traits"]) for row in rows}


async def list_models(tx: Transaction, limit: int) -> list[ModelView]:
    """The newest first."""
    return [
        view_of(_model(row["model"]), row["base"], row["learnt_at"], row["compared_at"])
        for row in await tx.fetch(SQL["list_models"], limit)
    ]


def view_of(model: Model, parties: int, learnt_at: datetime | None, compared_at: datetime | None) -> ModelView:
    weights = {field: dict(zip(LEVELS[field][1:], bits[1:], strict=True)) for field, bits in model.weights.items()}
    return ModelView(
        version=model.version,
        parties=parties,
        records=model.records,
        learnt_at=learnt_at,
        compared_at=compared_at,
        prior=model.prior,
        weights=weights,
    )


async def settle_duplicates(tx: Transaction, aliases: Mapping[UUID, UUID | None], now: datetime) -> None:
    """Pairs are answered where one goes on as the other, and open again where that was taken back."""
    if aliases:
        pairs = sorted(aliases.items(), key=lambda pair: pair[0])
        await tx.execute(SQL["settle_duplicates"], *columns(pairs), now)


async def take_certain(tx: Transaction) -> Taken | None:
    """Nobody else takes it until the transaction ends."""
    row = await tx.fetchrow(SQL["take_certain"])
    return None if row is None else Taken(row["id"], (row["low_id"], row["high_id"]), row["reasons"])


async def answer_by_merge(tx: Transaction, duplicate_id: UUID, merged_id: UUID, now: datetime) -> None:
    await tx.execute(SQL["answer_by_merge"], duplicate_id, merged_id, now)


async def leave_to_people(tx: Transaction, duplicate_id: UUID, because: str) -> None:
    await tx.execute(SQL["leave_to_people"], duplicate_id, because)


async def were_dismissed(tx: Transaction, pairs: Sequence[tuple[UUID, UUID]]) -> bool:
    """Pairs with the lower id first."""
    return bool(await tx.fetchval(SQL["were_dismissed"], *columns(pairs)))


async def load_merged(tx: Transaction, of: Collection[UUID], learnt: Collection[UUID]) -> list[tuple[UUID, UUID]]:
    """The pairs of any of these that are one, the lower id first; what people confirmed only of who is `learnt`."""
    rows = await tx.fetch(SQL["load_merged"], list(of), list(learnt))
    return [(row["low_id"], row["high_id"]) for row in rows]


async def save_doubts(tx: Transaction, alike: Mapping[tuple[UUID, UUID], Likeness | None], now: datetime) -> None:
    """Of pairs that are one, how they are alike by now; None of those against whose merge something speaks."""
    rows = [
        (*pair, each is None, each is not None and each.certain)
        for pair, each in sorted(alike.items(), key=lambda item: item[0])
    ]
    await tx.execute(SQL["save_doubts"], *columns(rows), now)


async def load_answered(tx: Transaction, merged_id: UUID) -> dict[tuple[UUID, UUID], bool]:
    """The pairs that became one as this party went on as another, certain ones first; whether people confirmed each."""
    rows = await tx.fetch(SQL["load_answered"], merged_id)
    return {(row["low_id"], row["high_id"]): row["confirmed"] for row in rows}


async def has_outdated(tx: Transaction, rules: int) -> bool:
    """Whether any party was read by former rules."""
    return bool(await tx.fetchval(SQL["has_outdated"], rules))


async def doubt_merge(
    tx: Transaction, pair: tuple[UUID, UUID], merged_id: UUID, at: tuple[datetime, datetime], because: str
) -> None:
    """The rules of by now would not merge the pair, the lower id first, that they merged at the first time; it is known
    since the second.
    """
    await tx.execute(SQL["doubt_merge"], *pair, merged_id, *at, because)


async def end_doubt(tx: Transaction, duplicate_id: UUID, because: str) -> DuplicateView | None:
    """None where no doubted pair has this id."""
    found = await tx.fetchval(SQL["end_doubt"], duplicate_id, because)
    return await load_duplicate(tx, found) if found else None


async def list_duplicates(
    tx: Transaction, state: State, after: tuple[float, UUID], limit: int, *, doubted: bool = False
) -> list[Listed]:
    """The likeliest first; with `doubted` only merged ones against which something speaks, none of another state."""
    rows = await tx.fetch(SQL["list_doubted" if doubted else "list_duplicates"], state, *after, limit)
    return [Listed(row["place"], _view(row)) for row in rows]


async def dismiss_duplicate(tx: Transaction, duplicate_id: UUID, now: datetime, because: str) -> DuplicateView | None:
    """None where no open pair has this id."""
    found = await tx.fetchval(SQL["decide_duplicate"], duplicate_id, now, because)
    return await load_duplicate(tx, found) if found else None


async def load_duplicate(tx: Transaction, duplicate_id: UUID) -> DuplicateView | None:
    row = await tx.fetchrow(SQL["load_duplicate"], duplicate_id)
    return None if row is None else _view(row)


def _view(row: Any) -> DuplicateView:
    bits = row["bits"]
    return DuplicateView(
        id=row["id"],
        party_ids=[row["low_id"], row["high_id"]],
        state=row["state"],
        reason=row["reason"],
        reasons=row["reasons"],
        score=None if bits is None else 1 / (1 + 2 ** -max(min(bits, 60), -60)),
        model=row["model"],
        suspected_at=row["suspected_at"],
        decided_at=row["decided_at"],
        decided_because=row["decided_because"],
        left_because=row["left_because"],
        doubted_at=row["doubted_at"],
        doubted_because=row["doubted_because"],
    )
