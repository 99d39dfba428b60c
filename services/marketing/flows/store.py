"""Flows and tags, a typed function per statement."""

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from services.marketing.flows.domain.machine import Flow
from services.marketing.flows.domain.request import Request
from services.marketing.flows.schemas import Standing
from shared.engine.transaction import Transaction
from shared.sql import columns, load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))


async def lock_flows(tx: Transaction, parties: Collection[UUID]) -> list[Flow]:
    """What these parties run."""
    return [_flow(row) for row in await tx.fetch(SQL["lock_flows"], sorted(parties))]


async def lock_due_flows(tx: Transaction, ids: Collection[UUID]) -> list[Flow]:
    """Those of them that have not ended."""
    return [_flow(row) for row in await tx.fetch(SQL["lock_due_flows"], sorted(ids))]


async def find_flow(tx: Transaction, id_: UUID) -> Flow | None:
    row = await tx.fetchrow(SQL["find_flow"], id_)
    return None if row is None else _flow(row)


def _flow(row: Mapping[str, Any]) -> Flow:
    trigger = {path: tuple(values) for path, values in json.loads(row["trigger"]).items()}
    return Flow(**{**row, "trigger": trigger})


async def load_latest_entries(
    tx: Transaction, parties: Collection[UUID], campaigns: Collection[str]
) -> dict[tuple[UUID, str, str], datetime]:
    """When these parties were last enrolled, by campaign and key."""
    rows = await tx.fetch(SQL["load_latest_entries"], sorted(parties), sorted(campaigns))
    return {(row["party_id"], row["campaign"], row["key"]): row["triggered_at"] for row in rows}


async def save_flows(tx: Transaction, flows: Iterable[Flow]) -> None:
    rows = [
        (
            f.id,
            f.trigger_event_id,
            f.campaign,
            f.version,
            f.party_id,
            f.partition,
            f.key,
            json.dumps({path: list(values) for path, values in f.trigger.items()}, default=str),
            f.triggered_at,
            f.correlation_id,
            f.traceparent,
            f.step,
            f.visits,
            f.since,
            f.wakes_at,
            f.ended_at,
            f.reason,
            f.ended_by,
            f.dated_at,
        )
        for f in flows
    ]
    if rows:
        await tx.execute(SQL["save_flows"], *columns(rows))


async def count_flows(tx: Transaction, campaign: str, version: int) -> list[Standing]:
    return [Standing(**row) for row in await tx.fetch(SQL["count_flows"], campaign, version)]


async def add_requests(tx: Transaction, requests: Iterable[Request]) -> set[UUID]:
    """Those of them that were not known, by their events."""
    rows = [(r.event_id, r.campaign, r.party_id, r.partition, r.requested_at) for r in requests]
    return {row["event_id"] for row in await tx.fetch(SQL["add_requests"], *columns(rows))} if rows else set()


async def take_requests(tx: Transaction, ids: Collection[UUID], now: datetime) -> list[Request]:
    """Those of them that campaigns have not heard yet."""
    return [Request(**row) for row in await tx.fetch(SQL["take_requests"], sorted(ids), now)]


async def find_waiting(tx: Transaction, parties: Collection[UUID], campaign: str) -> dict[UUID, UUID]:
    """By party the event of a request that this campaign has yet to hear of; nobody else asks until the commit."""
    await tx.execute(SQL["lock_requests"], campaign)
    return {row["party_id"]: row["event_id"] for row in await tx.fetch(SQL["find_waiting"], sorted(parties), campaign)}


async def find_running(tx: Transaction, parties: Collection[UUID], campaign: str) -> dict[UUID, UUID]:
    """By party the enrolment of this campaign that goes on."""
    rows = await tx.fetch(SQL["find_running"], sorted(parties), campaign)
    return {row["party_id"]: row["id"] for row in rows}
