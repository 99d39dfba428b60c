"""Whose ticket a mail goes on in, on a real Postgres; contacts, which says whose it is, is played by hand."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from services.support.handlers.recovery import take_back_tickets
from services.support.mail.commands import take
from services.support.mail.domain.incoming import read_mail
from services.support.main import routers
from services.support.settings import Settings, SupportSettings
from shared.events.contract import find_contract
from shared.ids import derived_id
from tests.events import decoded
from tests.integration.running import client
from tests.integration.support.running import Support, opened
from tests.unit.support.builders import described, erased, party_id, requested

HELP, ADA, BO = "help@rapport.example", "ada@example.com", "bo@example.com"
MAILED = SupportSettings(smtp_url=SecretStr("smtp://127.0.0.1:1"), mail_address=HELP)
A, B = derived_id("ticket", "a"), derived_id("ticket", "b")


@pytest.fixture
async def desk(dsn: str) -> AsyncIterator[Support]:
    async with opened(dsn, MAILED) as desk:
        yield desk


@pytest.fixture
async def http(desk: Support, dsn: str) -> AsyncIterator[httpx.AsyncClient]:
    async with client(desk, Settings, dsn, *routers) as http:
        yield http


async def wrote(
    desk: Support, event_id: str, party: int = 1, *, names: str, answers: str = "", refers: str = ""
) -> str:
    """A mail of a party, taken in and come back as its request."""
    head = f"From: {ADA if party == 1 else BO}\r\nSubject: Lamp\r\nMessage-ID: <{names}>\r\n"
    head += f"In-Reply-To: {answers}\r\n" if answers else ""
    head += f"References: {refers}\r\n" if refers else ""
    mail = read_mail(f"{head}\r\nBy {event_id}.".encode(), frozenset({HELP}))
    async with desk.transaction() as tx:
        outcome = await take(tx, mail)
    (fact,) = await desk.rows("select thread, in_reply_to from mail where id = $1", mail.id)
    event = requested(party, event_id=event_id, origin="/support/email", correlation_id=str(mail.id), **fact)
    await desk.heard(event)
    return outcome


async def ticket_of(desk: Support, event_id: str) -> Any:
    rows = await desk.rows(
        "select id from ticket where request_event_id = $1"
        " union all select ticket_id from reply where message_event_id = $1",
        event_id,
    )
    return rows[0]["id"]


async def act(http: httpx.AsyncClient, what: str, ticket: Any = A, **body: object) -> dict[str, Any]:
    answer = await http.post(f"/v1/tickets/{ticket}/{what}", json={"agent": "staff-1", **body})
    assert answer.status_code in {200, 201}, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_an_answer_to_a_colleague_goes_on_in_the_senders_own_ticket(desk: Support) -> None:
    """Bo answers all, which is his own ticket; Ada answers Bo, and what hers went on from is only in the references."""
    await wrote(desk, "a", names="m1@x")
    await wrote(desk, "b", 2, names="m2@x", answers="<m1@x>", refers="<m1@x>")
    await wrote(desk, "c", names="m3@x", answers="<m2@x>", refers="<m1@x> <m2@x>")
    assert [await ticket_of(desk, each) for each in "abc"] == [A, B, A]


async def test_what_a_mail_answers_counts_more_than_what_else_it_refers_to(desk: Support) -> None:
    await wrote(desk, "a", names="m1@x")
    await wrote(desk, "b", names="m2@x")
    await wrote(desk, "c", names="m3@x", answers="<m1@x>", refers="<m2@x> <m1@x>")
    assert await ticket_of(desk, "c") == A


async def test_a_mail_of_very_many_references_goes_on_where_the_nearest_lead(desk: Support) -> None:
    await wrote(desk, "a", names="m1@x")
    others = " ".join(f"<o{number}@x>" for number in range(1_000))
    await wrote(desk, "b", names="m2@x", answers="<unknown@x>", refers=f"{others} <m1@x>")
    await wrote(desk, "c", names="m3@x", answers="<unknown@x>", refers=f"<m2@x> {others}")
    assert [await ticket_of(desk, each) for each in "abc"] == [A, A, derived_id("ticket", "c")]
    (row,) = await desk.rows("select max(cardinality(refers_to)) as most from mail")
    assert row["most"] == 50


async def test_a_mail_that_comes_back_as_two_requests_claims_once(desk: Support) -> None:
    await wrote(desk, "a", names="m1@x")
    (mail,) = await desk.rows("select id from mail")
    await desk.heard(requested(event_id="again", origin="/support/email", correlation_id=str(mail["id"])))
    (mail,) = await desk.rows("select request_event_id from mail")
    assert mail["request_event_id"] == "a"


@pytest.mark.parametrize("merged", ["before", "after"])
async def test_who_was_taken_for_another_customer_reaches_no_ticket_of_theirs(
    desk: Support, http: httpx.AsyncClient, merged: str
) -> None:
    """Their tickets were one while they were; what either writes later is the other's no more."""
    await desk.heard(described(1, email=ADA), described(2, email=BO))
    await wrote(desk, "a", names="m1@x")
    await wrote(desk, "b", 2, names="m2@x")
    await desk.heard(described(1, version=2, merged_into=2, email=ADA))
    await act(http, "merge", into=str(B))
    if merged == "before":
        await wrote(desk, "c", names="m3@x", answers="<m1@x>")
        assert await ticket_of(desk, "c") == B
    await desk.heard(described(1, version=3, email=ADA))
    await wrote(desk, "d", names="m4@x", answers="<m3@x>" if merged == "before" else "<m1@x>")
    assert await ticket_of(desk, "d") == derived_id("ticket", "d")
    await act(http, "replies", ticket=B, text="Dear Bo.")
    assert [each["address"] for each in await desk.rows("select address from letter")] == [BO]


async def test_what_answers_a_letter_that_was_split_off_goes_on_with_it(desk: Support, http: httpx.AsyncClient) -> None:
    await wrote(desk, "a", names="m1@x")
    await desk.heard(described(email=ADA))
    reply = (await act(http, "replies", text="And the chair?"))["reply_id"]
    other = (await act(http, "replies", text="Turn the switch."))["reply_id"]
    split = await act(http, "split", replies=[reply], subject="Chair")
    await wrote(desk, "b", names="m2@x", answers=f"<{reply}@rapport.example>")
    await wrote(desk, "c", names="m3@x", answers=f"<{other}@rapport.example>")
    assert [str(await ticket_of(desk, each)) for each in "bc"] == [split["into"], str(A)]


async def test_what_was_split_off_is_where_it_was_after_a_restore(desk: Support, http: httpx.AsyncClient) -> None:
    """In any number of readings, and where a log tells of the ticket that was made after what went into it."""
    await wrote(desk, "a", names="m1@x")
    await wrote(desk, "b", names="m2@x", answers="<m1@x>")
    (message,) = await desk.rows("select id from reply")
    into = (await act(http, "split", replies=[str(message["id"])]))["into"]
    events = []
    for type_, key, data in await desk.published_by_key():
        if (contract := find_contract("crm.tickets", f"crm.{type_}.v1")) is not None:
            read = contract.adapter.validate_python(data)
            events.append(decoded("crm.tickets", contract.type, read, key=key, at=read.recorded_at, now=desk.now))
    assert [each.type for each in events[-2:]] == ["crm.ticket.opened.v1", "crm.ticket.split.v1"]
    for told in (events, [*events[:-2], events[-1], events[-2]]):
        await desk.clear()
        for _ in range(2):
            async with desk.transaction() as tx:
                await take_back_tickets(told, tx)
        assert [str(each["ticket_id"]) for each in await desk.rows("select ticket_id from reply")] == [into]


async def test_mails_and_letters_of_the_erased_name_no_message_and_what_comes_late_joins_its_ticket(
    desk: Support, http: httpx.AsyncClient
) -> None:
    await desk.heard(described(email=ADA))
    await wrote(desk, "a", names="m1@adas-house")
    await wrote(desk, "b", names="m2@adas-house", answers="<m1@adas-house>", refers="<m0@adas-house> <m1@adas-house>")
    await act(http, "replies", text="Turn the switch.")
    await desk.heard(erased())
    await desk.heard(requested(event_id="late", thread="m9@adas-house", in_reply_to="m1@adas-house"))
    for table in ("letter", "mail"):
        kept = " ".join(str(row) for row in await desk.rows(f"select * from {table}"))
        assert "adas-house" not in kept, table
    assert len(await desk.rows("select from ticket where party_id = $1", party_id(1))) == 1
