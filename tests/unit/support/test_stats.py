"""What tickets add to the sums, which are those of the tickets as they stand, however often that is told."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given, strategies as st

from services.support.stats.domain.counting import (
    STANDING,
    Place,
    Row,
    contributions,
    differences,
    follow,
    product_of,
)
from services.support.stats.domain.warning import About, Level, is_over, is_too_much
from shared.engine.event import Event
from shared.events.tickets import (
    CsatRecorded,
    SlaBreached,
    SlaMet,
    SlaWarned,
    TicketAssigned,
    TicketOpened,
    TicketReplied,
    TicketStatusChanged,
    TicketTriaged,
)
from tests.events import decoded, type_of
from tests.unit.support.builders import NOON, party_id

ID = UUID(int=7)
STATUSES = ("open", "pending", "resolved", "closed", "reopened", "merged", "spam")


def heard(data: Any, at: datetime = NOON) -> Event[Any]:
    return decoded("crm.tickets", type_of("crm.tickets", data), data, key=str(party_id(1)), at=at, now=at)


def of(kind: type, minutes: int = 0, **fields: Any) -> Event[Any]:
    at = NOON + timedelta(minutes=minutes)
    return heard(kind(ticket_id=ID, party_id=party_id(1), request_event_id="r", recorded_at=at, **fields), at)


def opened() -> Event[Any]:
    return of(TicketOpened, number=1, channel="email", has_text=True, sku="A-17")


def moved(status: str, minutes: int, agent: str | None = "ada") -> Event[Any]:
    return of(TicketStatusChanged, minutes, previous="open", status=status, version=2, agent=agent)


def triaged(category: str | None, skills: tuple[str, ...] = ()) -> Event[Any]:
    return of(
        TicketTriaged, category=category, confidence=0.9, urgency="low", sentiment="neutral", priority="low",
        skills=skills, model_version=1,
    )  # fmt: skip


def row_of(*events: Event[Any]) -> Row:
    row = Row(ID)
    for event in events:
        row = follow(row, event, lambda skills: "payments" if "payments" in skills else "general")
    return row


def counted(row: Row) -> set[tuple[str, str, str, int, int]]:
    return {(p.measure, p.agent, p.category, p.bucket, seconds) for p, seconds in contributions(row)}


def test_a_ticket_counts_where_it_stands_and_only_its_last_resolution_was_one() -> None:
    events = [
        opened(),
        triaged("refund", ("payments",)),
        of(TicketAssigned, queue="payments", how="routed", why=("x",), agent="ada"),
        of(TicketReplied, 10, reply_id=ID, author="customer", has_text=True),
        of(TicketReplied, 20, reply_id=ID, author="agent", has_text=True, agent="bo"),
        of(TicketReplied, 30, reply_id=ID, author="agent", has_text=True, agent="ada"),
        moved("resolved", 60),
        moved("reopened", 90, None),
        moved("resolved", 600, "bo"),
        of(CsatRecorded, 700, value=4, answered_at=NOON, agent="bo"),
    ]
    assert counted(row_of(*events)) == {
        ("opened", "ada", "refund", 0, 0),
        ("first_answer", "bo", "refund", 2, 1_200),
        ("reopened", "ada", "refund", 0, 0),
        ("resolved", "bo", "refund", 7, 36_000),
        ("csat", "bo", "refund", 4, 0),
    }
    assert {place.queue for place, _ in contributions(row_of(*events))} == {"payments"}
    assert ("resolved", "bo", "price", 7, 36_000) in counted(row_of(*events, triaged("price")))
    assert counted(row_of(*events, moved("merged", 800))) == {
        ("merged", "ada", "refund", 0, 0), ("csat", "bo", "refund", 4, 0),
    }  # fmt: skip
    assert counted(row_of(*events, moved("spam", 800))) == {("spam", "ada", "refund", 0, 0)}
    assert product_of(row_of(*events, moved("merged", 800))) is None


def test_a_ticket_with_little_time_left_stands_so_until_its_clock_ends() -> None:
    clock = {"metric": "resolution", "cycle": 1, "due_at": NOON}
    short = row_of(opened(), of(SlaWarned, 5, **clock))
    assert {place.measure for place, _ in contributions(short) if place.day == STANDING} == {"open", "slack_short"}
    for ending, measure in ((SlaMet, "met resolution"), (SlaBreached, "breached resolution")):
        ended = follow(short, of(ending, 9, **clock), lambda _: "general")
        assert {place.measure for place, _ in contributions(ended)} == {"opened", "open", measure}


def step(kind: str, n: int, at: int) -> Event[Any]:
    match kind:
        case "move":
            return moved(STATUSES[n], at)
        case "triage":
            return triaged((None, "refund", "price")[n % 3], ("payments",) * (n % 2))
        case "assign":
            return of(TicketAssigned, queue="general", how="routed", why=(), agent=(None, "ada")[n % 2])
        case "reply":
            author = ("agent", "customer")[n % 2]
            return of(TicketReplied, at, reply_id=ID, author=author, has_text=True, agent="ada")
        case "rate":
            return of(CsatRecorded, at, value=n % 5 + 1, answered_at=NOON)
        case _:
            return of((SlaWarned, SlaMet, SlaBreached)[n % 3], at, metric="resolution", cycle=n // 3)


KINDS = st.sampled_from(["move", "triage", "assign", "reply", "rate", "sla"])


@given(st.lists(st.tuples(KINDS, st.integers(0, 6))))
def test_sums_are_those_of_the_row_however_it_was_told(steps: list[tuple[str, int]]) -> None:
    events = [opened(), *(step(kind, n, at) for at, (kind, n) in enumerate(steps, 1))]
    sums: Counter[Place] = Counter()
    row = Row(ID)
    for event in (each for each in events for _ in range(2)):
        after = follow(row, event, lambda skills: "payments" if skills else "general")
        for place, (tickets, _) in differences(row, after).items():
            sums[place] += tickets
        row = after
    assert {place: n for place, n in sums.items() if n} == Counter(place for place, _ in contributions(row))


def test_a_warning_is_not_raised_and_cleared_by_turns() -> None:
    for kind in ("slack_short", "backlog_growing", "similar_tickets"):
        about = About(kind, "x")
        for usual in (0, 1, 100, 10**6):
            levels = [Level(observed, usual) for observed in (0, 4, 5, 9, 10, 49, 50, 299, 300, 10**7)]
            assert not any(is_too_much(about, each) and is_over(about, each) for each in levels)
            assert is_over(about, levels[0])
            assert is_too_much(about, levels[-1])
