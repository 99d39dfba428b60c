"""Figures on a real Postgres: of what was done over HTTP and heard, in batches of any size, and after a restore."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx

from services.support.handlers.recovery import take_back_tickets
from shared.events.contract import find_contract
from shared.ids import derived_id
from tests.events import decoded
from tests.integration.running import NOW
from tests.integration.support.running import Support
from tests.unit.support.builders import requested

SUMS = "select * from stat_sum where tickets <> 0 order by day, queue, agent, category, channel, measure, bucket"


async def said(support: Support) -> list[Any]:
    """Everything that support has said of tickets, as it is read from its topic: the same offsets each time."""
    found = []
    for number, (type_, key, data) in enumerate(await support.published_by_key()):
        contract = find_contract("crm.tickets", f"crm.{type_}.v1")
        if contract is None:
            continue
        event = decoded(
            "crm.tickets",
            contract.type,
            contract.adapter.validate_python(data),
            key=key,
            at=NOW,
            now=NOW,
            id_=str(number),
        )
        event.offset = number
        found.append(event)
    return found


async def opened(support: Support, number: int, *, sku: str | None = None, at: int = 0) -> str:
    event = requested(number, event_id=f"r{number}")
    event.data = event.data.__class__(
        **{name: getattr(event.data, name) for name in event.data.__slots__} | {"sku": sku}
    )
    event.now = NOW + timedelta(minutes=at)
    await support.heard(event)
    return f"/v1/tickets/{derived_id('ticket', event.id)}"


async def figures(http: httpx.AsyncClient, **asked: Any) -> list[dict[str, Any]]:
    answer = await http.get("/v1/stats", params=asked)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def test_figures_are_those_of_what_was_done_however_it_was_heard(
    support: Support, http: httpx.AsyncClient
) -> None:
    one, two, three = [await opened(support, number) for number in (1, 2, 3)]
    for path in (one, two):
        await http.post(f"{path}/replies", json={"text": "Hello.", "agent": "staff-1"})
        await http.post(f"{path}/status", json={"status": "resolved", "agent": "staff-2"})
    await http.post(f"{two}/status", json={"status": "reopened", "agent": "staff-1"})
    await http.post(f"{three}/status", json={"status": "spam", "agent": "staff-1"})
    events = await said(support)
    await support.counted(*events)
    (all_,) = await figures(http)
    assert [all_[name] for name in ("opened", "resolved", "reopened", "spam", "merged", "open")] == [2, 1, 1, 1, 0, 1]
    assert (all_["first_answer"]["tickets"], all_["time_to_resolve"]["histogram"][0]["tickets"]) == (2, 1)
    by_agent = {each["key"]: each for each in await figures(http, by="agent")}
    assert by_agent["staff-2"]["resolved"] == 1
    assert by_agent["staff-1"]["first_answer"]["tickets"] == 2
    (day,) = await figures(http, by="day")
    assert (day["key"], day["open"]) == (NOW.date().isoformat(), None)
    assert await figures(http, by="day", until="2026-01-01") == []
    assert (await figures(http, channel="phone"))[0]["opened"] == 0

    sums = await support.rows(SUMS)
    await support.counted(*events)
    assert await support.rows(SUMS) == sums
    await support.pool.execute("delete from stat_sum; delete from stat_ticket")
    for event in events:
        await support.counted(event)
    assert await support.rows(SUMS) == sums
    await support.pool.execute("delete from stat_sum; delete from stat_ticket")
    for half in (events[:5], events):
        async with support.transaction() as tx:
            await take_back_tickets(half, tx)
    assert await support.rows(SUMS) == sums


async def test_tickets_that_are_counted_at_the_same_time_are_all_counted_and_warned_of_once(
    support: Support, http: httpx.AsyncClient
) -> None:
    for number in range(1, 13):
        await opened(support, number, sku="A-17")
    await asyncio.gather(*(support.counted(event) for event in await said(support)))
    assert (await figures(http))[0]["opened"] == 12
    assert [each["kind"] for each in (await http.get("/v1/stats/warnings")).json()["items"]] == ["similar_tickets"]
    assert [kind for kind, _ in await support.published() if kind == "warning.raised"] == ["warning.raised"]


async def test_days_that_make_no_span_are_refused(support: Support, http: httpx.AsyncClient) -> None:
    del support
    spans = [{"since": "2026-03-02", "until": "2026-03-01"}, {"since": "2020-01-01", "until": "2026-03-01"}]
    assert [(await http.get("/v1/stats", params=each)).status_code for each in spans] == [422, 422]
    assert (await http.get("/v1/stats", params={"until": "0001-01-01"})).status_code == 422


async def test_many_tickets_about_one_product_warn_once_and_that_is_over_by_time(
    support: Support, http: httpx.AsyncClient
) -> None:
    for number in range(1, 8):
        await opened(support, number, sku="A-17")
    for event in await said(support):
        await support.counted(event)
    (warning,) = (await http.get("/v1/stats/warnings")).json()["items"]
    assert (warning["kind"], warning["about"], warning["observed"]) == ("similar_tickets", "A-17", 5)
    await support.pass_time(NOW + timedelta(days=4))
    assert (await http.get("/v1/stats/warnings")).json()["items"] == []
    (over,) = (await http.get("/v1/stats/warnings?cleared=true")).json()["items"]
    assert over["cleared_at"] is not None
    told = [kind for kind, _ in await support.published() if kind.startswith("warning.")]
    assert told == ["warning.raised", "warning.cleared"]

    events = [event for event in await said(support) if event.type.startswith("crm.warning")]
    await support.pool.execute("delete from stat_warning")
    async with support.transaction() as tx:
        await take_back_tickets([*events, *events], tx)
    (taken_back,) = (await http.get("/v1/stats/warnings?cleared=true")).json()["items"]
    assert taken_back == over
