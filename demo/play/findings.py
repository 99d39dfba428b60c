"""What the demo finds out at the end, beside what the oracle expects."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from demo.oracle import desk
from demo.oracle.campaigns import SENT, Campaign
from demo.oracle.comparison import Comparison, compare
from demo.oracle.desk import Figures
from demo.oracle.history import known_at
from demo.oracle.ledger import Ledger
from demo.oracle.projections import compare_all
from demo.oracle.reading import SQL as ORACLE, Expected, customers
from demo.oracle.segments import CAMPAIGN, alone
from demo.play import outcome, readers
from demo.play.customers import Alike, Erased, erase, find_alike, read_past
from demo.play.letters import NEWSLETTER
from demo.play.outcome import Hindsight, Warned
from demo.play.readers import Read
from demo.play.watch import SQL, Trouble, Watch
from demo.world.facts import Fact
from demo.world.generator import Generator
from deploy.embedded.stack import EmbeddedStack

PAST = tuple(datetime(2017, month, 1, tzinfo=UTC) for month in (4, 7, 10))
LOOKED_AT = 12
"""Customers whose history is read as of each of these days."""
ENOUGH = 200
"""Of so many households and more every campaign has had somebody to write to."""


class Expecting(NamedTuple):
    """The ledger of what was sent, and the campaigns that are played."""

    ledger: Ledger
    campaigns: Sequence[Campaign]


class Acts(NamedTuple):
    """Why the two were merged whose merge was taken back, and what readers did with letters."""

    undone: str | None
    read: Read


class Played(NamedTuple):
    generator: Generator
    sent: Counter[str]
    seconds: float
    end: datetime
    acts: Acts


@dataclass(frozen=True, slots=True)
class Findings:
    """All that is told at the end."""

    households: int
    sent: Counter[str]
    sales: int
    """Different ones: some were sent twice."""
    seconds: float
    audit: Mapping[str, Any]
    messages: Mapping[str, Counter[str]]
    """By campaign, how its letters ended."""
    desk: Figures
    desk_should: Figures
    hindsight: Mapping[str, Hindsight]
    refits: int
    alike: Alike
    past: Comparison
    erased: Erased
    read: Read
    """What readers did with letters, and below what was counted of it."""
    counted: Read
    warned: Mapping[str, Warned]
    comparisons: Sequence[Comparison]
    troubles: Mapping[str, Trouble]
    refusals: Sequence[str]
    letters: int
    maildir: Path

    def failures(self) -> list[str]:
        """Why the demo did not prove what it should; nothing if it did."""
        failed = [f"the audit says {name} {self.audit[name]:,}" for name in ("missing", "double") if self.audit[name]]
        if self.audit["sales"] != self.sales:
            failed.append(f"marketing has read {self.audit['sales']:,} sales, and {self.sales:,} were sent")
        if not self.read.opened or self.counted != self.read:
            failed.append(f"marketing has counted {self.counted} of letters, and there was {self.read}")
        silent = [name for name, ended in self.messages.items() if not ended[SENT]]
        if self.households >= ENOUGH:
            failed += [f"the campaign {name} has written to nobody" for name in silent]
        if self.desk != self.desk_should:
            failed.append(f"support counts {self.desk}, and by the ledger it is {self.desk_should}")
        if not self.erased.holds:
            failed.append(f"an erasure has left something: {self.erased}")
        failed += [f"{each.name} differs from the ledger" for each in (*self.comparisons, self.past) if not each.equal]
        for service, trouble in self.troubles.items():
            counts = {"parked": trouble.parked, "quarantined": trouble.quarantined, "failed": trouble.failed_timers}
            failed += [f"{service} has {count:,} records or timers {what}" for what, count in counts.items() if count]
        return failed


async def find(
    client: httpx.AsyncClient,
    stack: EmbeddedStack,
    watch: Watch,
    expecting: Expecting,
    facts: Sequence[Fact],
    played: Played,
) -> Findings:
    """Compare everything, and only then have somebody forgotten."""
    ledger, campaigns = expecting
    expected = Expected(ledger, {}, campaigns)
    comparisons = await compare_all(watch, ledger, campaigns)
    (refits,) = await watch.rows("forecasting", SQL["count_refits"])
    marketing, forecasting, contacts = (stack.url(name) for name in ("marketing", "forecasting", "contacts"))
    maildir = stack.folder.path / "mail"
    return Findings(
        households=len(played.generator.households),
        sent=played.sent,
        sales=len(ledger.sales),
        seconds=played.seconds,
        audit=await outcome.audit(client, marketing),
        messages=await _messages(watch, campaigns),
        desk=await outcome.desk(client, stack.url("support"), played.end),
        desk_should=await desk.figures(watch, expected),
        hindsight=await outcome.hindsight(client, forecasting),
        refits=refits["refits"],
        alike=await find_alike(client, contacts, watch, played.acts.undone),
        past=await _past(client, contacts, watch, expected, facts),
        read=played.acts.read,
        counted=await readers.count_read(client, marketing, CAMPAIGN),
        warned=await outcome.warned(client, forecasting),
        comparisons=comparisons,
        letters=sum(1 for _ in os.scandir(maildir / "new")),
        erased=await _forget(client, contacts, watch, expected),
        troubles=await watch.troubles(played.end),
        refusals=[line for service in stack.services for line in await watch.refusals(service)],
        maildir=maildir,
    )


async def _messages(watch: Watch, campaigns: Sequence[Campaign]) -> dict[str, Counter[str]]:
    """As forecasting has counted them, which is compared with the ledger; with those of whom nothing was counted."""
    found = {name: Counter[str]() for name in sorted([*(each.name for each in campaigns), NEWSLETTER])}
    for row in await watch.rows("forecasting", ORACLE["load_campaign_counts"]):
        found.setdefault(row["campaign"], Counter())[row["outcome"]] += row["messages"]
    return {name: ended for name, ended in found.items() if name}


async def _past(
    client: httpx.AsyncClient, contacts: str, watch: Watch, expected: Expected, facts: Sequence[Fact]
) -> Comparison:
    """The 360 views of some customers as of three past days, beside what the ledger held by then."""
    single = sorted(await alone(watch, expected), key=int)[:LOOKED_AT]
    parties = {number: party for party, number in (await customers(watch)).items() if number in single}
    should: dict[Any, Any] = {}
    stands: dict[Any, Any] = {}
    for day in PAST:
        at = day - day.resolution
        should |= {(number, day): known for number, known in known_at(facts, expected.ledger, single, at).items()}
        stands |= {(number, day): known for number, known in (await read_past(client, contacts, parties, at)).items()}
    return compare("contacts: customers as of past days", should, stands)


async def _forget(client: httpx.AsyncClient, contacts: str, watch: Watch, expected: Expected) -> Erased:
    """Of the customers who asked something, and of whom an address is known, the first."""
    single = await alone(watch, expected)
    asking = (n for n in sorted(single, key=int) if (c := expected.ledger.customers[n]).tickets and c.email)
    number = next(asking)
    parties = {known: party for party, known in (await customers(watch)).items()}
    *_, email, phone = expected.ledger.customers[number].profile
    return await erase(client, contacts, parties[number], [each for each in (email, phone) if each])
