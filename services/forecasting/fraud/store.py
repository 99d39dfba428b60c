"""The tables of frauds, a typed function per statement."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from pydantic_core import from_json, to_json

from services.forecasting.fraud.domain.assessment import Assessment, Fact, Judged, Points, Signals
from services.forecasting.fraud.schemas import AssessmentView
from services.forecasting.fraud_forest import Forest
from shared.engine.transaction import Transaction
from shared.events.sales import SaleCompleted
from shared.sql import columns, load_queries, storable

SQL = load_queries(Path(__file__).with_name("queries.sql"))
_POINTS = TypeAdapter(Points)
_FOREST = TypeAdapter(Forest)


async def add_facts(tx: Transaction, events: Sequence[Fact]) -> None:
    if events:
        await tx.execute(SQL["add_facts"], *columns(_fact(event) for event in sorted(events, key=lambda one: one.id)))


async def load_signals(tx: Transaction, facts: Sequence[UUID]) -> dict[UUID, Signals]:
    """By event, what its party, device, card and address are known for, up to its own time."""
    return {row["event_id"]: _signals(row) for row in await tx.fetch(SQL["load_signals"], facts)}


async def sample_facts(tx: Transaction, cut: date, begin: date, most: int) -> tuple[list[UUID], list[UUID]]:
    """What nobody called fraud, and what somebody did."""
    rows = await tx.fetch(SQL["sample_facts"], begin, cut, most)
    frauds = [row["event_id"] for row in rows if row["fraud"]]
    return [row["event_id"] for row in rows if not row["fraud"]], frauds


async def find_forest_cut(tx: Transaction) -> date | None:
    cut: date | None = await tx.fetchval(SQL["find_forest_cut"])
    return cut


async def load_forest(tx: Transaction, cut: date) -> Forest:
    return _FOREST.validate_json(await tx.fetchval(SQL["load_forest"], cut))


async def add_forest(tx: Transaction, forest: Forest, now: datetime) -> None:
    """Nothing where the cut has one."""
    await tx.execute(SQL["add_forest"], forest.cut, _FOREST.dump_json(forest).decode(), now)


async def add_assessments(tx: Transaction, told: Sequence[Assessment]) -> None:
    rows = [
        (
            one.assessment_id,
            UUID(one.event.id),
            one.kind,
            one.event.data.party_id,
            one.event.data.origin,
            storable(one.event.data.sale_id),
            one.told.points,
            one.told.band,
            to_json(one.told.reasons).decode(),
            one.told.rules,
            one.told.forest,
            _POINTS.dump_json(one.shadow).decode() if one.shadow else None,
            one.event.time,
            one.event.now,
        )
        for one in told
    ]
    if rows:
        await tx.execute(SQL["add_assessments"], *columns(rows))


async def save_changes(tx: Transaction, changes: Mapping[UUID, datetime]) -> None:
    """When details of parties changed last."""
    if changes:
        await tx.execute(SQL["save_changes"], *columns(sorted(changes.items())))


async def forget_links(tx: Transaction, parties: Collection[UUID]) -> list[UUID]:
    """The party of each fact that was emptied."""
    await tx.execute(SQL["mark_erased"], sorted(parties))
    return [row["party_id"] for row in await tx.fetch(SQL["forget_links"], sorted(parties))]


async def list_frauds(
    tx: Transaction, *, judged: bool, band: str | None, party_id: UUID | None, after: tuple[int, UUID], limit: int
) -> list[AssessmentView]:
    """Those of most points first, after the position (points, id)."""
    rows = await tx.fetch(SQL["list_judged" if judged else "list_open"], band, party_id, *after, limit)
    return [_view(row) for row in rows]


async def lock_assessment(tx: Transaction, assessment_id: UUID) -> AssessmentView | None:
    row = await tx.fetchrow(SQL["lock_assessment"], assessment_id)
    return _view(row) if row else None


async def save_verdict(tx: Transaction, judged: Judged) -> None:
    """Nothing where a newer one stands. What it is about may come later."""
    said = (judged.verdict, judged.judged_by, judged.judged_at, judged.version)
    if await tx.fetchval(SQL["save_verdict"], judged.assessment_id, judged.event_id, *said) is not None:
        await tx.execute(SQL["judge_assessment"], judged.assessment_id, *said)
        await tx.execute(SQL["judge_fact"], judged.event_id, judged.verdict)


def _fact(event: Fact) -> tuple[object, ...]:
    data = event.data
    known = (data.device, data.card_hash, data.ship_to, data.coupon) if isinstance(data, SaleCompleted) else (None,) * 4
    return (
        UUID(event.id),
        "sale" if isinstance(data, SaleCompleted) else "refund",
        data.party_id,
        event.time,
        data.origin,
        storable(data.sale_id),
        data.total.currency,
        data.total.minor,
        *known,
    )


def _signals(row: Mapping[str, Any]) -> Signals:
    usual = row["usual"]
    return {
        "party_sales_1h": row["sales_1h"],
        "party_sales_24h": row["sales_24h"],
        "device_sales_1h": row["device_1h"],
        "device_sales_24h": row["device_24h"],
        "card_sales_1h": row["card_1h"],
        "card_sales_24h": row["card_24h"],
        "address_sales_24h": row["address_24h"],
        "device_parties_30d": row["device_parties"],
        "card_parties_30d": row["card_parties"],
        "address_parties_30d": row["address_parties"],
        "device_cards_24h": row["device_cards_24h"],
        "device_cards_30d": row["device_cards"],
        "coupon_parties_30d": row["coupons"],
        "party_refunds_90d": row["refunds_90d"],
        "refunded_share_90d": row["refunds_90d"] / max(row["sales_90d"], row["refunds_90d"], 1),
        "linked_refunds_90d": row["refunds"],
        "known_sales": row["sales"],
        "new_party": float(row["new_party"]),
        "new_device": float(row["new_device"]),
        "new_card": float(row["new_card"]),
        "new_address": float(row["new_address"]),
        "times_usual": row["amount"] / usual if usual else 0.0,
        "details_changed_7d": float(row["changed"]),
        "linked_frauds": max(row["linked_frauds"], row["frauds"]),
        "linked_genuine": row["genuine"],
    }


def _view(row: Mapping[str, Any]) -> AssessmentView:
    shadow = row["shadow"]
    return AssessmentView.model_validate(
        {**row, "reasons": from_json(row["reasons"]), "shadow": from_json(shadow) if shadow else None}
    )
