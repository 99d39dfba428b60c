"""What support must have done about requests: to whom they were given, what was promised, and how customers rated it.

Which priority a request has is support's judgement; what follows from it is not.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import holidays
import yaml

from demo.oracle.ledger import Ledger, Ticket
from demo.oracle.lifecycle import clock
from demo.oracle.reading import SQL, Databases, Expected, Read, Rows
from demo.world.staff import STAFF

FILE = Path(__file__).parents[1] / "play" / "promises.yaml"
RATINGS, PROMISES = "support: ratings of customers", "support: promises kept and broken"
CAMPAIGNS = frozenset(["survey"])
"""Those that are played where the desk is open."""
_FALLBACK = "general"
_MINUTE = timedelta(minutes=1)


@cache
def _promises() -> Mapping[str, Any]:
    found: Mapping[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
    return found


def hours(calendar: str, day: date) -> Iterator[tuple[datetime, datetime]]:
    """When a calendar is open on a day; hours that a change of the clocks cuts through are not in these."""
    given = _promises()["calendars"][calendar]
    if day in holidays.country_holidays(given["country"], years=day.year):
        return
    zone = ZoneInfo(given["zone"])
    for span in given["week"][day.weekday()]:
        yield _at(day, span["start"], zone), _at(day, span["end"], zone)


def _at(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(minutes // 60, minutes % 60), zone)


def is_open(calendar: str, at: datetime) -> bool:
    local = at.astimezone(ZoneInfo(_promises()["calendars"][calendar]["zone"])).date()
    return any(since <= at < until for since, until in hours(calendar, local))


def worked(calendar: str, since: datetime, until: datetime) -> timedelta:
    """The working time between two moments."""
    total, day = timedelta(0), since.date() - timedelta(days=1)
    while day <= until.date() + timedelta(days=1):
        for begin, end in hours(calendar, day):
            total += max(timedelta(0), min(end, until) - max(begin, since))
        day += timedelta(days=1)
    return total


def outcomes(ticket: Ticket, priority: str, now: datetime) -> list[str]:
    """What must have been told of the first answer and of the solution by now, warnings among them."""
    policy = _promises()["policies"]["default"]
    ends = {
        "first_response": (ticket.answered_at, ticket.answered_at),
        "resolution": (ticket.paused_at or ticket.resolved_at, ticket.resolved_at),
    }
    found = []
    for metric, (stopped, ended) in ends.items():
        target = policy["targets"][priority][metric] * _MINUTE
        spent = worked(policy["calendar"], ticket.opened_at, min(stopped or now, now))
        if spent >= target:
            found.append(f"{metric} breached")
        elif ended is not None:
            found.append(f"{metric} met")
        if spent >= target * policy["warn_at"]:
            found.append(f"{metric} warned")
    return sorted(found)


def tickets_of(ledger: Ledger) -> dict[str, Ticket]:
    """By the sale that each is about."""
    return {ticket.about.split(" ")[0]: ticket for customer in ledger.customers.values() for ticket in customer.tickets}


async def read_promises(databases: Databases, expected: Expected) -> tuple[Rows, Rows]:
    tickets, now = tickets_of(expected.ledger), await clock(databases)
    rows = await databases.rows("support", SQL["load_promises"])
    should = {
        row["sale_id"]: outcomes(tickets[row["sale_id"]], row["priority"], now)
        for row in rows
        if row["sale_id"] in tickets
    }
    return {**{name: [] for name in tickets}, **should}, {row["sale_id"]: list(row["told"]) for row in rows}


async def read_ratings(databases: Databases, expected: Expected) -> tuple[Rows, Rows]:
    """The value, and the agent who answered last."""
    tickets = tickets_of(expected.ledger)
    rows = await databases.rows("support", SQL["load_ratings"])
    should = {name: (t.rating, t.answered_by[-1]) for name, t in tickets.items() if t.rating is not None}
    return should, {row["sale_id"]: (row["value"], row["agent"]) for row in rows}


async def read_handings(databases: Databases, expected: Expected) -> tuple[Rows, Rows]:
    """Whoever was given a ticket was on shift, and can what it needs or is of those who are asked besides; and whoever
    answered one had been given it.
    """
    staff = {agent.id: agent for agent in STAFF}
    stands: dict[Any, Any] = {}
    given: set[tuple[str, str]] = set()
    for row in await databases.rows("support", SQL["load_handings"]):
        agent = staff.get(row["agent_id"])
        if agent is None:
            continue
        given.add((row["sale_id"], agent.id))
        fits = row["queue"] in agent.queues and set(row["skills"]) <= set(agent.skills)
        right = row["how"] == "routed" and (fits or _FALLBACK in agent.queues)
        stands[row["sale_id"], agent.id, row["changed_at"]] = right and is_open(agent.calendar, row["changed_at"])
    tickets = tickets_of(expected.ledger)
    answered = {(name, agent) for name, ticket in tickets.items() for agent in ticket.answered_by}
    return dict.fromkeys([*stands, *answered], True), {**stands, **dict.fromkeys(answered & given, True)}


PROJECTIONS: dict[str, Read] = {
    PROMISES: read_promises,
    RATINGS: read_ratings,
    "support: who was given what": read_handings,
}


class Figures(NamedTuple):
    """What support adds up to, as `GET /v1/stats` has it."""

    opened: int
    resolved: int
    answered_in_time: int
    answered_late: int
    resolved_in_time: int
    resolved_late: int
    ratings: Mapping[int, int]


async def figures(databases: Databases, expected: Expected) -> Figures:
    """By the ledger, and the priorities that support gave."""
    tickets, now = tickets_of(expected.ledger), await clock(databases)
    rows = await databases.rows("support", SQL["load_promises"])
    told = Counter(
        outcome
        for row in rows
        if row["sale_id"] in tickets
        for outcome in outcomes(tickets[row["sale_id"]], row["priority"], now)
    )
    return Figures(
        len(tickets),
        sum(ticket.resolved_at is not None for ticket in tickets.values()),
        told["first_response met"],
        told["first_response breached"],
        told["resolution met"],
        told["resolution breached"],
        Counter(ticket.rating for ticket in tickets.values() if ticket.rating is not None),
    )
