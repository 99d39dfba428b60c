"""What the demo asks the services at the end, over HTTP."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from demo.oracle.desk import Figures
from demo.world.households import END, OPENED

WEEK = timedelta(days=7)


@dataclass(slots=True)
class Hindsight:
    """A department's weekly forecasts, 1 to 4 weeks ahead, beside what came. Amounts in minor units."""

    weeks: int = 0
    forecast: float = 0
    actual: float = 0
    missed: float = 0
    """Sum of absolute errors."""
    inside: int = 0
    """Weeks within the 80 % interval."""

    def add(self, point: Mapping[str, Any]) -> None:
        self.weeks += 1
        self.forecast += point["mean"]
        self.actual += point["actual"]
        self.missed += abs(point["mean"] - point["actual"])
        self.inside += point["lo80"] <= point["actual"] <= point["hi80"]


@dataclass(slots=True)
class Warned:
    """What became of the warnings of one kind."""

    raised: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    """By why they were cleared."""
    leads: list[int] = field(default_factory=list)
    """Days that those which came true were ahead of a rule that waits until the harm is done."""

    def add(self, warning: Mapping[str, Any]) -> None:
        self.raised += 1
        if warning["because"]:
            self.ended[warning["because"]] += 1
        if warning["lead_days"] is not None:
            self.leads.append(warning["lead_days"])

    @property
    def precision(self) -> float | None:
        """Of those whose time is over the share that came true; None for those that foretell nothing."""
        judged = sum(self.ended.values()) - self.ended["over"]
        return self.ended["came_true"] / judged if judged else None


async def undo_a_merge(client: httpx.AsyncClient, contacts: str) -> str | None:
    """Take the newest merge back that nobody was asked about; why it was made, or None where there is none."""
    answer = (await client.get(f"{contacts}/v1/merges", params={"limit": 200})).raise_for_status().json()
    newest = next((each for each in answer["items"] if each["automatic"] and not each["undone_at"]), None)
    if newest is None:
        return None
    undo = f"{contacts}/v1/merges/{newest['id']}/undo"
    (await client.post(undo, json={"because": "they are two"})).raise_for_status()
    return str(newest["because"])


async def desk(client: httpx.AsyncClient, support: str, until: datetime) -> Figures:
    """Support's own figures of the whole time."""
    days = {"since": f"{OPENED:%Y-%m-%d}", "until": f"{until:%Y-%m-%d}"}
    answered = (await client.get(f"{support}/v1/stats", params=days)).raise_for_status().json()
    (found,) = answered["items"]
    first, resolution = found["sla"]["first_response"], found["sla"]["resolution"]
    ratings = {int(value): count for value, count in found["csat"]["values"].items() if count}
    kept = first["met"], first["breached"], resolution["met"], resolution["breached"]
    return Figures(found["opened"], found["resolved"], *kept, ratings)


async def audit(client: httpx.AsyncClient, marketing: str) -> dict[str, Any]:
    """The six outcomes of follow-ups."""
    answer = await client.get(f"{marketing}/v1/audit/follow-ups")
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


async def hindsight(client: httpx.AsyncClient, forecasting: str) -> dict[str, Hindsight]:
    """By department, every forecast of a whole week of the year that has passed since."""
    departments = {row["id"]: row["department"] async for row in _pages(client, f"{forecasting}/v1/series", {})}
    found: defaultdict[str, Hindsight] = defaultdict(Hindsight)
    async for forecast in _pages(client, f"{forecasting}/v1/forecasts", {"all": "true"}):
        for point in forecast["points"]:
            if point["actual"] is not None and datetime.fromisoformat(point["at"]) + WEEK <= END:
                found[departments[forecast["series"]]].add(point)
    return dict(found)


async def warned(client: httpx.AsyncClient, forecasting: str) -> dict[str, Warned]:
    """By kind, every warning of the year."""
    found: defaultdict[str, Warned] = defaultdict(Warned)
    for state in ("open", "cleared"):
        async for warning in _pages(client, f"{forecasting}/v1/warnings", {"state": state}):
            found[warning["kind"]].add(warning)
    return dict(found)


async def _pages(client: httpx.AsyncClient, url: str, query: Mapping[str, str]) -> AsyncIterator[dict[str, Any]]:
    cursor: str | None = None
    while True:
        answer = await client.get(url, params={**query, "limit": "200", **({"cursor": cursor} if cursor else {})})
        answer.raise_for_status()
        page = answer.json()
        for item in page["items"]:
            yield item
        cursor = page["next_cursor"]
        if not cursor:
            return
