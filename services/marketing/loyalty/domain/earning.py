"""What sales, amendments, cancellations and refunds do to a party's points.

Whatever the order in which they are told, the same facts grant the same points: a sale that is told late moves those
after it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, TypedDict
from uuid import UUID

from services.marketing.catalogue.domain.campaign import Category
from services.marketing.loyalty.domain.lots import Book, Entry, Kind, Lot, lot_id_of, settle
from services.marketing.loyalty.domain.programme import Programme
from services.marketing.loyalty.domain.rating import multiplied, net_of, paid_back_of, rate, sold_of
from shared.engine.event import Emission, Event
from shared.events.campaigns import PointsEarned, PointsExpired, PointsReversed, TierChanged
from shared.events.sales import OfSales, SaleAmended, SaleCancelled, SaleCompleted, SaleRefunded
from shared.ids import dated_id

Reason = Literal["refunded", "amended", "cancelled", "recounted"]


class _Said(TypedDict):
    """What every event about the points of a sale says."""

    party_id: UUID
    points: int
    recorded_at: datetime
    lot_id: UUID
    origin: str
    sale_id: str


@dataclass(slots=True)
class Told:
    """What is told of the points of some parties: events, of them those of tiers by what led to each, and when lots
    expire.
    """

    emissions: list[Emission] = field(default_factory=list)
    tiers: dict[str, list[Event[TierChanged]]] = field(default_factory=dict)
    timers: list[tuple[UUID, int, datetime]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Rules:
    """The programme in force, all that lots were read with by their hashes, and what the products are."""

    programme: Programme
    kept: Mapping[str, Programme]
    products: Mapping[str, Category]

    def of(self, lot: Lot) -> Programme:
        return self.kept[lot.programme_hash] if lot.programme_hash else self.programme


def hear(book: Book, event: Event[OfSales], rules: Rules, told: Told) -> None:
    """What is known already, or is older than what is known, changes nothing."""
    data = event.data
    key = (data.origin, data.sale_id)
    lot = book.lots.get(key) or Lot(lot_id_of(*key), book.account.party_id, event.partition, *key)
    is_new = lot.sold_at is None
    if not _keep(lot, event, rules):
        return
    book.lots[key] = lot
    book.changed.add(key)
    if lot.sold_at is None:
        return  # a refund of a sale that is still to come
    if is_new and lot.expires_at is not None:
        told.timers.append((lot.id, lot.partition, lot.expires_at))
    lot.base, lot.counts = _rated(lot, rules.of(lot))
    _count_again(book, lot, event, rules, told, is_new=is_new)
    _move_tier(book, event, rules.programme, told)


def position_in(event: Event[OfSales], lot: Lot | None) -> datetime | None:
    """When the sale of an event was made; None as long as nobody told."""
    match event.data:
        case SaleCompleted():
            return event.time
        case SaleAmended(sold_at=sold_at) | SaleCancelled(sold_at=sold_at):
            return sold_at
        case _:
            return lot.sold_at if lot else None


def _keep(lot: Lot, event: Event[OfSales], rules: Rules) -> bool:
    """Whether the event says something new of the sale."""
    data = event.data
    if isinstance(data, SaleRefunded):
        if any(each.event_id == event.id for each in lot.paid_back):
            return False
        refund = paid_back_of(event.id, data.total, data.lines)
        lot.paid_back = tuple(sorted([*lot.paid_back, refund], key=lambda each: each.event_id))
        return True
    revision = 1 if isinstance(data, SaleCompleted) else data.revision
    if revision <= lot.revision:
        return False
    lot.revision = revision
    if lot.sold_at is None:
        valid = rules.programme.valid
        lot.programme_hash, lot.sold_at = rules.programme.hash, position_in(event, lot)
        lot.expires_at = lot.sold_at + valid if valid and lot.sold_at else None
    if isinstance(data, SaleCancelled):
        lot.sold = None
    else:
        lot.sold = sold_of(data.total, data.lines, data.channel, rules.of(lot), rules.products)
    return True


def _rated(lot: Lot, programme: Programme) -> tuple[int, bool]:
    if lot.sold is None:
        return 0, False
    return rate(lot.sold, lot.paid_back, programme), net_of(lot.sold, lot.paid_back) > 0


def _count_again(book: Book, lot: Lot, event: Event[OfSales], rules: Rules, told: Told, *, is_new: bool) -> None:
    """Grants what this sale and those after it earn by their place; `book` has all of these."""
    account = book.account
    placed = sorted((each for each in book.lots.values() if each.sold_at is not None), key=lambda each: each.position)
    later = [each for each in placed if each.position >= lot.position]
    if account.last is None or lot.position > account.last:
        qualifying, bought, account.last = account.qualifying, account.bought, lot.position
    else:
        first = later[1] if is_new else lot
        qualifying, bought = first.before, first.bought_before
    for each in later:
        programme = rules.of(each)
        granted = multiplied(each.base, qualifying, programme.tiers)
        if each.counts and not bought:
            granted += programme.first_sale
        if (each.before, each.bought_before) != (qualifying, bought):
            each.before, each.bought_before = qualifying, bought
            book.changed.add(each.key)
        _grant(book, each, granted, event, _reason(event.data, own=each is lot), told)
        qualifying += each.base if programme.tiers else 0
        bought = bought or each.counts
    account.qualifying, account.bought = qualifying, bought


def _reason(data: OfSales, *, own: bool) -> Reason:
    if not own:
        return "recounted"
    match data:
        case SaleRefunded():
            return "refunded"
        case SaleCancelled():
            return "cancelled"
        case _:
            return "amended"


def _grant(book: Book, lot: Lot, granted: int, event: Event[OfSales], reason: Reason, told: Told) -> None:
    change, lot.granted = granted - lot.granted, granted
    if not change:
        return
    book.changed.add(lot.key)
    if change > 0:
        _write(book, lot, "earned", change, event, told)
        paid = min(book.account.debt, change)
        lot.spent += paid
        book.account.debt -= paid
        if lot.expired and change > paid:
            _write(book, lot, "expired", paid - change, event, told)
        return
    over = max(0, lot.spent - granted)
    lot.spent -= over
    book.account.debt += over
    # What has expired is gone already: of that only points that were spent are taken again.
    taken = over if lot.expired else -change
    if taken:
        _write(book, lot, "reversed", -taken, event, told, reason)
    settle(book)


def expire(book: Book, lot: Lot, now: datetime, told: Told) -> None:
    """What is left of it is gone, once."""
    left = lot.left
    lot.expired = True
    book.changed.add(lot.key)
    if left:
        _write(book, lot, "expired", -left, now, told)


def _write(
    book: Book,
    lot: Lot,
    kind: Kind,
    points: int,
    by: Event[OfSales] | datetime,
    told: Told,
    reason: Reason = "recounted",
) -> None:
    """`by` is the event that did it, or the time at which time alone did."""
    cause, now = (None, by) if isinstance(by, datetime) else (by, by.now)
    assert lot.sold_at is not None
    id_ = dated_id(int(lot.sold_at.timestamp() * 1000), "points", kind, lot.id, cause.id if cause else "")
    cause_id = cause.id if cause else None
    book.write(Entry(id_, lot.party_id, kind, points, now, lot.id, cause=cause_id))
    said = _Said(
        party_id=lot.party_id,
        points=abs(points),
        recorded_at=now,
        lot_id=lot.id,
        origin=lot.origin,
        sale_id=lot.sale_id,
    )
    data: PointsEarned | PointsReversed | PointsExpired
    match kind:
        case "earned":
            data = PointsEarned(**said, programme_hash=lot.programme_hash or "", expires_at=lot.expires_at)
        case "reversed":
            data = PointsReversed(**said, reason=reason)
        case _:
            data = PointsExpired(**said)
    told.emissions.append(Emission(data, now, cause, id_, lot.partition))


def _move_tier(book: Book, event: Event[OfSales], programme: Programme, told: Told) -> None:
    account = book.account
    tier = programme.tier_of(account.qualifying)
    if tier == account.tier:
        return
    changed = TierChanged(
        party_id=account.party_id,
        previous=account.tier,
        current=tier,
        qualifying=account.qualifying,
        recorded_at=event.now,
        better=programme.is_better(account.tier, tier),
    )
    account.tier = tier
    id_ = dated_id(int(event.time.timestamp() * 1000), "tier", account.party_id, event.id)
    told.emissions.append(Emission(changed, event.now, event, id_, event.partition))
    told.tiers.setdefault(event.id, []).append(_heard(changed, event, id_))


def _heard(changed: TierChanged, cause: Event[OfSales], id_: UUID) -> Event[TierChanged]:
    """What is announced, as campaigns of this service hear it: at the time of what led to it, and as late as that."""
    return Event(
        str(id_),
        "crm.tier.changed.v1",
        "/marketing",
        cause.time,
        cause.now,
        "crm.campaigns",
        cause.partition,
        -1,
        str(changed.party_id).encode(),
        cause.correlation_id,
        cause.traceparent,
        replace(changed, recorded_at=cause.data.recorded_at),
    )
