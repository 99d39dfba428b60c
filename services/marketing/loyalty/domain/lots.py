"""Points as lots: one a sale, spent first in first out."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.marketing.loyalty.domain.rating import PaidBack, Sold
from shared.ids import derived_id

Key = tuple[str, str]
"""(`origin`, `sale_id`), which names a sale."""
Position = tuple[datetime, str, str]
"""The place of a sale among those of its party."""
Kind = Literal["earned", "reversed", "expired", "redeemed"]


@dataclass(slots=True)
class Lot:
    """The points of a sale, and what is known of the sale; a refund or a cancellation may be known before it.

    `granted` are those that it earned, of which `spent` are; the others are left until the lot has expired. `base` are
    those that count for tiers, `before` those of the party's earlier sales; `counts` says whether anything stays paid,
    and `bought_before` whether an earlier sale counted.
    """

    id: UUID
    party_id: UUID
    partition: int
    origin: str
    sale_id: str
    sold_at: datetime | None = None
    revision: int = 0
    sold: Sold | None = None
    paid_back: tuple[PaidBack, ...] = ()
    programme_hash: str | None = None
    expires_at: datetime | None = None
    expired: bool = False
    base: int = 0
    counts: bool = False
    before: int = 0
    bought_before: bool = False
    granted: int = 0
    spent: int = 0

    @property
    def key(self) -> Key:
        return self.origin, self.sale_id

    @property
    def position(self) -> Position:
        assert self.sold_at is not None
        return self.sold_at, self.origin, self.sale_id

    @property
    def left(self) -> int:
        return 0 if self.expired else self.granted - self.spent


@dataclass(slots=True)
class Account:
    """A party's points. `balance` is what is left of its lots less `debt`: points that were spent and are of no lot,
    since a sale was taken back after its points were spent. Points that are earned pay the debt first.
    """

    party_id: UUID
    balance: int = 0
    debt: int = 0
    qualifying: int = 0
    tier: str | None = None
    bought: bool = False
    last: Position | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the ledger: what an event did to a balance. Its id is that of the event which told of it."""

    id: UUID
    party_id: UUID
    kind: Kind
    points: int
    recorded_at: datetime
    lot_id: UUID | None = None
    redemption_id: UUID | None = None
    cause: str | None = None


@dataclass(slots=True)
class Book:
    """The account of a party, with those of its lots that an act may touch, and what the act writes."""

    account: Account
    lots: dict[Key, Lot] = field(default_factory=dict)
    changed: set[Key] = field(default_factory=set)
    entries: list[Entry] = field(default_factory=list)

    def open_lots(self) -> list[Lot]:
        """Those of which something is left, the first in first."""
        return sorted((lot for lot in self.lots.values() if lot.left > 0), key=lambda lot: lot.position)

    def write(self, entry: Entry) -> None:
        self.account.balance += entry.points
        self.entries.append(entry)


def lot_id_of(origin: str, sale_id: str) -> UUID:
    return derived_id("lot", origin, sale_id)


def spend(book: Book, lot: Lot, points: int) -> None:
    lot.spent += points
    book.changed.add(lot.key)


def settle(book: Book) -> None:
    """Pays the debt by what is left, first in first out; the balance stays the same."""
    for lot in book.open_lots() if book.account.debt else ():
        paid = min(book.account.debt, lot.left)
        spend(book, lot, paid)
        book.account.debt -= paid


def owe(book: Book, points: int) -> None:
    """Points that were spent, and of which it is not known from which lot."""
    book.account.debt += points
    settle(book)
