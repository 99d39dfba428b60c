"""Points that are spent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.marketing.loyalty.domain.lots import Book, Entry, spend
from shared.engine.event import Emission
from shared.errors import Refused
from shared.events.campaigns import PointsRedeemed
from shared.ids import dated_id


class TooFewPoints(Refused):
    """The balance is smaller than what was to be spent; nothing was."""

    status = 409
    reason = "too_few_points"


@dataclass(frozen=True, slots=True)
class Redemption:
    """`party_id` asked for it; the points may be of others that it was merged with."""

    id: UUID
    party_id: UUID
    points: int
    reference: str | None
    redeemed_at: datetime


def redeem(books: Sequence[Book], redemption: Redemption) -> list[Emission]:
    """Spends points of one party, or of several that are one, first in first out. Raises TooFewPoints."""
    balance = sum(book.account.balance for book in books)
    if balance < redemption.points:
        raise TooFewPoints("the balance is too small", field="points", state={"balance": balance})
    waiting = redemption.points
    given: dict[UUID, int] = {}
    by_party = {book.account.party_id: book for book in books}
    for lot in sorted((lot for book in books for lot in book.open_lots()), key=lambda lot: lot.position):
        taken = min(waiting, lot.left)
        if taken:
            spend(by_party[lot.party_id], lot, taken)
            given[lot.party_id] = given.get(lot.party_id, 0) + taken
            waiting -= taken
    emissions = []
    for book in books:
        if points := given.get(book.account.party_id, 0):
            data = PointsRedeemed(
                party_id=book.account.party_id,
                points=points,
                recorded_at=redemption.redeemed_at,
                redemption_id=redemption.id,
                reference=redemption.reference,
            )
            entry = entry_of(data)
            book.write(entry)
            emissions.append(Emission(data, redemption.redeemed_at, id=entry.id))
    return emissions


def entry_of(data: PointsRedeemed) -> Entry:
    """The same whether the redemption is made or taken back after a restore."""
    at = data.recorded_at
    id_ = dated_id(int(at.timestamp() * 1000), "points", "redeemed", data.redemption_id, data.party_id)
    return Entry(id_, data.party_id, "redeemed", -data.points, at, redemption_id=data.redemption_id)
