"""CSAT on a real Postgres: the link, its page, the fact, one answer a ticket whichever way it comes, and a restore."""

import asyncio
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.support.handlers.recovery import take_back_tickets
from shared.events.contacts import SurveyAnswered
from shared.events.contract import find_contract
from shared.events.ingest import About
from shared.ids import derived_id
from tests.events import decoded
from tests.integration.running import NOW
from tests.integration.support.running import Support
from tests.integration.support.test_stats import figures, said
from tests.unit.support.builders import described, erased, party_id, requested

TICKET = derived_id("ticket", "a")
PATH = f"/v1/tickets/{TICKET}"


@pytest.fixture
async def link(support: Support, http: httpx.AsyncClient) -> str:
    """The path of the page of a resolved ticket."""
    await support.heard(requested(event_id="a"))
    await http.post(f"{PATH}/status", json={"status": "resolved", "agent": "staff-1"})
    found = (await http.post(f"{PATH}/survey")).json()["url"]
    assert found.startswith("https://help.example/v1/surveys/answers/")
    path: str = found.removeprefix("https://help.example")
    return path


def answered(value: int, party: int = 1, **fields: Any) -> Any:
    about = About(ticket_id=str(fields.pop("ticket", TICKET)))
    data = SurveyAnswered(
        party_id=party_id(party), party_version=1, survey=fields.pop("survey", "csat"), value=value, recorded_at=NOW,
        origin="/shop", about=about,
    )  # fmt: skip
    return decoded("crm.contacts", "crm.survey.answered.v1", data, key=str(data.party_id), at=NOW, now=NOW)


async def told(support: Support) -> list[int]:
    return [data["value"] for kind, data in await support.published() if kind == "csat.recorded"]


async def test_only_the_first_post_of_a_link_answers(support: Support, http: httpx.AsyncClient, link: str) -> None:
    for _ in range(2):
        shown = await http.get(link)
        assert re.findall(r"<(form|button|a|img|script|link)", shown.text) == ["form", *["button"] * 6]
    assert (await http.get(f"{PATH}/csat")).status_code == 404
    for refused in ({}, {"value": 0}, {"value": 6}, {"value": 2**63}):
        assert (await http.post(link, params=refused)).status_code == 422
    answers = await asyncio.gather(*(http.post(link, params={"value": value}) for value in (1, 2, 3, 4, 5)))
    assert sorted("already" in each.text for each in answers) == [False, True, True, True, True]
    (value,) = await told(support)
    assert (await http.get(f"{PATH}/csat")).json()["value"] == value
    (passed_on,) = await support.rows("select topic, source, key from outbox where source is not null")
    assert passed_on == {"topic": "crm.ingest", "source": "/support/surveys", "key": str(party_id(1))}
    await support.rated(answered(value))  # as contacts tells it in turn
    assert await told(support) == [value]


async def test_a_fact_about_a_ticket_of_its_party_counts_once(
    support: Support, http: httpx.AsyncClient, link: str
) -> None:
    await support.heard(described(2, version=2, merged_into=1))
    await support.rated(
        answered(5, 3), answered(5, survey="ces"), answered(7), answered(5, ticket="x"), answered(5, ticket=UUID(int=9))
    )
    assert await told(support) == []
    await support.rated(answered(2, 2), answered(4))
    assert await told(support) == [2]
    assert "already" in (await http.post(link, params={"value": 5})).text
    await support.heard(erased())
    assert (await http.get(f"{PATH}/csat")).json()["source"] == "fact"


async def test_nobody_answers_by_a_link_that_is_old_foreign_or_of_the_erased(
    support: Support, http: httpx.AsyncClient, link: str
) -> None:
    assert (await http.post(f"{link}x", params={"value": 5})).status_code == 404
    assert (await http.get("/v1/surveys/answers/x.y.z")).status_code == 404
    await support.heard(erased())
    assert (await http.post(link, params={"value": 5})).status_code == 404
    support.now += timedelta(days=60)
    assert [(await each).status_code for each in (http.get(link), http.post(link, params={"value": 5}))] == [410, 410]
    assert await told(support) == []


async def test_nobody_is_asked_before_the_ticket_is_resolved(support: Support, http: httpx.AsyncClient) -> None:
    await support.heard(requested(event_id="a"))
    assert (await http.post(f"{PATH}/survey")).status_code == 409
    assert (await http.post(f"/v1/tickets/{UUID(int=5)}/survey")).status_code == 404


async def test_answers_come_back_from_their_topic(support: Support, http: httpx.AsyncClient, link: str) -> None:
    await http.post(link, params={"value": 3})
    (data,) = [data for kind, data in await support.published() if kind == "csat.recorded"]
    found = find_contract("crm.tickets", "crm.csat.recorded.v1")
    assert found is not None
    said = decoded(
        "crm.tickets", found.type, found.adapter.validate_python(data), key=str(party_id(1)), at=NOW, now=NOW
    )
    await support.pool.execute("delete from csat")
    async with support.transaction() as tx:
        await take_back_tickets([said, said], tx)
    assert (await http.get(f"{PATH}/csat")).json()["value"] == 3
    await support.rated(answered(5))
    assert await told(support) == [3]


OTHER = derived_id("ticket", "b")


async def counts(support: Support, http: httpx.AsyncClient) -> dict[str, int]:
    """The ratings that the figures have, once everything that was told is counted."""
    await support.counted(*await said(support))
    (all_,) = await figures(http)
    return {value: tickets for value, tickets in all_["csat"]["values"].items() if tickets}


@pytest.mark.parametrize("apart", [False, True], ids=["merged", "unmerged"])
async def test_what_is_said_of_a_merged_ticket_stays_with_it_and_counts(
    support: Support, http: httpx.AsyncClient, link: str, *, apart: bool
) -> None:
    """Asked before the merge and answered after it, twice; and the ticket that it went on in by itself."""
    await support.heard(requested(event_id="b"))
    await http.post(f"/v1/tickets/{OTHER}/status", json={"status": "resolved", "agent": "staff-1"})
    other = (await http.post(f"/v1/tickets/{OTHER}/survey")).json()["url"].removeprefix("https://help.example")
    merged = await http.post(f"{PATH}/merge", json={"into": str(OTHER), "agent": "staff-1"})
    assert merged.status_code == 200, merged.text
    assert (await http.post(f"{PATH}/survey")).status_code == 409
    if apart:
        await http.post(f"{PATH}/unmerge", json={"agent": "staff-1"})
    for value in (2, 5):
        assert (await http.post(link, params={"value": value})).status_code == 200
    assert await counts(support, http) == {"2": 1}
    await support.rated(answered(4), answered(3, ticket=OTHER))
    assert (await http.post(other, params={"value": 1})).status_code == 200
    assert [(await http.get(f"/v1/tickets/{each}/csat")).json()["value"] for each in (TICKET, OTHER)] == [2, 3]
    assert await counts(support, http) == {"2": 1, "3": 1}
