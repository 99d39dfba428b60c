"""The audit finds what is not there, and what is there twice."""

from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.marketing.audit import store as audit
from services.marketing.sending.channels.maildir import Maildir
from tests.integration.marketing.running import Marketing
from tests.unit.marketing.facts import ADA, BOB, CAY, DAY, HOUR, NOW, consent, definition, described, sale


@pytest.fixture
async def sent(marketing: Marketing, tmp_path: Path) -> Marketing:
    """One sale with its follow-up sent."""
    await marketing.publish(definition())
    await marketing.heard(described(), consent(), sale("s-1"))
    await marketing.pass_time(NOW + DAY)
    async with marketing.sender(Maildir(tmp_path, 500)) as sender:
        await sender.send_batch()
    return marketing


async def counted(http: httpx.AsyncClient, **params: str) -> dict[str, Any]:
    answer = await http.get("/v1/audit/follow-ups", params=params)
    assert answer.status_code == 200
    counts: dict[str, Any] = answer.json()
    return {name: number for name, number in counts.items() if number}


SECOND_ENROLMENT = """
insert into enrolment select trigger_event_id, 'other', gen_random_uuid(), 1, party_id, true, now() from enrolment
"""
SECOND_SENDING = """
insert into message (id, triggered_at, trigger_event_id, party_id, follow_up, step, campaign, planned_at, outcome)
select gen_random_uuid(), triggered_at, trigger_event_id, party_id, true, 1, campaign, planned_at, 'sent' from message
"""


REPEATED = "insert into repeated_sale select $1, trigger_event_id, party_id, now() from sale"
TWICE_ENROLLED = """
insert into enrolment select $1, campaign, gen_random_uuid(), 1, party_id, true, now() from enrolment limit 1
"""
TWICE_SENT = """
insert into message (id, triggered_at, trigger_event_id, party_id, follow_up, step, campaign, planned_at, outcome)
select gen_random_uuid(), triggered_at, $1, party_id, true, 1, campaign, planned_at, 'sent' from message limit 1
"""


@pytest.mark.parametrize(
    ("damage", "outcome"), [([], "one"), ([TWICE_ENROLLED], "double"), ([TWICE_ENROLLED, TWICE_SENT], "double")]
)
async def test_follow_ups_of_one_sale_under_two_events_are_double(
    sent: Marketing, http: httpx.AsyncClient, damage: list[str], outcome: str
) -> None:
    """However they came about: the audit joins them by the sale, not by the event."""
    for statement in [REPEATED, *damage]:
        await sent.pool.execute(statement, BOB)
    assert await counted(http) == {"sales": 1, outcome: 1}
    (listed,) = (await http.get("/v1/audit/follow-ups", params={"outcome": outcome})).json()["items"]
    assert (listed["sale_id"], listed["enrolments"]) == ("s-1", 1 + bool(damage))


@pytest.mark.parametrize(
    ("damage", "outcome"),
    [
        ("delete from message", "missing"),
        ("delete from enrolment", "missing"),
        ("update message set outcome = null", "missing"),
        (SECOND_ENROLMENT, "double"),
        (SECOND_SENDING, "double"),
        ("update message set outcome = 'unknown'", "unknown"),
    ],
)
async def test_audit_sees_damage(sent: Marketing, http: httpx.AsyncClient, damage: str, outcome: str) -> None:
    assert await counted(http) == {"sales": 1, "one": 1}
    await sent.pool.execute(damage)
    assert await counted(http) == {"sales": 1, outcome: 1}
    (listed,) = (await http.get("/v1/audit/follow-ups", params={"outcome": outcome})).json()["items"]
    assert (listed["sale_id"], listed["outcome"]) == ("s-1", outcome)


async def test_waiting_message_that_nothing_will_wake_is_missing(marketing: Marketing, http: httpx.AsyncClient) -> None:
    await marketing.publish(definition())
    await marketing.heard(sale("s-1"))
    assert await counted(http) == {"sales": 1, "waiting": 1}
    await marketing.pool.execute("delete from timer")
    assert await counted(http) == {"sales": 1, "missing": 1}


async def test_cleared_message_is_waiting(marketing: Marketing, http: httpx.AsyncClient) -> None:
    await marketing.publish(definition())
    await marketing.heard(described(), consent(), sale("s-1"))
    await marketing.pass_time(NOW + DAY)
    assert await counted(http) == {"sales": 1, "waiting": 1}
    (message,) = (await http.get("/v1/messages")).json()["items"]
    assert message["outcome"] == "cleared"


async def test_audit_of_a_time_counts_the_sales_that_occurred_in_it(
    marketing: Marketing, http: httpx.AsyncClient
) -> None:
    await marketing.publish(definition())
    await marketing.heard(sale("s-1", at=NOW), sale("s-2", at=NOW + DAY), sale("s-3", at=NOW + 2 * DAY))
    assert await counted(http, **{"from": (NOW + DAY).isoformat()}) == {"sales": 2, "waiting": 2}
    assert await counted(http, **{"from": (NOW + DAY).isoformat(), "to": (NOW + 2 * DAY).isoformat()}) == {
        "sales": 1,
        "waiting": 1,
    }


async def lose_messages(marketing: Marketing, *sales: str) -> None:
    statement = "delete from message m using sale s where s.trigger_event_id = m.trigger_event_id and sale_id = any($1)"
    await marketing.pool.execute(statement, sales)


async def listed(http: httpx.AsyncClient, outcome: str, **params: str | int) -> list[list[str]]:
    """The sales of each page, until there is no next one."""
    pages: list[list[str]] = []
    cursor: dict[str, str] = {}
    while True:
        answer = await http.get("/v1/audit/follow-ups", params={"outcome": outcome, **params, **cursor})
        page = answer.json()
        pages.append([item["sale_id"] for item in page["items"]])
        if page["next_cursor"] is None:
            return pages
        cursor = {"cursor": page["next_cursor"]}


@pytest.mark.parametrize("size", [1, 2, 7, 50_000])
async def test_windows_of_any_size_find_the_same(
    marketing: Marketing, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(audit, "_FIRST_WINDOW", size)
    monkeypatch.setattr(audit, "_WINDOW", size)
    await marketing.publish(definition(when={"channels": ["web"]}), definition("other", follow_up=False))
    await marketing.heard(*(sale(f"s-{number}", at=NOW + number * HOUR) for number in range(7)))
    await lose_messages(marketing, "s-2", "s-5")
    assert await counted(http) == {"sales": 7, "waiting": 5, "missing": 2}
    assert await listed(http, "missing") == [["s-2", "s-5"]]
    assert await listed(http, "missing", limit=1) == [["s-2"], ["s-5"]]
    assert await listed(http, "missing", **{"from": (NOW + 3 * HOUR).isoformat()}) == [["s-5"]]
    assert await listed(http, "waiting", limit=3) == [["s-0", "s-1", "s-3"], ["s-4", "s-6"]]
    assert await listed(http, "double") == [[]]


async def test_page_that_looked_at_enough_is_short_and_has_a_next_one(
    marketing: Marketing, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "_FIRST_WINDOW", 2)
    monkeypatch.setattr(audit, "_WINDOW", 2)
    monkeypatch.setattr(audit, "MOST_LOOKED_AT", 2)
    await marketing.publish(definition())
    await marketing.heard(*(sale(f"s-{number}") for number in range(5)))
    await lose_messages(marketing, "s-0", "s-4")
    assert await listed(http, "missing") == [["s-0"], [], ["s-4"]]


async def test_messages_are_found_by_party_trigger_and_outcome(sent: Marketing, http: httpx.AsyncClient) -> None:
    waiting = sale("s-2", BOB, at=NOW + 9 * DAY)
    await sent.heard(waiting)

    async def found(**params: str) -> list[str]:
        answer = await http.get("/v1/messages", params=params)
        return [item["sale_id"] for item in answer.json()["items"]]

    assert await found() == ["s-2", "s-1"]
    assert await found(party_id=str(ADA)) == ["s-1"]
    assert await found(trigger_event_id=waiting.id) == ["s-2"]
    assert await found(outcome="sent") == ["s-1"]
    assert await found(outcome="planned", party_id=str(ADA)) == []
    first = (await http.get("/v1/messages", params={"limit": 1})).json()
    assert await found(cursor=first["next_cursor"]) == ["s-1"]
    assert (await http.get("/v1/messages", params={"trigger_event_id": "no id"})).status_code == 422

    whole = (await http.get(f"/v1/messages/{first['items'][0]['message_id']}")).json()
    assert whole == first["items"][0]
    assert (await http.get(f"/v1/messages/{BOB}")).status_code == 404


async def test_message_of_an_unmatched_sale_tells_only_its_trigger(
    marketing: Marketing, http: httpx.AsyncClient
) -> None:
    await marketing.publish(definition(when={"skus": ["none"]}))
    sold = sale("s-1")
    await marketing.heard(sold)
    (message,) = (await http.get("/v1/messages", params={"trigger_event_id": sold.id})).json()["items"]
    assert (message["message_id"], message["campaign"], message["reason"]) == (None, None, "no_campaign")
    assert message["deciding_event_ids"] == [sold.id]


async def test_enrolments_are_found_by_party_trigger_and_campaign(sent: Marketing, http: httpx.AsyncClient) -> None:
    other = sale("s-2", BOB)
    await sent.heard(other)
    everything = (await http.get("/v1/enrolments", params={"limit": 1})).json()
    rest = (await http.get("/v1/enrolments", params={"cursor": everything["next_cursor"]})).json()["items"]
    assert [item["party_id"] for item in everything["items"] + rest] == [str(BOB), str(ADA)]
    for params in ({"party_id": str(BOB)}, {"trigger_event_id": other.id}):
        (enrolment,) = (await http.get("/v1/enrolments", params=params)).json()["items"]
        assert enrolment["trigger_event_id"] == other.id
    assert (await http.get("/v1/enrolments", params={"campaign": "other"})).json()["items"] == []


async def test_merged_party_is_read_with_its_survivor_until_the_merge_is_undone(
    marketing: Marketing, http: httpx.AsyncClient
) -> None:
    await marketing.publish(definition())
    await marketing.heard(sale("s-1", ADA), sale("s-2", BOB), sale("s-3", CAY))

    async def found(path: str, party: UUID) -> set[str]:
        items = (await http.get(path, params={"party_id": str(party)})).json()["items"]
        return {item["party_id"] for item in items}

    await marketing.heard(described(BOB, version=2, merged_into=ADA), described(CAY, version=2, merged_into=BOB))
    for path in ("/v1/messages", "/v1/enrolments"):
        for party in (ADA, BOB, CAY):
            assert await found(path, party) == {str(ADA), str(BOB), str(CAY)}

    await marketing.heard(described(BOB, version=3))
    assert await found("/v1/messages", ADA) == {str(ADA)}
    assert await found("/v1/messages", BOB) == {str(BOB), str(CAY)}
