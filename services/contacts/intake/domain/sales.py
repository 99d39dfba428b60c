"""Sales and their revisions: what two copies have in common, which revision holds, and what is published of it."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any, Literal, NamedTuple
from uuid import UUID

from pydantic_core import to_json

from shared.errors import BadRecord, Conflict
from shared.events.ingest import ReportedAmendment, ReportedCancellation, ReportedSale
from shared.events.money import MOST_MINOR, Money
from shared.events.sales import REASON_WORD, SaleAmended, SaleCancelled, SaleCompleted, SaleState
from shared.events.values import IdentityUsed, Line

Revised = ReportedAmendment | ReportedCancellation
Told = ReportedSale | ReportedAmendment | SaleCompleted | SaleAmended
SaleName = tuple[str, str]
"""`(origin, sale_id)`."""

_encode = json.JSONEncoder(separators=(",", ":")).encode
_PARTS = ("subtotal", "tax", "shipping", "discounts")


@dataclass(slots=True)
class Stamp:
    """What contacts adds to every fact that it accepts. Treat it as frozen; one is made for each."""

    party_id: UUID
    party_version: int
    recorded_at: datetime
    origin: str
    identity_used: IdentityUsed


class Standing(NamedTuple):
    """A sale as it stands: `content` is a hash of the revision that holds, `state` None where it was cancelled."""

    party_id: UUID
    event_id: UUID
    sold_at: datetime
    revision: int
    content: bytes
    state: SaleState | None


def check_sale(sale: ReportedSale | ReportedAmendment) -> None:
    """Raises BadRecord for amounts that are not of one currency, below zero or beyond all sums."""
    check_amount(sale.total)
    currency = sale.total.currency
    for name in _PARTS:
        part: Money | None = getattr(sale, name)
        if part is not None and part.currency != currency:
            raise BadRecord("mixed_currencies", "every amount of a sale has the currency of its total", field=name)
    for place, line in enumerate(sale.lines):
        for money in (line.unit_price, line.discount):
            if money is not None and money.currency != currency:
                detail = "every line of a sale has the currency of its total"
                raise BadRecord("mixed_currencies", detail, field=f"lines.{place}")
        if abs(line.unit_price.minor) * line.quantity > MOST_MINOR:
            detail = f"lines.{place}: quantity times unit_price is beyond {MOST_MINOR}"
            raise BadRecord("amount", detail, field=f"lines.{place}")


def check_amount(total: Money) -> None:
    if total.minor < 0:
        raise BadRecord("negative_amount", "a sale and a refund have totals of zero or more", field="total")


def is_text(reason: str | None) -> bool:
    """Whether a reason is more than a word, and may be personal."""
    return reason is not None and re.match(REASON_WORD, reason) is None


def sale_hash(sale: Told) -> bytes:
    """16 bytes that are equal for sales that mean the same: the order of lines and an amount of 0 mean nothing.

    Whom it was sold to is compared by party, not here.
    """
    lines = sorted((line.sku, line.quantity, _plain(line.unit_price), _discount(line)) for line in sale.lines)
    content: tuple[object, ...] = (sale.channel, _plain(sale.total), sale.store, lines)
    parts = [part.minor if (part := getattr(sale, name)) is not None else 0 for name in _PARTS]
    if sale.coupon is not None or any(parts):
        content = (*content, parts, sale.coupon)
    return blake2b(canonical(content), digest_size=16).digest()


def canonical(content: object) -> bytes:
    """As the standard library writes it, by a faster one where both write the same: stored hashes are made of it."""
    written = to_json(content)
    return written if written.isascii() and b"\x7f" not in written else _encode(content).encode()


def _plain(money: Money) -> tuple[int, str]:
    return money.minor, money.currency


def _discount(line: Line) -> int:
    # Its currency is that of the sale, as `check_sale` saw to it.
    return 0 if line.discount is None else line.discount.minor


def hash_of(data: Revised) -> bytes:
    """What a revision means; why a sale was cancelled means nothing."""
    return b"cancelled" if isinstance(data, ReportedCancellation) else sale_hash(data)


def state_of(sale: Told, revision: int = 1) -> SaleState:
    return SaleState(revision=revision, channel=sale.channel, total=sale.total, lines=sale.lines, store=sale.store)


def said_of(sale: ReportedSale | ReportedAmendment) -> dict[str, Any]:
    """What a sale may say besides, as it is published."""
    return {name: getattr(sale, name) for name in ("store", *_PARTS, "coupon")}


def judge(standing: Standing, party_id: UUID, data: Revised) -> Literal["holds", "known"]:
    """Whether a revision holds from now on, or is an older or repeated one.

    Raises Conflict where it is another party's, or the revision that holds with other content.
    """
    if party_id != standing.party_id:
        raise Conflict(f"event {standing.event_id} sold this to another party")
    if data.revision == standing.revision and hash_of(data) != standing.content:
        raise Conflict(f"the sale of event {standing.event_id} has this revision with other content")
    return "holds" if data.revision > standing.revision else "known"


def revise(standing: Standing, data: Revised) -> Standing:
    """The sale as it stands once the revision holds."""
    state = None if isinstance(data, ReportedCancellation) else state_of(data, data.revision)
    return standing._replace(revision=data.revision, content=hash_of(data), state=state)


def announce_revision(data: Revised, stamp: Stamp, before: Standing) -> SaleAmended | SaleCancelled:
    """What is published of a revision that holds from now on."""
    common: dict[str, Any] = {
        "party_id": stamp.party_id,
        "party_version": stamp.party_version,
        "sale_id": data.sale_id,
        "revision": data.revision,
        "sold_at": before.sold_at,
        "sale_event_id": before.event_id,
        "replaces": before.state,
        "recorded_at": stamp.recorded_at,
        "origin": stamp.origin,
        "identity_used": stamp.identity_used,
    }
    if isinstance(data, ReportedCancellation):
        said_more = is_text(data.reason)
        return SaleCancelled(**common, reason=None if said_more else data.reason, has_text=said_more)
    return SaleAmended(**common, channel=data.channel, total=data.total, lines=data.lines, **said_of(data))


def taken_back(sale: SaleCompleted | SaleAmended | SaleCancelled, event_id: UUID, at: datetime) -> Standing:
    """The sale as one of our own events told it."""
    if isinstance(sale, SaleCompleted):
        return Standing(sale.party_id, event_id, at, 1, sale_hash(sale), state_of(sale))
    if isinstance(sale, SaleCancelled):
        return Standing(sale.party_id, sale.sale_event_id, sale.sold_at, sale.revision, b"cancelled", None)
    state = state_of(sale, sale.revision)
    return Standing(sale.party_id, sale.sale_event_id, sale.sold_at, sale.revision, sale_hash(sale), state)
