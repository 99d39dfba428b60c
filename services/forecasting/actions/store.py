"""Suggestions and their answers, and what products are sold for. A typed function per statement."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from services.forecasting.actions.domain import Action
from services.forecasting.actions.schemas import ActionView
from services.forecasting.evidence import shown_evidence, write_evidence
from shared.engine.transaction import Transaction
from shared.events.money import Money
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))


async def replace_prices(tx: Transaction, begin: date, cut: date) -> None:
    await tx.execute(SQL["replace_prices"], begin, cut)
    await tx.execute(SQL["forget_prices"], cut)


async def find_currency(tx: Transaction, party_ids: Sequence[UUID]) -> str | None:
    currency: str | None = await tx.fetchval(SQL["find_currency"], party_ids)
    return currency


async def load_prices(tx: Transaction, currency: str, products: Sequence[str]) -> dict[str, int]:
    """In minor units, by product."""
    return {row["sku"]: row["price"] for row in await tx.fetch(SQL["load_prices"], currency, products)}


async def count_answers(tx: Transaction, since: datetime) -> dict[str, tuple[int, int]]:
    rows = await tx.fetch(SQL["count_answers"], since)
    return {row["kind"]: (row["accepted"], row["answered"]) for row in rows}


async def load_answered(tx: Transaction, party_ids: Sequence[UUID], since: datetime) -> set[tuple[str, str]]:
    return {(row["kind"], row["sku"]) for row in await tx.fetch(SQL["load_answered"], party_ids, since)}


async def load_standing(tx: Transaction, party_ids: Sequence[UUID], now: datetime) -> dict[tuple[str, str], ActionView]:
    """By kind and product."""
    found = [_view(row) for row in await tx.fetch(SQL["load_standing"], party_ids, now)]
    return {(one.kind, one.sku): one for one in found}


async def add_actions(tx: Transaction, actions: Sequence[Action]) -> set[UUID]:
    """The ids of those that are new."""
    rows = [
        (
            one.action_id,
            one.party_id,
            one.kind,
            one.sku,
            one.because_of,
            one.expected,
            one.value.minor,
            one.value.currency,
            write_evidence(one.reasons),
            one.suggested_at,
            one.expires_at,
        )
        for one in sorted(actions, key=lambda each: each.action_id)
    ]
    found = await tx.fetch(SQL["add_actions"], *columns(rows)) if rows else []
    return {row["action_id"] for row in found}


async def list_actions(tx: Transaction, party_ids: Sequence[UUID] | None, after: UUID, limit: int) -> list[ActionView]:
    """Of a party, or of all, the newest week first, after the position."""
    if party_ids is None:
        rows = await tx.fetch(SQL["list_actions"], after, limit)
    else:
        rows = await tx.fetch(SQL["list_actions_of_party"], after, limit, party_ids)
    return [_view(row) for row in rows]


async def lock_action(tx: Transaction, action_id: UUID) -> ActionView | None:
    row = await tx.fetchrow(SQL["lock_action"], action_id)
    return _view(row) if row else None


async def answer_action(tx: Transaction, action_id: UUID, state: str, agent: str, now: datetime) -> None:
    """Nothing where it was answered before."""
    await tx.execute(SQL["answer_action"], action_id, state, agent, now)


def _view(row: Mapping[str, Any]) -> ActionView:
    value = Money(minor=row["value"], currency=row["currency"])
    return ActionView.model_validate({**row, "value": value, "reasons": shown_evidence(row["reasons"])})
