"""The tables of triage, a typed function per statement."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from pydantic_core import from_json, to_json

from services.support.quoting import words_of
from services.support.reasons import texts_of
from services.support.triage.domain.triage import Triage
from services.support.triage.schemas import ModelView, TriageView
from shared.engine.transaction import Transaction
from shared.events.tickets import TicketTriaged
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))
_NO_CEILING = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Asked:
    """What is known of a ticket that is to be triaged; without a text nobody said anything."""

    ticket_id: UUID
    party_id: UUID
    request_event_id: str | None
    text: str
    band: str | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Learnt:
    """A ticket whose category is known, with the vector that was made before of what is read of it."""

    ticket_id: UUID
    category: str
    subject: str | None
    body: str | None
    vector: bytes | None

    def read(self) -> str:
        """The text that answers would read. It takes a moment: of many, not on the loop."""
        return text_of(self.subject, self.body)


@dataclass(frozen=True, slots=True)
class Version:
    """A model as workers see it, without what it said. Of examples it knew those up to the number `learned`."""

    version: int
    state: str
    seeds: str
    examples: int
    learned: int
    trained_at: datetime
    features: str


@dataclass(frozen=True, slots=True)
class Judged:
    """Of `cases` tickets, those on which each of two models was right."""

    cases: int
    live: int
    shadow: int


def text_of(subject: str | None, body: str | None) -> str:
    """What triage reads of a request, to answer and to learn: the subject, and what the body says anew."""
    return "\n".join(text for text in (subject, words_of(body or "")) if text)


async def load_texts(tx: Transaction, tickets: Collection[UUID]) -> list[Asked]:
    rows = await tx.fetch(SQL["load_texts"], list(tickets))
    return [
        Asked(
            row["id"],
            row["party_id"],
            row["request_event_id"],
            text_of(row["subject"], row["body"]),
            row["band"],
            row["recorded_at"],
        )
        for row in rows
    ]


async def add_triages(tx: Transaction, decided: Sequence[tuple[UUID, Triage]], model: int, now: datetime) -> set[UUID]:
    """Store them and return the tickets that had none."""
    rows = [
        (
            ticket_id,
            each.category,
            each.confidence,
            each.in_scope,
            each.urgency,
            each.sentiment,
            each.language,
            each.priority,
            to_json(each.skills).decode(),
            to_json(texts_of(each.reasons)).decode(),
            model,
            now,
            to_json(each.reasons).decode(),
        )
        for ticket_id, each in decided
    ]
    return {row["ticket_id"] for row in await tx.fetch(SQL["add_triages"], *columns(rows))}


async def add_guesses(tx: Transaction, guesses: Sequence[tuple[UUID, int, str | None]]) -> None:
    if guesses:
        await tx.execute(SQL["add_guesses"], *columns(guesses))


async def find_triage(tx: Transaction, ticket_id: UUID) -> TriageView | None:
    row = await tx.fetchrow(SQL["find_triage"], ticket_id)
    return None if row is None else TriageView.model_validate({**row, "because": from_json(row["because"])})


async def save_correction(tx: Transaction, ticket_id: UUID, triage: Triage, agent: str, now: datetime) -> None:
    await tx.execute(
        SQL["save_correction"],
        ticket_id,
        triage.category,
        triage.urgency,
        triage.priority,
        list(triage.skills),
        texts_of(triage.reasons),
        agent,
        now,
        to_json(triage.reasons).decode(),
    )


async def take_back_triage(tx: Transaction, told: TicketTriaged) -> None:
    await tx.execute(
        SQL["take_back_triage"],
        told.ticket_id,
        told.category,
        told.confidence,
        told.urgency,
        told.sentiment,
        told.language,
        told.priority,
        list(told.skills),
        told.model_version,
        told.agent,
        told.recorded_at,
    )


async def forget_reasons(tx: Transaction, party_id: UUID) -> int:
    """Returns how many triages had reasons."""
    return len(await tx.fetch(SQL["forget_reasons"], party_id))


async def add_resolved_examples(tx: Transaction, tickets: Sequence[UUID], now: datetime) -> None:
    await tx.execute(SQL["add_resolved_examples"], tickets, now)


async def save_corrected_example(tx: Transaction, ticket_id: UUID, category: str, now: datetime) -> None:
    await tx.execute(SQL["save_corrected_example"], ticket_id, category, now)


async def drop_example(tx: Transaction, ticket_id: UUID) -> None:
    await tx.execute(SQL["drop_example"], ticket_id)


async def load_examples(tx: Transaction, categories: Collection[str], limit: int, made_by: str) -> list[Learnt]:
    rows = await tx.fetch(SQL["load_examples"], list(categories), limit, made_by)
    return [Learnt(**row) for row in rows]


async def save_vectors(tx: Transaction, vectors: Sequence[tuple[UUID, bytes]], made_by: str) -> None:
    """Keep the vectors of tickets that still have a text; those of others are dropped."""
    if vectors:
        await tx.execute(SQL["save_vectors"], *columns(vectors), made_by)


async def forget_vectors(tx: Transaction, parties: Sequence[UUID]) -> None:
    if parties:
        await tx.execute(SQL["forget_vectors"], list(parties))


async def count_examples(tx: Transaction) -> tuple[int, int]:
    """How many are known, and the number of the newest."""
    row = await tx.fetchrow(SQL["count_examples"])
    return row["examples"], row["learned"]


async def count_new_examples(tx: Transaction, learned: int, limit: int) -> int:
    """How many are known since the number `learned`; no more than `limit` are counted."""
    found: int = await tx.fetchval(SQL["count_new_examples"], learned, limit)
    return found


async def lock_models(tx: Transaction) -> None:
    await tx.execute(SQL["lock_models"])


async def find_versions(tx: Transaction) -> list[Version]:
    """Those in force and the newest, which is the first."""
    return [Version(**row) for row in await tx.fetch(SQL["find_versions"])]


async def list_models(tx: Transaction, below: int | None, limit: int) -> list[ModelView]:
    """Versions below `below`, newest first."""
    rows = await tx.fetch(SQL["list_models"], _NO_CEILING if below is None else below, limit)
    return [ModelView.model_validate(dict(row)) for row in rows]


async def judge_shadow(tx: Transaction, live: Version, shadow: Version) -> Judged:
    return Judged(**await tx.fetchrow(SQL["judge_shadow"], live.version, shadow.version, shadow.learned))


async def load_model(tx: Transaction, version: int) -> bytes:
    content: bytes = await tx.fetchval(SQL["load_model"], version)
    return content


async def add_model(tx: Transaction, model: Version, content: bytes) -> None:
    await tx.execute(
        SQL["add_model"],
        model.version,
        model.state,
        model.seeds,
        model.examples,
        model.learned,
        model.trained_at,
        content,
        model.features,
    )


async def retire_models(tx: Transaction, states: Sequence[str]) -> None:
    await tx.execute(SQL["retire_models"], states)


async def put_in_force(tx: Transaction, version: int) -> None:
    await tx.execute(SQL["put_in_force"], version)


async def save_values(tx: Transaction, values: Sequence[tuple[UUID, str, datetime]]) -> None:
    if values:
        await tx.execute(SQL["save_values"], *columns(values))
