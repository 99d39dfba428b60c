"""Contacts over a real Postgres without Kafka: events are handed to its handlers as the engine does."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import asyncpg

from services.contacts import handlers
from services.contacts.main import create_context
from services.contacts.settings import ContactsSettings
from services.contacts.subscriptions import ingest, matching, timeline
from services.contacts.timeline.store import SQL
from shared.engine.event import Event, Tombstone
from shared.engine.partitions import partition_of
from shared.events.contract import contract_of, find_contract
from tests.events import decoded
from tests.integration.running import NOW, Running

__all__ = ["NOW", "Contacts", "handlers", "heard", "reported"]  # importing the handlers registers what they hear

TABLES = (
    "party",
    "party_revision",
    "identity",
    "duplicate",
    "sale",
    "lifecycle_fact",
    "lifecycle_stage",
    "party_round",
    "fact_text",
    "shared_identity",
    "flagged_identity",
    "identity_move",
    "party_merge",
    "relation",
    "party_role",
    "matching_record",
    "matching_key",
    "matching_model",
    "waiting_revision",
    "consent_record",
    "erasure",
    "erased_identity",
    "searched_party",
    "search_word",
    "search_form",
    "timer",
)
PROJECTED = (
    "line",
    "total",
    "timeline_v1.completeness",
    "timeline_v1.revised_sale",
    "timeline_v1.refund",
    "consent",
    "message",
    "ticket",
    "erasure_confirmation",
)


def reported(
    type_: str, *, at: datetime = NOW, source: str = "/shop", id_: str | None = None, **data: Any
) -> Event[Any]:
    """A fact on crm.ingest as the engine decodes it, e.g. `reported("sale.completed", party=…, sale_id=…)`."""
    contract = find_contract("crm.ingest", f"crm.{type_}.v1")
    assert contract is not None
    fact = contract.adapter.validate_python(data)
    return decoded("crm.ingest", contract.type, fact, key=None, at=at, now=NOW, source=source, id_=id_)


def heard(data: Any, *, at: datetime = NOW, source: str = "/contacts", id_: str | None = None) -> Event[Any]:
    """An event of one of our topics as the engine decodes it."""
    contract = contract_of(type(data))
    key = str(data.party_id)
    return decoded(contract.topic, contract.type, data, key=key, at=at, now=NOW, source=source, id_=id_)


ADA = {"type": "email", "value": " Ada@Example.com"}
SHOP_81 = {"type": "external", "system": "shop", "value": "81"}
PHONE = {"type": "phone", "value": "20 12 34 56"}


def sale(sale_id: str, *identities: dict[str, str], at: Any = NOW, minor: int = 12_995, **more: Any) -> Event[Any]:
    source = more.pop("source", "/shop")
    price = {"minor": minor, "currency": "DKK"}
    return reported(
        "sale.completed",
        at=at,
        source=source,
        party={"identities": list(identities), **more},
        sale_id=sale_id,
        channel="web",
        total=price,
        lines=[{"sku": "A-17", "quantity": 1, "unit_price": price}],
    )


class Contacts(Running):
    """`accept` takes facts from outside, `show` events for the timeline."""

    def __init__(self, pool: asyncpg.Pool, projecting: asyncpg.Pool) -> None:
        super().__init__("contacts", pool, create_context(ContactsSettings()))
        self._projecting = self.ledger_of(projecting)
        self._shown: set[str] = set()

    async def accept(self, *events: Event[Any]) -> None:
        await self.hear(ingest, events)

    async def show(self, events: Iterable[Event[Any]]) -> None:
        await self.hear(timeline, events, self._projecting)

    async def show_published(self) -> None:
        """Hand what is new in the outbox to the timeline, as the relay and the topics do."""
        events = [event for event in await self.relayed() if event.topic in timeline.topics]
        await self.show(event for event in events if event.id not in self._shown)
        self._shown |= {event.id for event in events}

    async def match_described(self) -> None:
        """Hand every description in the outbox to the matcher."""
        await self.hear(matching, [event for event in await self.relayed() if event.topic == "crm.parties"])

    async def relayed(self) -> list[Event[Any]]:
        """Everything in the outbox, in order, as its readers will see it."""
        events = []
        for row in await self.pool.fetch("select * from outbox order by id"):
            contract = find_contract(row["topic"], row["type"])
            assert contract is not None
            assert row["partition"] == partition_of(row["key"])
            payload = row["payload"]
            data = Tombstone() if payload is None else contract.adapter.validate_json(payload)
            at, id_ = datetime.fromisoformat(row["time"]), str(row["event_id"])
            source = row["source"] or "/contacts"
            told = decoded(row["topic"], row["type"], data, key=row["key"], at=at, now=NOW, source=source, id_=id_)
            events.append(told)
        return events

    async def types(self) -> list[str]:
        """The types in the outbox, in order, as `sale.completed`."""
        return [event.type.removeprefix("crm.").removesuffix(".v1") for event in await self.relayed()]

    async def of_type(self, type_: str) -> list[Any]:
        """The data of one type in the outbox, in order."""
        events = [event for event in await self.relayed() if event.type == f"crm.{type_}.v1"]
        return [event.data for event in events if not isinstance(event.data, Tombstone)]

    async def clear(self) -> None:
        await self.empty(*TABLES, *PROJECTED)
        self._shown.clear()
        for month in (date(2015, 1, 1), date(2026, 3, 1)):
            await self.pool.execute(SQL["open_line_month"], month)
