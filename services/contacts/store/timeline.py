"""The tables of the projection `contacts.timeline`; the connection's search path says which version of them."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from services.contacts.domain.timeline import Consent, ConsentKey, Line, Message, Ticket, Total
from services.contacts.store import SQL
from shared.engine.transaction import Transaction


async def add_lines(tx: Transaction, lines: Iterable[Line]) -> None:
    """Append; the engine hands over every event once."""
    await tx.copy("line", Line._fields, lines)


async def add_totals(tx: Transaction, totals: Mapping[tuple[UUID, str], Total]) -> None:
    rows = sorted(
        (*key, t.sales, t.paid, t.refunds, t.refunded, t.first_sale_at, t.last_sale_at) for key, t in totals.items()
    )
    await _save(tx, "add_totals", rows)


async def save_consents(tx: Transaction, consents: Mapping[ConsentKey, Consent]) -> None:
    await _save(tx, "save_consents", [(*key, *consents[key]) for key in sorted(consents)])


async def save_messages(tx: Transaction, messages: Mapping[UUID, Message]) -> None:
    await _save(tx, "save_messages", sorted(messages.values(), key=lambda message: message[:2]))


async def save_tickets(tx: Transaction, tickets: Mapping[UUID, Ticket]) -> None:
    await _save(tx, "save_tickets", sorted(tickets.values(), key=lambda ticket: ticket[:2]))


async def _save(tx: Transaction, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
    columns = [list(column) for column in zip(*rows, strict=True)]
    if columns:
        await tx.execute(SQL[statement], *columns)
