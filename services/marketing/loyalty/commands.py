"""Keeps the points of parties: what sales earn, what expires, what is spent."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from services.marketing.copies import commands as copies
from services.marketing.loyalty import store
from services.marketing.loyalty.domain.earning import Rules, Told, expire, hear, position_in
from services.marketing.loyalty.domain.lots import Account, Book, Key, Lot, owe
from services.marketing.loyalty.domain.programme import Programme
from services.marketing.loyalty.domain.redemption import Redemption, entry_of, redeem
from services.marketing.settings import Context
from shared.engine.event import Event
from shared.engine.subscription import Due
from shared.engine.transaction import Transaction
from shared.errors import Transient
from shared.events.campaigns import PointsRedeemed, TierChanged
from shared.events.sales import OfSales, ProductChosen, SaleAmended, SaleCompleted
from shared.ids import new_id

TIMER = "points"


async def keep_programme(tx: Transaction) -> None:
    """For the sales that are read with it, when another one is in force."""
    context: Context = tx.context
    if context.programme is not None:
        await store.add_programme(tx, context.programme, tx.now)


async def count_points(
    tx: Transaction, events: Sequence[Event[OfSales | ProductChosen]]
) -> list[Event[OfSales | ProductChosen | TierChanged]]:
    """What these sales, and what became of them, earn; nothing without a programme. These events, each followed by the
    changes of tier to which it led.
    """
    context: Context = tx.context
    sales: list[Event[OfSales]] = [e for e in events if not isinstance(e.data, ProductChosen)]  # type: ignore[misc]
    if context.programme is None or not sales:
        return list(events)
    keys = {(event.data.origin, event.data.sale_id) for event in sales}
    accounts = await store.lock_accounts(tx, {event.data.party_id for event in sales}, keys)
    lots = {lot.key: lot for lot in await store.load_lots_of_sales(tx, keys)}
    owners = {key: lot.party_id for key, lot in lots.items()}
    for event in sales:  # whoever is told of first as its buyer has the points of a sale
        owners.setdefault((event.data.origin, event.data.sale_id), event.data.party_id)
    since = _reach(sales, lots, owners, accounts)
    if since:
        lots |= {lot.key: lot for lot in await store.load_lots_since(tx, since)}
    books = _books(accounts, lots.values())
    rules, told = await _load_rules(tx, context.programme, sales, lots.values()), Told()
    for event in sales:
        hear(books[owners[event.data.origin, event.data.sale_id]], event, rules, told)
    await _save(tx, books.values(), told)
    return [each for event in events for each in (event, *told.tiers.get(event.id, ()))]


def _reach(
    events: Iterable[Event[OfSales]],
    lots: Mapping[Key, Lot],
    owners: Mapping[Key, UUID],
    accounts: Mapping[UUID, Account],
) -> dict[UUID, datetime]:
    """From which time on the lots of a party may change; nobody whose sales are merely followed by a new one."""
    since: dict[UUID, datetime] = {}
    for event in events:
        key = (event.data.origin, event.data.sale_id)
        party = owners[key]
        at, last = position_in(event, lots.get(key)), accounts[party].last
        if at is not None and last is not None and at <= last[0]:
            since[party] = min(at, since.get(party, at))
    return since


def _books(accounts: Mapping[UUID, Account], lots: Iterable[Lot]) -> dict[UUID, Book]:
    books = {party: Book(account) for party, account in accounts.items()}
    for lot in lots:
        books[lot.party_id].lots[lot.key] = lot
    return books


async def _load_rules(
    tx: Transaction, programme: Programme, events: Sequence[Event[OfSales]], lots: Iterable[Lot]
) -> Rules:
    older = {lot.programme_hash for lot in lots if lot.programme_hash} - {programme.hash}
    kept = {**(await store.load_programmes(tx, older) if older else {}), programme.hash: programme}
    if missing := older - kept.keys():
        raise Transient(f"the programme {min(missing)} has not been kept yet by who reads sales with it")
    products = {}
    if any(each.asks_for_products for each in kept.values()):
        sold = [e.data.lines for e in events if isinstance(e.data, SaleCompleted | SaleAmended)]
        products = await copies.load_categories(tx, sorted({line.sku for lines in sold for line in lines}))
    return Rules(programme, kept, products)


async def expire_due(tx: Transaction, due: Sequence[Due]) -> int:
    """What is left of these lots is gone; of how many lots something was left."""
    lots = await store.load_lots(tx, [timer.id for timer in due])
    if not lots:
        return 0
    accounts = await store.lock_accounts(tx, {lot.party_id for lot in lots})
    # Read again, since they may have changed until their accounts were locked.
    books, told = _books(accounts, await store.load_lots(tx, [lot.id for lot in lots])), Told()
    times = {timer.id: timer.now for timer in due}
    for book in books.values():
        for lot in book.lots.values():
            expire(book, lot, times[lot.id], told)
    await _save(tx, books.values(), told)
    return len(told.emissions)


async def spend(
    tx: Transaction, party: UUID, family: Collection[UUID], points: int, reference: str | None
) -> tuple[Redemption, int]:
    """Spends points of a party and of those that it was merged with, which are its `family`; the balance after it.

    Raises TooFewPoints.
    """
    books = await _open_books(tx, await store.lock_accounts(tx, family))
    told = Told()
    for book in books:
        for lot in book.open_lots():
            if lot.expires_at is not None and lot.expires_at <= tx.now:
                expire(book, lot, tx.now, told)
    redemption = Redemption(new_id(), party, points, reference, tx.now)
    told.emissions += redeem(books, redemption)
    await _save(tx, books, told)
    return redemption, sum(book.account.balance for book in books)


async def take_back(tx: Transaction, redeemed: Sequence[PointsRedeemed]) -> None:
    """After a restore: points that were spent stay so, of lots that stand or of those that come again."""
    told = {entry.id: entry for entry in map(entry_of, redeemed)}
    known = await store.find_entries(tx, told) if told else set()
    missing = [entry for id_, entry in told.items() if id_ not in known]
    if not missing:
        return
    books = {
        book.account.party_id: book
        for book in await _open_books(tx, await store.lock_accounts(tx, {entry.party_id for entry in missing}))
    }
    for entry in missing:
        books[entry.party_id].write(entry)
        owe(books[entry.party_id], -entry.points)
    await _save(tx, books.values(), Told())


async def _open_books(tx: Transaction, accounts: Mapping[UUID, Account]) -> list[Book]:
    """With the lots of which something is left."""
    never = datetime.max.replace(tzinfo=tx.now.tzinfo)
    lots = await store.load_lots_since(tx, dict.fromkeys(accounts, never)) if accounts else []
    return list(_books(accounts, lots).values())


async def _save(tx: Transaction, books: Collection[Book], told: Told) -> None:
    await store.save_accounts(tx, [book.account for book in books])
    await store.save_lots(tx, [book.lots[key] for book in books for key in sorted(book.changed)])
    await store.add_entries(tx, [entry for book in books for entry in book.entries])
    await tx.set_timers(TIMER, sorted(told.timers))
    tx.emit(told.emissions)
