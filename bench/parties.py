"""Parties as a year of facts would have left them in contacts' tables, written by COPY."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from bench.sales import party
from services.contacts.custom import read_custom_fields
from services.contacts.spans import read_lifecycle
from services.contacts.weights import read_completeness
from shared.engine.partitions import partition_of
from shared.events.contract import contract_of
from shared.events.parties import PartyDescribed
from shared.ids import RAPPORT, derived_id

LINES = 5
_NOW = datetime.now(UTC)
_CHUNK = 20_000
_LOOKED_AT = "insert into party_round (work, policy, finished_at) values ($1, $2, now()) on conflict do nothing"
_PARTY = (
    "id",
    "partition",
    "version",
    "kind",
    "name",
    "roles",
    "locale",
    "purchase_at",
    "registered_at",
)
_IDENTITY = ("id", "type", "system", "value", "party_id")
_LINE = ("party_id", "occurred_at", "recorded_at", "event_id", "type", "source", "summary")
_TOTAL = ("party_id", "currency", "sales", "paid", "refunds", "refunded", "first_sale_at", "last_sale_at")
_CONSENT = ("party_id", "purpose", "topic", "channel", "given", "occurred_at", "recorded_at", "event_id", "basis")
_MESSAGE = (
    *("party_id", "message_id", "campaign", "step", "channel", "state", "due_at", "changed_at", "trigger_event_id"),
)
_SUMMARY = (
    '{"sale_id": "shop-1", "channel": "web", "total": {"minor": 12995, "currency": "DKK"}, "store": "cph-1", '
    '"lines": [{"sku": "A-17", "quantity": 1}], "origin": "/shop"}'
)


async def add_parties(connection: asyncpg.Connection, begin: int, end: int, *, history: bool) -> None:
    """Parties of these numbers with an e-mail address and an outside id; with `history` sales and letters too."""
    for start in range(begin, end, _CHUNK):
        ids = {number: party(number) for number in range(start, min(start + _CHUNK, end))}
        await _copy(connection, "party", _PARTY, (_party_row(n, id_) for n, id_ in ids.items()))
        await _copy(
            connection, "identity", _IDENTITY, (row for n, id_ in ids.items() for row in _identity_rows(n, id_))
        )
        if history:
            await _add_history(connection, list(ids.values()))
    # Else they would be looked at while they are asked for.
    await connection.execute(_LOOKED_AT, "completeness", read_completeness().digest)
    await connection.execute(_LOOKED_AT, "lifecycle", read_lifecycle().digest)
    await connection.execute(_LOOKED_AT, "search", read_custom_fields().digest)
    await connection.execute("vacuum analyze")
    await connection.execute("checkpoint")


async def add_pasts(connection: asyncpg.Connection, begin: int, end: int) -> None:
    """What parties of these numbers were described as, twice: since long ago, and lately."""
    rows = (row for number in range(begin, end) for row in _revision_rows(number))
    await _copy(connection, "party_revision", ("party_id", "version", "recorded_at", "body"), rows)


def _revision_rows(number: int) -> Iterable[tuple[object, ...]]:
    long_ago = _NOW - timedelta(days=LINES * 20)
    for version, at in ((1, long_ago), (2, _NOW)):
        described = PartyDescribed(
            party_id=party(number), version=version, kind="person", recorded_at=at, name=f"Customer {number}"
        )
        yield party(number), version, at, contract_of(PartyDescribed).write(described).decode()


async def _add_history(connection: asyncpg.Connection, ids: Sequence[UUID]) -> None:
    await _copy(connection, "timeline_v1.line", _LINE, (row for id_ in ids for row in _lines(id_)))
    first, last = _NOW - timedelta(days=LINES * 20), _NOW
    await _copy(
        connection, "timeline_v1.total", _TOTAL, ((id_, "DKK", LINES, LINES * 12995, 0, 0, first, last) for id_ in ids)
    )
    await _copy(
        connection,
        "timeline_v1.consent",
        _CONSENT,
        ((id_, "marketing", "", "email", True, first, first, f"consent-{id_}", "opt_in") for id_ in ids),
    )
    await _copy(
        connection,
        "timeline_v1.message",
        _MESSAGE,
        ((id_, derived_id(id_, n), "thanks", 1, "email", "sent", last, last, str(id_)) for id_ in ids for n in (1, 2)),
    )


def _party_row(number: int, id_: UUID) -> tuple[object, ...]:
    sold, roles = _NOW - timedelta(days=LINES * 20), ["customer"]
    return id_, partition_of(str(id_)), 1, "person", f"Customer {number}", roles, "en", sold, sold


def _identity_rows(number: int, id_: UUID) -> Iterable[tuple[object, ...]]:
    yield derived_id("email", number), "email", "", f"customer-{number}@example.com", id_
    yield derived_id("external", number), "external", "shop", f"c-{number}", id_


def _lines(id_: UUID) -> Iterable[tuple[object, ...]]:
    for place in range(LINES):
        at = _NOW - timedelta(days=place * 20)
        yield id_, at, at, f"{RAPPORT}-{place}", "crm.sale.completed.v1", "/contacts", _SUMMARY


async def _copy(connection: asyncpg.Connection, table: str, columns: Sequence[str], rows: Any) -> None:
    schema, _, name = table.rpartition(".")
    await connection.copy_records_to_table(name, columns=columns, records=rows, schema_name=schema or None)
