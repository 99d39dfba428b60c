"""What the demo asks of contacts at the end: who is one with whom, what was known on a past day, and an erasure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx

from demo.oracle.history import Known
from demo.oracle.ledger import Totals
from demo.play.settle import until
from demo.play.watch import SQL, Watch
from demo.world.facts import CURRENCY

_ASKS, _APPROVES = "staff-41", "staff-42"
_CONFIRMING = 3
"""Services that keep something of parties, beside contacts."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Pairs of parties by what came of the question whether they are one, and why two were merged, and asked about."""

    counts: Mapping[str, int]
    merged_because: str | None
    asked_because: Sequence[str]
    undone: str | None


@dataclass(frozen=True, slots=True)
class Erased:
    """What the certificate of an erasure says; `unknown`: the party is gone, and nobody is found by its names."""

    found: int
    left: int
    confirmed: Sequence[str]
    unknown: bool

    @property
    def holds(self) -> bool:
        return self.unknown and self.found > 0 and not self.left and len(self.confirmed) == _CONFIRMING


async def find_alike(client: httpx.AsyncClient, contacts: str, watch: Watch, undone: str | None) -> Alike:
    (counts,) = await watch.rows("contacts", SQL["count_alike"])
    merges = await _items(client, f"{contacts}/v1/merges", {})
    asked = await _items(client, f"{contacts}/v1/duplicates", {"state": "open"})
    because = next((each["because"] for each in merges if each["automatic"]), None)
    return Alike(dict(counts), because, asked[0]["reasons"] if asked else (), undone)


async def read_past(
    client: httpx.AsyncClient, contacts: str, parties: Mapping[str, UUID], at: datetime
) -> dict[str, Known]:
    """What contacts says was known then, by the customer's number."""
    found = {}
    for number, party in parties.items():
        answered = await client.get(f"{contacts}/v1/parties/{party}", params={"as_of": at.isoformat()})
        if answered.status_code != httpx.codes.NOT_FOUND:
            found[number] = _known(answered.raise_for_status().json())
    return found


def _known(view: Mapping[str, Any]) -> Known:
    totals = {each["currency"]: each for each in view["totals"]}.get(CURRENCY)
    emails = [each["value"] for each in view["identities"] if each["type"] == "email"]
    letters = [each for each in view["consents"] if (each["purpose"], each["channel"]) == ("marketing", "email")]
    return Known(
        view["name"],
        (view["address"] or {}).get("postal_code"),
        emails[0] if emails else None,
        Totals(totals["sales"], totals["paid"]["minor"], totals["refunds"], totals["refunded"]["minor"])
        if totals
        else Totals(0, 0, 0, 0),
        any(each["holds"] for each in letters),
        len(view["open_tickets"]),
    )


async def erase(client: httpx.AsyncClient, contacts: str, party: UUID, names: Sequence[str]) -> Erased:
    """One person asks, another approves, every service confirms; then nobody is found by any of these names."""
    erasures = f"{contacts}/v1/erasures"
    body = {"party_id": str(party), "because": "asked by the customer", "ground": "consent_withdrawn", "by": _ASKS}
    asked = (await client.post(erasures, json=body)).raise_for_status().json()
    url = f"{erasures}/{asked['id']}"
    (await client.post(f"{url}/approve", json={"by": _APPROVES})).raise_for_status()

    async def is_complete() -> dict[str, Any] | None:
        found: dict[str, Any] = (await client.get(url)).raise_for_status().json()
        return found if found["complete"] else None

    said = await until(is_complete, "every service to confirm an erasure")
    gone = (await client.get(f"{contacts}/v1/parties/{party}")).status_code == httpx.codes.GONE
    found_by = [name for name in names if await _items(client, f"{contacts}/v1/parties", {"q": name})]
    confirmed = sorted(each["service"] for each in said["confirmations"])
    return Erased(sum(said["found"].values()), sum(said["left"].values()), confirmed, gone and not found_by)


async def _items(client: httpx.AsyncClient, url: str, query: Mapping[str, str]) -> list[dict[str, Any]]:
    answered = (await client.get(url, params={**query, "limit": "50"})).raise_for_status()
    found: list[dict[str, Any]] = answered.json()["items"]
    return found
