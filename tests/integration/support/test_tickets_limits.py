"""What a critical user tries on tickets: empty and absent, NUL, large numbers, clocks, two customers who share."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast, get_args
from uuid import UUID

import httpx
import pytest
from pydantic import BaseModel
from starlette.responses import Response

from services.support.desk.api import SHOWN_REPLIES, read_ticket
from services.support.desk.schemas import Entry, TicketLine
from services.support.tickets.domain.ticket import ReplyKind
from services.support.tickets.schemas import NewReply
from shared.engine.postgres import PostgresTransaction
from shared.events.tickets import TicketStatus, Waiting
from shared.events.values import Channel
from shared.http.paging import encode_cursor
from shared.ids import derived_id
from tests.integration.running import NOW
from tests.integration.support.running import Support
from tests.integration.support.test_routing import agent, opened
from tests.integration.support.test_sla import promised, triaged  # noqa: F401  the fixture
from tests.unit.support.builders import described, erased, party_id, requested

TICKET = f"/v1/tickets/{derived_id('ticket', 'a')}"
BLANK = ["", " ", "\t\n"]


def asked(event_id: str = "a", party: int = 1, **fields: Any) -> Any:
    event = requested(party, event_id=event_id)
    event.data = replace(event.data, **fields)
    return event


@pytest.mark.parametrize("blank", [*BLANK, None])
async def test_empty_and_absent_fields_of_a_request_are_the_same(
    http: httpx.AsyncClient, support: Support, blank: str | None
) -> None:
    fields = dict.fromkeys(("thread", "in_reply_to", "sku", "sale_id", "locale"), blank)
    await support.heard(asked("a", **fields), asked("b", **fields))

    first, second = [(await http.get(f"/v1/tickets/{derived_id('ticket', name)}")).json() for name in "ab"]

    assert [first[name] for name in ("sku", "sale_id", "locale")] == [None, None, None]
    assert (first["follows"], second["follows"], first["followed_by"]) == (None, None, [])
    ((_, opened), _) = await support.published()
    assert (opened.get("sku"), opened.get("sale_id"), opened.get("follows")) == (None, None, None)


@pytest.mark.parametrize("blank", BLANK)
async def test_a_request_without_words_has_no_text(http: httpx.AsyncClient, support: Support, blank: str) -> None:
    await support.heard(asked(subject=blank, body=blank))

    view = (await http.get(TICKET)).json()

    assert (view["subject"], view["thread"][0]["text"]) == (None, None)
    ((_, opened),) = await support.published()
    assert opened["has_text"] is False


async def test_a_character_that_cannot_be_stored_costs_neither_the_request_nor_its_thread(
    http: httpx.AsyncClient, support: Support
) -> None:
    await support.heard(
        described(name="Ada\0Holm"),
        asked("a", subject="La\0mp", body="It\0 is dark.", thread="<m\0 1>", sku="A\0", sale_id="s\0", locale="d\0a"),
        asked("b", in_reply_to="<m\0 1>"),
    )

    view = (await http.get(TICKET)).json()

    texts = (view["subject"], view["thread"][0]["text"], view["customer"]["name"])
    assert texts == tuple(
        text.replace("?", "\N{REPLACEMENT CHARACTER}") for text in ("La?mp", "It? is dark.", "Ada?Holm")
    )
    assert [entry["kind"] for entry in view["thread"]] == ["request", "reply"]


@pytest.mark.parametrize("text", [*BLANK, "a\0b", "\ud800"])
async def test_a_reply_without_words_or_with_what_no_database_holds_is_refused(
    http: httpx.AsyncClient, support: Support, text: str
) -> None:
    await support.heard(requested(event_id="a"))

    body = b'{"text": "\\ud800"}' if text == "\ud800" else None
    sent = {"content": body, "headers": {"content-type": "application/json"}} if body else {"json": {"text": text}}
    answer = await http.post(f"{TICKET}/replies", **sent)

    assert answer.status_code == 422
    # Half a surrogate is no text in any field: it is not JSON.
    assert answer.json()["errors"][0]["field"] == ("body" if body else "body.text")
    assert await support.rows("select 1 from reply") == []


async def test_the_longest_texts_are_kept_whole(http: httpx.AsyncClient, support: Support) -> None:
    longest = "\N{PILE OF POO}" * 100_000
    await support.heard(asked(subject=longest, body=longest))

    assert (await http.post(f"{TICKET}/replies", json={"text": longest})).status_code == 201
    assert (await http.post(f"{TICKET}/replies", json={"text": longest + "."})).status_code == 422
    assert [entry["text"] for entry in (await http.get(TICKET)).json()["thread"]] == [longest, longest]


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/v1/tickets", {"cursor": encode_cursor([2**63])}),
        ("/v1/tickets", {"cursor": encode_cursor([-(2**63) - 1])}),
        ("/v1/tickets", {"cursor": encode_cursor(["x"])}),
        ("/v1/tickets", {"cursor": encode_cursor([1, 2])}),
        ("/v1/tickets", {"cursor": "\0"}),
        ("/v1/tickets", {"limit": "0"}),
        ("/v1/tickets", {"limit": str(2**64)}),
        ("/v1/tickets", {"status": "\0"}),
        ("/v1/tickets", {"party_id": "0"}),
        ("/v1/tickets/0", {}),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused(
    http: httpx.AsyncClient, path: str, params: dict[str, str]
) -> None:
    answer = await http.get(path, params=params)

    assert answer.status_code == 422
    assert answer.json()["errors"]


@pytest.mark.parametrize("days", [-20_000, -1, 0, 0.003])
async def test_a_request_of_any_clock_is_a_ticket_of_its_own_time(
    http: httpx.AsyncClient, support: Support, days: float
) -> None:
    event = asked()
    event.time += timedelta(days=days)
    await support.heard(event)

    assert (await http.post(f"{TICKET}/status", json={"status": "resolved"})).status_code == 200
    view = (await http.get(TICKET)).json()
    assert view["opened_at"] == event.time.isoformat().replace("+00:00", "Z")
    assert view["status"] == "resolved"


async def test_requests_of_one_moment_keep_the_order_of_the_log(http: httpx.AsyncClient, support: Support) -> None:
    await support.heard(*(asked(name, thread="<m1>", body=name) for name in "abc"))

    assert [entry["text"] for entry in (await http.get(TICKET)).json()["thread"]] == ["a", "b", "c"]


async def test_two_customers_of_one_thread_one_sale_and_one_sender_never_see_each_other(
    http: httpx.AsyncClient, support: Support
) -> None:
    shared = {"thread": "<m1>", "in_reply_to": "<m1>", "sale_id": "s-1", "sku": "A"}
    await support.heard(described(1), described(2, name="Bo Berg"), asked("a", 1, **shared), asked("b", 2, **shared))

    for party, name in ((1, "a"), (2, "b")):
        found = (await http.get("/v1/tickets", params={"party_id": str(party_id(party))})).json()["items"]
        assert [(line["request_event_id"], line["follows"]) for line in found] == [(name, None)]
    await support.heard(erased(1))
    view = (await http.get(f"/v1/tickets/{derived_id('ticket', 'b')}")).json()
    assert (view["customer"]["name"], view["thread"][0]["text"]) == ("Bo Berg", "It is dark.")


async def test_a_sale_is_named_with_who_reported_it(support: Support) -> None:
    """(`origin`, `sale_id`) names a sale everywhere; two shops may count from 1 both."""
    await support.heard(asked("a", sale_id="1", origin="/shop"), asked("b", 2, sale_id="1", origin="/kiosk"))

    assert [(opened["origin"], opened["sale_id"]) for _, opened in await support.published()] == [
        ("/shop", "1"),
        ("/kiosk", "1"),
    ]


async def test_merges_that_go_round_in_a_circle_end(http: httpx.AsyncClient, support: Support) -> None:
    await support.heard(described(1, merged_into=2), described(2, merged_into=1), requested(event_id="a"))

    found = (await http.get("/v1/tickets", params={"party_id": str(party_id(2))})).json()["items"]

    assert [line["request_event_id"] for line in found] == ["a"]
    assert (await http.get("/v1/tickets", params={"party_id": str(UUID(int=9))})).json()["items"] == []


async def test_a_long_thread_is_shown_with_its_newest_texts_and_the_older_ones_are_listed(
    http: httpx.AsyncClient, support: Support
) -> None:
    await support.heard(requested(event_id="a"))
    for number in range(SHOWN_REPLIES + 3):
        assert (await http.post(f"{TICKET}/replies", json={"text": f"Reply {number}"})).status_code == 201

    view = (await http.get(TICKET)).json()
    texts = [entry["text"] for entry in view["thread"]]
    assert (texts[0], texts[1], texts[-1]) == ("It is dark.", "Reply 3", f"Reply {SHOWN_REPLIES + 2}")
    assert view["earlier_replies"] is True

    listed: list[str] = []
    params: dict[str, str] = {"limit": "60"}
    while True:
        page = (await http.get(f"{TICKET}/replies", params=params)).json()
        listed += [entry["text"] for entry in page["items"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert listed == [f"Reply {number}" for number in reversed(range(SHOWN_REPLIES + 3))]
    assert (await http.get(f"/v1/tickets/{UUID(int=404)}/replies")).status_code == 404


async def test_every_literal_of_a_table_is_one_of_the_answers_model(support: Support) -> None:
    """What a table admits, an answer must be able to say; and what a request admits, a table must be able to hold."""
    rows = await support.rows(
        "select conrelid::regclass || '.' || attname as of_column, pg_get_constraintdef(pg_constraint.oid) as rule"
        " from pg_constraint join pg_attribute on attrelid = conrelid and attnum = conkey[1]"
        " where contype = 'c' and conrelid in ('ticket'::regclass, 'reply'::regclass)"
    )
    admitted = {row["of_column"]: set(re.findall(r"'([a-z_]+)'", row["rule"])) for row in rows}

    assert admitted == {
        "ticket.status": set(get_args(TicketStatus)),
        "ticket.waits_for": set(get_args(Waiting)),
        "reply.kind": set(get_args(ReplyKind)),
        "reply.author": literals(Entry, "author"),
    }
    assert literals(TicketLine, "status") == admitted["ticket.status"]
    assert literals(TicketLine, "channel") == set(get_args(Channel))
    assert literals(Entry, "kind") == admitted["reply.kind"] | {"request"}
    assert literals(NewReply, "kind") == admitted["reply.kind"]


def literals(model: type[BaseModel], field: str) -> set[str]:
    return set(get_args(model.model_fields[field].annotation))


@pytest.mark.usefixtures("promised")
async def test_a_ticket_is_read_by_eleven_statements(http: httpx.AsyncClient, support: Support) -> None:
    """Its text with its steps and who asked, the thread, who looks, what has to be done for it, what it is about, what
    was promised, what moved its clocks, the rules of today, the agreements, who answers for it, and what was attached
    to its mails.
    """
    await agent(http, "staff-1")
    path = await opened(support)
    await support.followed(triaged("a", at=NOW))
    await http.post(f"{path}/replies", json={"text": "Turn the switch.", "agent": "staff-1"})
    statements: list[str] = []

    @asynccontextmanager
    async def read() -> AsyncIterator[PostgresTransaction]:
        async with support.pool.acquire() as connection:
            with connection.query_logger(lambda each: statements.append(each.query)):
                yield PostgresTransaction(connection, None, support.now, support.context)

    view = await read_ticket(cast("Any", SimpleNamespace(read=read)), derived_id("ticket", "a"), Response())
    assert view.sla.then is not None
    assert view.assignment is not None
    assert (len(view.thread), [step.status for step in view.history]) == (2, ["open"])
    assert len(statements) == 11, statements
