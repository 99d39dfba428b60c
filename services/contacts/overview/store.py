"""What HTTP shows of parties: JSON that Postgres builds, passed on as it is."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import TypeAdapter
from pydantic_core import from_json, to_json

from services.contacts.consents.schemas import ConsentView
from services.contacts.lifecycle.domain import Entry, Known
from services.contacts.overview.domain import StageLine
from services.contacts.overview.schemas import (
    FlaggedIdentity,
    LifecycleView,
    MessageView,
    RelatedView,
    Sum,
    TicketView,
    TotalView,
)
from services.contacts.parties.domain.details import described, shown_details
from services.contacts.parties.domain.party import FIELDS, Party, Pick, shown, shown_fields
from services.contacts.roles.schemas import RoleView
from shared.engine.months import Months
from shared.engine.transaction import Transaction
from shared.sql import load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))
LINES = 10
"""So many lines of a history, the last, are shown with a party."""
_CONSENTS = TypeAdapter(list[ConsentView])
_SUMS, _RELATED, _ROLES = TypeAdapter(list[Sum]), TypeAdapter(list[RelatedView]), TypeAdapter(list[RoleView])
_PICKED = TypeAdapter(list[Pick])
_TIMES = TypeAdapter(dict[str, datetime])
_NO_DETAILS = '"addresses": null, "tags": [], "custom": {}'
_BEYOND = UUID(int=2**128 - 1)
_FIRST = ("", UUID(int=0))


class Card(NamedTuple):
    """A party as lists show it, and where it stands in them; `name` is in the form that names are sorted by."""

    id: UUID
    name: str
    body: str


class View(NamedTuple):
    """The 360 view as JSON without its consents, and the version of the description in it."""

    version: int
    body: str
    consents: list[ConsentView]


class Most(NamedTuple):
    """How many purchases, and how many of each list."""

    purchases: int
    listed: int


class Around(NamedTuple):
    """What stands around a party; `score` is None as long as it was not looked at."""

    version: int
    name: str | None
    score: int | None
    missing: list[str]
    purchases: list[Sum]
    relations: list[RelatedView]
    roles: list[RoleView]


class Told(NamedTuple):
    """What lines of parties say that are one, recorded from a time on and before another."""

    family: Sequence[UUID]
    first: datetime
    until: datetime


async def load_view(
    tx: Transaction, months: Months, family: Sequence[UUID], stages: LifecycleView | None
) -> View | None:
    """Of a party and all that were merged into it, the survivor first; None where there is no such party. `stages` are
    those of several that are one.
    """
    row = await tx.fetchrow(SQL["load_view"], family, *await months.bounds(tx), LINES) if family else None
    if row is None:
        return None
    is_plain = row["picked"] == "[]" and row["details"] == "{}" and stages is None
    body = f"{row['body'][:-1]}, {_NO_DETAILS}}}" if is_plain else _with_others(row, stages)
    return View(row["version"], body, _CONSENTS.validate_json(row["consents"]))


async def load_around(tx: Transaction, months: Months, family: Sequence[UUID], most: Most) -> Around | None:
    """Of a party and all that were merged into it, the survivor first; None where there is no such party."""
    row = await tx.fetchrow(SQL["load_around"], family, *await months.bounds(tx), *most) if family else None
    if row is None:
        return None
    return Around(
        row["version"],
        row["name"] if row["picked"] == "[]" else shown(_party(row, name=row["name"]), "name"),
        row["score"],
        row["missing"],
        _SUMS.validate_json(row["purchases"]),
        _RELATED.validate_json(row["relations"]),
        _ROLES.validate_json(row["roles"]),
    )


def _with_others(row: Any, stages: LifecycleView | None) -> str:
    """The body with what the survivor shows of others."""
    body = from_json(row["body"])
    said = {name: body[name] for name in (*FIELDS, "roles")}
    party = _party(row, details=from_json(row["details"]), **said)
    body |= shown_fields(party) | described(shown_details(party))
    if stages is not None:
        body["lifecycle"] = stages
    return to_json(body).decode()


def _party(row: Any, **said: Any) -> Party:
    """What decides about what is shown of a party and of those that were merged into it."""
    picked, said_at = _PICKED.validate_json(row["picked"]), _TIMES.validate_json(row["said_at"])
    return Party(id=UUID(int=0), partition=0, picked=picked, said_at=said_at, **said)


async def load_flagged_at(tx: Transaction, family: Sequence[UUID], at: datetime) -> list[FlaggedIdentity]:
    rows = await tx.fetch(SQL["load_flagged_at"], family, at)
    return [FlaggedIdentity.model_validate(dict(row)) for row in rows]


async def load_totals_at(tx: Transaction, told: Told) -> list[TotalView]:
    return [_total(row) for row in await tx.fetch(SQL["load_totals_at"], *told)]


async def load_messages_at(tx: Transaction, told: Told) -> list[MessageView]:
    """The last ten."""
    return [MessageView.model_validate(dict(row)) for row in await tx.fetch(SQL["load_messages_at"], *told)]


async def load_tickets_at(tx: Transaction, told: Told) -> list[TicketView]:
    """Those that were open."""
    return [TicketView.model_validate(dict(row)) for row in await tx.fetch(SQL["load_tickets_at"], *told)]


async def load_stages_at(tx: Transaction, told: Told) -> list[tuple[UUID, StageLine]]:
    """By party, in the order in which they were told."""
    rows = await tx.fetch(SQL["load_stages_at"], *told)
    return [(row["party_id"], StageLine.model_validate_json(row["summary"])) for row in rows]


async def load_sales_at(tx: Transaction, told: Told) -> Known:
    """The sales that were known, as stages follow from them."""
    known = Known()
    for row in await tx.fetch(SQL["load_sales_at"], *told):
        known.add("sale", Entry(row["sold_at"], row["sale_event_id"]))
        if row["is_cancelled"]:
            known.cancelled.add(row["sale_event_id"])
    return known


def _total(row: Any) -> TotalView:
    paid, refunded, currency = int(row["paid"]), int(row["refunded"]), row["currency"]
    return TotalView(
        currency=currency,
        sales=row["sales"],
        refunds=row["refunds"],
        paid=Sum(minor=paid, currency=currency),
        refunded=Sum(minor=refunded, currency=currency),
        net=Sum(minor=paid - refunded, currency=currency),
        first_sale_at=row["first_sale_at"],
        last_sale_at=row["last_sale_at"],
    )


async def list_parties(tx: Transaction, before: UUID | None, limit: int) -> list[Card]:
    """Newest first."""
    rows = await tx.fetch(SQL["list_parties"], before or _BEYOND, limit)
    return [Card(row["id"], "", row["body"]) for row in rows]


async def find_by_identity(tx: Transaction, values: Sequence[str], before: UUID | None, limit: int) -> list[Card]:
    """Who has one of these normalised values, newest first."""
    rows = await tx.fetch(SQL["find_by_identity"], values, before or _BEYOND, limit)
    return [Card(row["id"], "", row["body"]) for row in rows]


async def load_cards(tx: Transaction, party_ids: Sequence[UUID]) -> list[Card]:
    """Those of these parties that there are, in the order given."""
    if not party_ids:
        return []
    cards = {row["id"]: Card(row["id"], "", row["body"]) for row in await tx.fetch(SQL["load_cards"], party_ids)}
    return [cards[party_id] for party_id in party_ids if party_id in cards]


async def find_by_name(tx: Transaction, prefix: str, after: tuple[str, UUID] | None, limit: int) -> list[Card]:
    """Whose name begins so, by name."""
    rows = await tx.fetch(SQL["find_by_name"], prefix, *(after or _FIRST), limit)
    return [Card(row["id"], row["place"], row["body"]) for row in rows]
