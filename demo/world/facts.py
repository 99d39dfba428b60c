"""Facts as the demo sends them, in the CloudEvents form of the contract."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic_core import to_json

from demo.world.households import Address, Household
from demo.world.journey import Basket, Line, Product

CURRENCY = "USD"
SHOP, DESK, PANEL, CATALOGUE, CLUB = "/shop", "/helpdesk", "/survey", "/catalogue", "/club"
Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fact:
    """One record. `time` is when it happened, `arrives` when it is sent: later, if a till was offline.

    `key` is the shop's number of the customer for all senders, so that one customer's facts stay in order.
    """

    topic: str
    type: str
    id: str
    source: str
    key: str
    time: datetime
    arrives: datetime
    data: Data

    def value(self) -> bytes:
        return to_json(self.data)

    def headers(self) -> list[tuple[str, bytes]]:
        return [
            ("ce_specversion", b"1.0"),
            ("ce_type", self.type.encode()),
            ("ce_id", self.id.encode()),
            ("ce_source", self.source.encode()),
            ("ce_time", stamp(self.time).encode()),
            ("ce_partitionkey", self.key.encode()),
            ("content-type", b"application/json"),
        ]

    def late(self, arrives: datetime) -> "Fact":
        return replace(self, arrives=arrives)

    def under(self, id_: str, arrives: datetime) -> "Fact":
        """The same fact sent again under another id."""
        return replace(self, id=id_, arrives=arrives)


def stamp(at: datetime) -> str:
    """RFC 3339 in UTC."""
    return at.isoformat().replace("+00:00", "Z")


def money(minor: int) -> Data:
    return {"minor": minor, "currency": CURRENCY}


def ingested(verb: str, id_: str, source: str, household: Household, at: datetime, data: Data) -> Fact:
    return Fact("crm.ingest", f"crm.{verb}.v1", id_, source, str(household.number), at, at, data)


def external(household: Household) -> Data:
    return {"type": "external", "system": "shop", "value": str(household.number)}


def email(household: Household) -> Data:
    return {"type": "email", "value": household.email}


def known(household: Household, at: datetime) -> Data:
    """The party as a sender names it: by the shop's number, and by e-mail once it is in the profile."""
    both = household.email is not None and household.joined(at)
    return {"identities": [external(household), email(household)] if both else [external(household)]}


def profile(household: Household, at: datetime, address: Address, turn: int) -> Fact:
    identities = [external(household), {"type": "phone", "value": household.phone}]
    party = {
        "identities": identities if household.email is None else [*identities, email(household)],
        "kind": "person",
        "name": household.name,
        "roles": ["customer"],
        "address": {
            "lines": [address.street],
            "postal_code": address.postal_code,
            "city": address.city,
            "region": address.region,
            "country": "US",
        },
        "birth_date": household.birth_date and household.birth_date.isoformat(),
        "locale": "en-US",
        "time_zone": household.time_zone,
    }
    name = f"profile-{household.number}-{turn}"
    return ingested("profile.submitted", name, SHOP, household, at, {"party": party})


def membership(household: Household, at: datetime) -> Fact:
    """The same person in the books of a club, under a number and an address to write to that the shop does not know."""
    assert household.birth_date is not None
    given, *_, family = household.name.split(" ")
    address = household.address
    party = {
        "identities": [
            {"type": "external", "system": "club", "value": f"member-{household.number}"},
            {"type": "email", "value": f"member{household.number}@club.example.org"},
        ],
        "kind": "person",
        "name": f"{family.upper()}, {given}",
        "address": {
            "lines": [address.street],
            "postal_code": address.postal_code,
            "city": address.city,
            "region": address.region,
            "country": "US",
        },
        "birth_date": household.birth_date.isoformat(),
    }
    said = ingested("profile.submitted", f"member-{household.number}", CLUB, household, at, {"party": party})
    return replace(said, key=f"member-{household.number}")


def consent(household: Household, at: datetime, turn: int, *, given: bool) -> Fact:
    data = {
        "party": known(household, at),
        "purpose": "marketing",
        "topic": None,
        "channel": "email",
        "basis": "opt_in",
        "text_version": "2017-01",
        "evidence": f"form {household.number}/{turn}",
    }
    verb = "consent.given" if given else "consent.withdrawn"
    return ingested(verb, f"consent-{household.number}-{turn}", SHOP, household, at, data)


def sale_id(basket: Basket) -> str:
    return f"basket-{basket.number}"


def sale(household: Household, basket: Basket, channel: str) -> Fact:
    """Prices are whole cents: a unit's is rounded up, and the discount of the line takes the cents too many."""
    data = {
        "party": known(household, basket.at),
        "sale_id": sale_id(basket),
        "channel": channel,
        "total": money(sum(line.value for line in basket.lines)),
        "store": f"store-{basket.store}",
        "lines": [_line(line) for line in basket.lines],
    }
    return ingested("sale.completed", f"sale-{basket.number}", SHOP, household, basket.at, data)


def _line(line: Line) -> Data:
    price = -(-line.value // line.quantity)
    described = {"sku": line.sku, "quantity": line.quantity, "unit_price": money(price)}
    over = price * line.quantity - line.value
    return described | {"discount": money(over)} if over else described


def refund(household: Household, basket: Basket, lines: list[Line], at: datetime, turn: int, reason: str) -> Fact:
    data = {
        "party": known(household, at),
        "sale_id": sale_id(basket),
        "reason": reason,
        "lines": [{"sku": line.sku, "quantity": line.quantity} for line in lines],
        "total": money(sum(line.value for line in lines)),
    }
    return ingested("sale.refunded", f"refund-{basket.number}-{turn}", SHOP, household, at, data)


def described(product: Product, at: datetime, stock: int, lead_days: int) -> Fact:
    data = {
        "sku": product.sku,
        "name": product.name,
        "category": product.category,
        "price": money(product.price),
        "cost": money(product.price * 7 // 10),
        "stock": stock,
        "lead_time_days": lead_days,
    }
    name = f"product-{product.sku}"
    return Fact("crm.products", "crm.product.described.v1", name, CATALOGUE, product.sku, at, at, data)
