"""Builders of what marketing hears."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.marketing.catalogue.domain.definition import Definition
from services.marketing.catalogue.domain.flow import complaints
from shared.engine.event import Event, Tombstone
from shared.events.agreements import BoundarySet
from shared.events.contacts import ConsentGiven, ConsentWithdrawn, LifecycleChanged, SurveyAnswered
from shared.events.disputes import DisputeClosed, DisputeRaised
from shared.events.ingest import About
from shared.events.insights import ScoreComputed
from shared.events.money import Money
from shared.events.parties import KnownIdentity, PartyDescribed
from shared.events.products import ProductDescribed
from shared.events.sales import ProductChosen, SaleAmended, SaleCancelled, SaleCompleted, SaleRefunded
from shared.events.tickets import TicketOpened, TicketStatusChanged
from shared.events.values import IdentityUsed, Line, ReturnedLine
from shared.ids import derived_id, new_id
from tests.events import decoded, type_of

NOW = datetime(2026, 3, 2, 13, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ADA = UUID("00000000-0000-4000-8000-00000000ada0")
BOB = UUID("00000000-0000-4000-8000-00000000b0b0")
CAY = UUID("00000000-0000-4000-8000-00000000ca70")
_OURS = {
    "crm.parties": "/contacts",
    "crm.contacts": "/contacts",
    "crm.sales": "/contacts",
    "crm.tickets": "/support",
    "crm.insights": "/forecasting",
}


def event(
    topic: str, data: Any, key: str, at: datetime, *, id_: str | None = None, recorded: datetime = NOW
) -> Event[Any]:
    name = id_ or str(new_id())
    source = _OURS.get(topic, "/shop")
    return decoded(topic, type_of(topic, data), data, key=key, at=at, now=recorded, source=source, id_=name)


def sale(
    sale_id: str,
    party: UUID = ADA,
    *,
    at: datetime = NOW,
    version: int = 1,
    skus: tuple[str, ...] = ("A-17",),
    minor: int = 12_995,
    recorded: datetime = NOW,
    id_: str | None = None,
    identity: KnownIdentity | None = None,
) -> Event[Any]:
    """`identity` is the one by which the sale found its party."""
    lines = [Line(sku=sku, quantity=1, unit_price=Money(minor=minor // len(skus), currency="DKK")) for sku in skus]
    data = SaleCompleted(
        party_id=party,
        party_version=version,
        sale_id=sale_id,
        channel="web",
        total=Money(minor=minor, currency="DKK"),
        lines=lines,
        recorded_at=recorded,
        origin="/shop",
        identity_used=IdentityUsed(type=identity.type, id=str(identity.id)) if identity else None,
    )
    return event("crm.sales", data, str(party), at, id_=id_, recorded=recorded)


def refund(
    sale_id: str,
    party: UUID = ADA,
    *,
    at: datetime = NOW,
    minor: int = 12_995,
    lines: Sequence[ReturnedLine] = (),
    id_: str | None = None,
) -> Event[Any]:
    data = SaleRefunded(
        party_id=party,
        party_version=1,
        sale_id=sale_id,
        total=Money(minor=minor, currency="DKK"),
        recorded_at=NOW,
        origin="/shop",
        lines=list(lines),
    )
    return event("crm.sales", data, str(party), at, id_=id_)


def amended(
    sale_id: str,
    revision: int,
    party: UUID = ADA,
    *,
    at: datetime = NOW,
    skus: tuple[str, ...] = ("A-17",),
    minor: int = 12_995,
    sold_at: datetime = NOW,
) -> Event[Any]:
    new = sale(sale_id, party, skus=skus, minor=minor).data
    data = SaleAmended(
        party_id=party,
        party_version=1,
        sale_id=sale_id,
        revision=revision,
        channel=new.channel,
        total=new.total,
        lines=new.lines,
        sold_at=sold_at,
        sale_event_id=ADA,
        replaces=None,
        recorded_at=NOW,
        origin="/shop",
    )
    return event("crm.sales", data, str(party), at)


def cancelled(
    sale_id: str, revision: int, party: UUID = ADA, *, at: datetime = NOW, sold_at: datetime = NOW
) -> Event[Any]:
    data = SaleCancelled(
        party_id=party,
        party_version=1,
        sale_id=sale_id,
        revision=revision,
        sold_at=sold_at,
        sale_event_id=ADA,
        replaces=None,
        recorded_at=NOW,
        origin="/shop",
    )
    return event("crm.sales", data, str(party), at)


def described(
    party: UUID = ADA,
    *,
    version: int = 1,
    email: str | None = "ada@example.com",
    name: str = "Ada Holm",
    locale: str = "en",
    merged_into: UUID | None = None,
    identities: Sequence[KnownIdentity] | None = None,
) -> Event[Any]:
    """With `email` alone, or with `identities`."""
    if identities is None:
        identities = [KnownIdentity(id=derived_id(email), type="email", value=email)] if email else []
    data = PartyDescribed(
        party_id=party,
        version=version,
        kind="person",
        recorded_at=NOW,
        name=name,
        identities=list(identities),
        locale=locale,
        merged_into=merged_into,
    )
    return event("crm.parties", data, str(party), NOW)


def email(value: str, *, primary: bool = False) -> KnownIdentity:
    return KnownIdentity(id=derived_id(value), type="email", value=value, primary=primary)


def erased(party: UUID = ADA) -> Event[Any]:
    return event("crm.parties", Tombstone(), str(party), NOW)


def consent(
    party: UUID = ADA,
    *,
    given: bool = True,
    at: datetime = NOW - timedelta(days=30),
    topic: str | None = None,
    recorded: datetime | None = None,
    channel: Any = "email",
    **fields: Any,
) -> Event[Any]:
    model = ConsentGiven if given else ConsentWithdrawn
    data = model(
        party_id=party,
        party_version=1,
        purpose="marketing",
        channel=channel,
        recorded_at=recorded or at,
        origin="/shop",
        topic=topic,
        **fields,
    )
    return event("crm.contacts", data, str(party), at)


def ticket_opened(party: UUID = ADA, *, at: datetime = NOW) -> Event[Any]:
    data = TicketOpened(
        ticket_id=derived_id(party, "ticket"),
        party_id=party,
        request_event_id=None,
        recorded_at=at,
        number=1,
        channel="email",
        has_text=True,
    )
    return event("crm.tickets", data, str(party), at)


def ticket_closed(party: UUID = ADA, *, at: datetime = NOW) -> Event[Any]:
    data = TicketStatusChanged(
        ticket_id=derived_id(party, "ticket"),
        party_id=party,
        request_event_id=None,
        recorded_at=at,
        previous="open",
        status="closed",
        version=2,
    )
    return event("crm.tickets", data, str(party), at)


def product(sku: str, department: str, name: str = "Rose bouquet") -> Event[Any]:
    data = ProductDescribed(sku=sku, name=name, category=[department, "OTHER"])
    return event("crm.products", data, sku, NOW)


def chosen(sku: str, party: UUID = ADA, *, intent: Any = "carted", at: datetime = NOW) -> Event[Any]:
    data = ProductChosen(
        party_id=party, party_version=1, sku=sku, channel="web", intent=intent, recorded_at=at, origin="/shop"
    )
    return event("crm.sales", data, str(party), at, recorded=at)


def stage(current: str, party: UUID = ADA, *, at: datetime = NOW) -> Event[Any]:
    data = LifecycleChanged(
        party_id=party, stage=current, current=current, entered_at=at, cause_event_id="e", recorded_at=at
    )
    return event("crm.contacts", data, str(party), at, recorded=at)


def score(value: float, party: UUID = ADA, *, name: str = "churn", at: datetime = NOW) -> Event[Any]:
    data = ScoreComputed(
        party_id=party,
        score=name,
        value=value,
        band="high" if value > 0.5 else "low",
        model="m",
        as_of=at,
        contributions=[],
        recorded_at=at,
    )
    return event("crm.insights", data, str(party), at, recorded=at)


def answered(
    value: int,
    party: UUID = ADA,
    *,
    survey: Any = "csat",
    sale_id: str | None = "s-1",
    at: datetime = NOW,
    origin: str = "/marketing/surveys",
) -> Event[Any]:
    data = SurveyAnswered(
        party_id=party,
        party_version=1,
        survey=survey,
        value=value,
        recorded_at=at,
        origin=origin,
        about=About(sale_id=sale_id),
    )
    return event("crm.contacts", data, str(party), at, recorded=at)


TEXTS = {"": {"subject": "Thank you, {{ first_name }}", "body": "Hello {{ name }},\nthank you.\n"}}


def send(wait: str, template: str = "thanks", **fields: Any) -> dict[str, Any]:
    """A step that sends one text to everybody."""
    return {"wait": wait, "content": [{"template": template, "texts": TEXTS}], **fields}


def definition(name: str = "thanks", **fields: Any) -> Definition:
    """A follow-up campaign for every sale, due an hour after it."""
    given = {"trigger": "sale.completed", "follow_up": True, "steps": [send("PT1H")], **fields}
    return Definition.model_validate({"name": name, **given})


def flow(name: str, trigger: Any, *steps: Any, **fields: Any) -> Definition:
    """A campaign that is no follow-up, and in which nothing is wrong as a whole."""
    found = definition(name, trigger=trigger, follow_up=False, steps=list(steps), **fields)
    assert complaints(found) == []
    return found


def boundary(party: UUID, *, allowed: bool = False, at: Any = NOW) -> Event[Any]:
    data = BoundarySet(party_id=party, agreement_id=ADA, allowed=allowed, starts_at=at, recorded_at=at)
    return event("crm.agreements", data, str(party), at)


def dispute(party: UUID, *, closed: bool = False, at: Any = NOW) -> Event[Any]:
    model = DisputeClosed if closed else DisputeRaised
    return event("crm.tickets", model(dispute_id=BOB, party_id=party, recorded_at=at), str(party), at)
