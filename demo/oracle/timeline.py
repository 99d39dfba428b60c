"""The lines of a timeline that services add to the facts: who is known, which stage, which messages."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import product
from typing import Any
from uuid import UUID

from pydantic_core import from_json

from demo.oracle.campaigns import EXITED as EXITED_EARLY, SENT, UNKNOWN, Campaign, Message, MessageKey, beside_sales
from demo.oracle.ledger import TICKET, TIMELESS, Ledger, Line, about
from demo.oracle.lifecycle import clock, stages
from demo.oracle.reading import SQL, Databases, Expected, Read, Rows, customers

REGISTERED, STAGE = "crm.party.registered.v1", "crm.lifecycle.changed.v1"
STARTED, EXITED = "crm.enrolment.started.v1", "crm.enrolment.exited.v1"
PLANNED, SKIPPED = "crm.message.planned.v1", "crm.message.skipped.v1"
ENDED = {SENT: "crm.message.sent.v1", UNKNOWN: "crm.message.unknown.v1"}
UPDATED, TRIAGED = "crm.party.updated.v1", "crm.ticket.triaged.v1"
APPLIED, OF_CLOCKS = "crm.sla.applied.v1", ("crm.sla.warned.v1", "crm.sla.breached.v1", "crm.sla.met.v1")
SUSPECTED, LIKENESS = "crm.duplicate.suspected.v1", "likeness"
GRANTED = "crm.role.granted.v1"
MERGED, UNMERGED = "crm.party.merged.v1", "crm.party.unmerged.v1"
WARNED, WARNING_CLEARED = "crm.warning.raised.v1", "crm.warning.cleared.v1"
ENTERED, LEFT = "crm.segment.entered.v1", "crm.segment.left.v1"
SURVEY_SENT, TIER_CHANGED, POINTS = "crm.survey.sent.v1", "crm.tier.changed.v1", "crm.points."
OPENED, CLICKED = "crm.message.opened.v1", "crm.message.clicked.v1"
_NAMED_BY = {
    GRANTED: "role",
    SUSPECTED: "reason",
    WARNED: "warning_id",
    WARNING_CLEARED: "warning_id",
    ENTERED: "segment",
    LEFT: "segment",
}
ASSIGNED = "crm.ticket.assigned.v1"
OF_DESK = ("crm.ticket.replied.v1", "crm.ticket.status_changed.v1", "crm.ticket.resolved.v1", "crm.csat.recorded.v1")
_UNNAMED = frozenset([REGISTERED, SURVEY_SENT, TRIAGED, APPLIED, MERGED, UNMERGED, ASSIGNED, *OF_DESK])
_OF_CAMPAIGNS = frozenset([STARTED, EXITED, PLANNED, SKIPPED, *ENDED.values(), OPENED, CLICKED])


def lines_of_services(
    ledger: Ledger, messages: Mapping[MessageKey, Message], campaigns: Sequence[Campaign], now: datetime
) -> Counter[tuple[str, Line]]:
    """By customer, what the services must have added up to `now`."""
    found: Counter[tuple[str, Line]] = Counter()
    for number in ledger.customers:
        found[number, Line(REGISTERED, TIMELESS, "")] += 1
        for role in ledger.customers[number].roles:
            found[number, Line(GRANTED, TIMELESS, role)] += 1
    for number, stage, at in stages(ledger, now):
        found[number, Line(STAGE, at, stage)] += 1
    for number, customer in ledger.customers.items():
        if requests := sum(line.type == TICKET for line in customer.lines):
            found[number, Line(TRIAGED, TIMELESS, "")] += requests
            found[number, Line(APPLIED, TIMELESS, "")] += requests
    known = {campaign.name: campaign for campaign in campaigns}
    for key, message in messages.items():
        number = ledger.sales[key.origin, key.sale_id].customer
        for line in _lines_of_message(key, message, known.get(key.campaign)):
            found[number, line] += 1
    return found


def _lines_of_message(key: MessageKey, message: Message, campaign: Campaign | None) -> list[Line]:
    enrolment = f"{key.sale_id} {key.campaign}"
    if campaign is None:
        return [Line(SKIPPED, TIMELESS, f"{key.sale_id} no_campaign")]
    if message.due_at is None:  # it was left at once
        return [Line(STARTED, TIMELESS, enrolment), Line(EXITED, TIMELESS, f"{enrolment} {message.outcome}")]
    name = f"{enrolment} {key.step} {message.due_at.isoformat()}"
    lines = [Line(PLANNED, TIMELESS, name)]
    if key.step == 1:
        lines.append(Line(STARTED, TIMELESS, enrolment))
    if message.outcome in ENDED:
        asked = [Line(SURVEY_SENT, TIMELESS, "")] if campaign.asks and message.outcome == SENT else []
        return [*lines, *asked, Line(ENDED[message.outcome], TIMELESS, name)]
    if key.step < len(campaign.waits) or message.outcome == EXITED_EARLY:
        lines.append(Line(EXITED, TIMELESS, f"{enrolment} {message.outcome}"))
    return [*lines, Line(SKIPPED, TIMELESS, f"{name} {message.outcome}")]


def timeline_line(type_: str, at: datetime, summary: Mapping[str, Any], sales: Mapping[str, str]) -> Line | None:
    """A line as it stands, by natural ids. `sales` are the sale ids by event id.

    None for `party.updated`: how many updates a party sees depends on what came in one batch; its profile is compared.
    Nor for points and tiers: the accounts are.
    """
    if type_ in {UPDATED, TIER_CHANGED} or type_.startswith(POINTS):
        return None
    if type_ in _UNNAMED or type_ in OF_CLOCKS:
        return Line(type_, TIMELESS, f"{summary['metric']} {summary['cycle']}" if type_ in OF_CLOCKS else "")
    if type_ in _NAMED_BY:
        return Line(type_, TIMELESS, summary[_NAMED_BY[type_]])
    if type_ == STAGE:
        return Line(type_, at, summary["stage"])
    if type_ not in _OF_CAMPAIGNS:
        return Line(type_, at, about(summary))
    words = [sales.get(summary["trigger_event_id"], "?"), summary.get("campaign")]
    if summary.get("due_at"):
        words += [summary["step"], datetime.fromisoformat(summary["due_at"]).isoformat()]
    words.append(summary.get("reason"))
    return Line(type_, TIMELESS, " ".join(str(word) for word in words if word is not None))


async def _told_judgements(databases: Databases) -> Counter[tuple[str, Line]]:
    """What the ledger does not judge, such as who resembles whom: whatever stands was told once to whom it is about."""
    told: Counter[tuple[str, Line]] = Counter()
    for pair in await databases.rows("contacts", SQL["load_likenesses"]):
        for number in filter(None, pair):
            told[number, Line(SUSPECTED, TIMELESS, LIKENESS)] += 1
    for into, merged, undone in await databases.rows("contacts", SQL["load_merges"]):
        for number, type_ in product(filter(None, (into, merged)), (MERGED, UNMERGED)[: 1 + undone]):
            told[number, Line(type_, TIMELESS, "")] += 1
    numbers = await customers(databases)
    # A warning is told, and that it is over.
    for row in await databases.rows("forecasting", SQL["load_warnings"]):
        for type_ in (WARNED, WARNING_CLEARED)[: 1 + row["over"]]:
            told[numbers[row["party_id"]], Line(type_, TIMELESS, row["warning_id"])] += 1
    return told + await _told_segments(databases, numbers) + await _told_support(databases, numbers)


async def _told_support(databases: Databases, numbers: Mapping[UUID, str]) -> Counter[tuple[str, Line]]:
    """Who was given tickets; and when clocks come to it depends on the priority."""
    told: Counter[tuple[str, Line]] = Counter()
    for row in await databases.rows("support", SQL["load_told"]):
        if row["party_id"] in numbers:
            told[numbers[row["party_id"]], Line(row["type"], TIMELESS, f"{row['metric']} {row['cycle']}")] += 1
    for row in await databases.rows("support", SQL["load_handings"]):
        if row["party_id"] in numbers:
            told[numbers[row["party_id"]], Line(ASSIGNED, TIMELESS, "")] += 1
    return told


async def _told_segments(databases: Databases, numbers: Mapping[UUID, str]) -> Counter[tuple[str, Line]]:
    """Whoever is in a segment has entered it once more often than left."""
    told: Counter[tuple[str, Line]] = Counter()
    for row in await databases.rows("marketing", SQL["load_segment_changes"]):
        if row["party_id"] in numbers:
            for type_, times in ((ENTERED, (row["changes"] + 1) // 2), (LEFT, row["changes"] // 2)):
                told[numbers[row["party_id"]], Line(type_, TIMELESS, row["segment"])] += times
    return told


async def read_timelines(databases: Databases, expected: Expected) -> tuple[Rows, Rows]:
    should = expected.ledger.timeline()
    should.update(lines_of_services(expected.ledger, expected.messages, expected.campaigns, await clock(databases)))
    should.update(await _told_judgements(databases))
    rows = [
        (row["customer"], row["type"], row["occurred_at"], row["event_id"], from_json(row["summary"]))
        for row in await databases.rows("contacts", SQL["load_lines"])
    ]
    sales = {id_: summary["sale_id"] for _, type_, _, id_, summary in rows if type_ == "crm.sale.completed.v1"}
    stands: Counter[tuple[str, Line]] = Counter()
    others = beside_sales(expected.campaigns)
    for customer, type_, at, _, summary in rows:
        if type_ in _OF_CAMPAIGNS and summary.get("campaign") in others:
            continue  # what follows from a segment is compared with it
        line = timeline_line(type_, at, summary, sales)
        if line is not None:
            stands[customer, line] += 1
        # What a later line corrects was told before, and counts no more.
        for told in summary.get("retracts", ()) if type_ == STAGE else ():
            stands[customer, Line(STAGE, datetime.fromisoformat(told["entered_at"]), told["stage"])] -= 1
    return should, +stands


PROJECTIONS: dict[str, Read] = {"contacts: timeline lines": read_timelines}
