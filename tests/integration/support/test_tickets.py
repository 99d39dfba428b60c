import asyncio
from uuid import UUID

import httpx
import pytest

from services.support.handlers.recovery import take_back_tickets
from shared.events.tickets import ErasureConfirmed
from shared.ids import derived_id
from tests.events import decoded, type_of
from tests.integration.running import NOW
from tests.integration.support.running import Support
from tests.unit.support.builders import described, erased, party_id, requested

TICKET = derived_id("ticket", "a")


@pytest.fixture
async def ticket(support: Support) -> str:
    """The path of a new ticket."""
    await support.heard(described(), requested(event_id="a", thread="<m1>"))
    return f"/v1/tickets/{TICKET}"


async def move(http: httpx.AsyncClient, ticket: str, *statuses: str) -> httpx.Response:
    answers = [await http.post(f"{ticket}/status", json={"status": each, "agent": "staff-12"}) for each in statuses]
    return answers[-1]


async def test_a_ticket_is_read_with_its_text_and_its_customer(http: httpx.AsyncClient, ticket: str) -> None:
    answer = await http.get(ticket)
    assert answer.status_code == 200
    assert answer.headers["etag"] == '"1"'
    view = answer.json()
    assert (view["subject"], view["status"], view["allowed"]) == (
        "Lamp",
        "new",
        ["open", "pending", "resolved", "spam"],
    )
    assert [(entry["kind"], entry["author"], entry["text"]) for entry in view["thread"]] == [
        ("request", "customer", "It is dark.")
    ]
    assert view["customer"]["name"] == "Ada Holm"


async def test_an_unknown_ticket_is_a_problem(http: httpx.AsyncClient) -> None:
    for answer in (
        await http.get(f"/v1/tickets/{UUID(int=404)}"),
        await http.post(f"/v1/tickets/{UUID(int=404)}/replies", json={"text": "Hello"}),
    ):
        assert answer.status_code == 404
        assert answer.json()["type"] == "urn:rapport:problem:not_found"


async def test_the_first_reply_opens_the_ticket_and_is_published_without_its_text(
    http: httpx.AsyncClient, ticket: str, support: Support
) -> None:
    answer = await http.post(f"{ticket}/replies", json={"text": "Turn the switch.", "agent": "staff-12"})
    assert answer.status_code == 201
    assert (answer.json()["status"], answer.headers["etag"]) == ("open", '"2"')
    published = await support.published()
    assert [kind for kind, _ in published] == ["ticket.opened", "ticket.replied", "ticket.status_changed"]
    assert published[1][1]["agent"] == "staff-12"
    assert "switch" not in repr(published)
    view = (await http.get(ticket)).json()
    assert [entry["text"] for entry in view["thread"]] == ["It is dark.", "Turn the switch."]
    assert [(step["previous"], step["status"], step["agent"]) for step in view["history"]] == [
        ("new", "open", "staff-12")
    ]


async def test_a_note_is_in_the_thread_and_no_reply(http: httpx.AsyncClient, ticket: str, support: Support) -> None:
    await http.post(f"{ticket}/replies", json={"text": "Calls every week.", "kind": "note", "agent": "staff-12"})
    view = (await http.get(ticket)).json()
    assert (view["thread"][1]["kind"], view["status"], view["version"]) == ("note", "new", 2)
    assert [kind for kind, _ in await support.published()] == ["ticket.opened", "ticket.noted"]


async def test_a_reply_sent_twice_with_one_key_is_written_once(
    http: httpx.AsyncClient, ticket: str, support: Support
) -> None:
    key = {"Idempotency-Key": "reply-1"}
    first = await http.post(f"{ticket}/replies", json={"text": "Turn the switch."}, headers=key)
    second = await http.post(f"{ticket}/replies", json={"text": "Turn the switch."}, headers=key)
    other = await http.post(f"{ticket}/replies", json={"text": "Or buy a bulb."}, headers=key)
    assert first.json() == second.json()
    assert first.headers["etag"] == second.headers["etag"]
    assert other.status_code == 422
    assert len(await support.rows("select 1 from reply")) == 1
    assert [kind for kind, _ in await support.published()].count("ticket.replied") == 1


async def test_the_whole_life_of_a_ticket(http: httpx.AsyncClient, ticket: str, support: Support) -> None:
    answer = await move(
        http, ticket, "open", "pending", "open", "resolved", "reopened", "resolved", "closed", "reopened"
    )
    assert (answer.status_code, answer.headers["etag"]) == (200, '"9"')
    kinds = [kind.removeprefix("ticket.") for kind, _ in await support.published()]
    assert kinds.count("status_changed") == 8
    assert [kind for kind in kinds if kind != "status_changed"] == (
        ["opened", "resolved", "reopened", "resolved", "reopened"]
    )
    assert len((await http.get(ticket)).json()["history"]) == 8


async def test_an_illegal_move_names_the_legal_ones_and_changes_nothing(
    http: httpx.AsyncClient, ticket: str, support: Support
) -> None:
    answer = await move(http, ticket, "closed")
    assert answer.status_code == 409
    problem = answer.json()
    assert problem["type"] == "urn:rapport:problem:illegal_move"
    assert problem["state"] == {"status": "new", "allowed": ["open", "pending", "resolved", "merged", "spam"]}
    assert (await http.get(ticket)).json()["version"] == 1
    assert len(await support.published()) == 1


@pytest.mark.parametrize(
    ("etag", "expected"), [('"1"', 200), ('W/"1"', 409), ('"7", "1"', 200), ("*", 200), ('"2"', 409), ("one", 422)]
)
async def test_a_change_decided_on_another_version_is_refused(
    http: httpx.AsyncClient, ticket: str, etag: str, expected: int
) -> None:
    answer = await http.post(f"{ticket}/status", json={"status": "open"}, headers={"If-Match": etag})
    assert answer.status_code == expected
    if expected == 409:
        assert answer.json()["type"] == "urn:rapport:problem:stale"
        assert answer.json()["state"]["version"] == 1


@pytest.mark.parametrize(
    "body", [{"text": ""}, {"text": "a\0b"}, {"text": "Hello", "agent": "ada@example.com"}, {"text": "a", "kind": "x"}]
)
async def test_what_may_not_be_stored_or_published_is_refused(
    http: httpx.AsyncClient, ticket: str, body: dict[str, str]
) -> None:
    assert (await http.post(f"{ticket}/replies", json=body)).status_code == 422


async def test_lists_page_newest_first_and_filter(http: httpx.AsyncClient, support: Support) -> None:
    await support.heard(*(requested(party=1 + number % 2, event_id=f"r{number}") for number in range(5)))
    first = (await http.get("/v1/tickets", params={"limit": 3})).json()
    rest = (await http.get("/v1/tickets", params={"limit": 3, "cursor": first["next_cursor"]})).json()
    assert [line["request_event_id"] for line in first["items"] + rest["items"]] == ["r4", "r3", "r2", "r1", "r0"]
    assert rest["next_cursor"] is None
    await move(http, f"/v1/tickets/{derived_id('ticket', 'r2')}", "open")
    one = {"party_id": str(party_id(1)), "status": "new"}
    assert [line["request_event_id"] for line in (await http.get("/v1/tickets", params=one)).json()["items"]] == [
        "r4",
        "r0",
    ]
    only_open = (await http.get("/v1/tickets", params={"status": "open"})).json()["items"]
    assert [line["request_event_id"] for line in only_open] == ["r2"]
    named = (await http.get("/v1/tickets", params={"number": only_open[0]["number"]})).json()["items"]
    assert [line["request_event_id"] for line in named] == ["r2"]
    assert (await http.get("/v1/tickets", params={"number": 2**62})).json()["items"] == []
    await move(http, f"/v1/tickets/{derived_id('ticket', 'r0')}", "open")
    await move(http, f"/v1/tickets/{derived_id('ticket', 'r0')}", "resolved")
    assert (await http.get("/v1/tickets/counts")).json() == {"new": 3, "open": 1}, "what is done is not counted"
    assert (await http.get("/v1/tickets/counts", params={"party_id": str(party_id(2))})).json() == {"new": 2}


async def test_tickets_of_merged_parties_are_found_under_each(http: httpx.AsyncClient, support: Support) -> None:
    await support.heard(
        described(1, merged_into=2),
        described(2, merged_into=3),
        described(4),
        *(requested(party=number, event_id=f"r{number}") for number in (1, 2, 3, 4)),
    )
    for number in (1, 2, 3):
        found = (await http.get("/v1/tickets", params={"party_id": str(party_id(number))})).json()["items"]
        assert {line["request_event_id"] for line in found} == {"r1", "r2", "r3"}


async def test_texts_of_an_erased_customer_are_gone_from_every_answer(
    http: httpx.AsyncClient, ticket: str, support: Support
) -> None:
    await http.post(f"{ticket}/replies", json={"text": "Dear Ada, turn the switch."})
    await support.heard(erased())
    await http.post(f"{ticket}/replies", json={"text": "Dear Ada, once more.", "kind": "note"})
    view = (await http.get(ticket)).json()
    assert view["subject"] is None
    assert [entry["text"] for entry in view["thread"]] == [None, None, None]
    assert view["customer"] == {
        "party_id": str(party_id(1)),
        "name": None,
        "locale": None,
        "merged_into": None,
        "erased": True,
    }


async def test_an_erasure_that_is_told_twice_at_once_is_confirmed_with_what_there_was(
    http: httpx.AsyncClient, ticket: str, support: Support
) -> None:
    await http.post(f"{ticket}/replies", json={"text": "Dear Ada, turn the switch."})
    await support.heard(erased(), erased())
    told = [data["forgotten"] for kind, data in await support.published() if kind == "erasure.confirmed"]
    counts = [{each["what"]: each["count"] for each in forgotten} for forgotten in told]
    assert [(each["ticket"], each["reply"]) for each in counts] == [(1, 1), (1, 1)]


async def test_who_was_erased_since_a_backup_is_erased_after_the_restore(
    http: httpx.AsyncClient, ticket: str, support: Support
) -> None:
    """Compaction has removed their null value by then."""
    await http.post(f"{ticket}/replies", json={"text": "Dear Ada, turn the switch."})
    said = ErasureConfirmed(party_id=party_id(1), forgotten=[], recorded_at=NOW)
    told = decoded("crm.tickets", type_of("crm.tickets", said), said, key=str(party_id(1)), at=NOW, now=NOW)
    for _ in range(2):
        async with support.transaction() as tx:
            await take_back_tickets([told], tx)
    await support.heard(described(version=9), requested(event_id="again", thread="<m1>"))

    view = (await http.get(ticket)).json()
    assert (view["subject"], view["customer"]["name"], view["customer"]["erased"]) == (None, None, True)
    assert {entry["text"] for entry in view["thread"]} == {None}
    assert "erasure.confirmed" not in [kind for kind, _ in await support.published()]


async def test_of_two_agents_who_decide_on_one_version_one_is_told(
    http: httpx.AsyncClient, ticket: str, support: Support
) -> None:
    answers = await asyncio.gather(
        *(
            http.post(f"{ticket}/status", json={"status": status, "agent": "staff-12"}, headers={"If-Match": '"1"'})
            for status in ("open", "pending", "resolved")
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    assert [kind for kind, _ in await support.published()].count("ticket.status_changed") == 1


async def test_replies_written_at_once_are_all_kept_with_a_version_each(
    http: httpx.AsyncClient, ticket: str, support: Support
) -> None:
    answers = await asyncio.gather(*(http.post(f"{ticket}/replies", json={"text": f"Reply {n}"}) for n in range(6)))
    assert sorted(answer.json()["version"] for answer in answers) == [2, 3, 4, 5, 6, 7]
    view = (await http.get(ticket)).json()
    assert len(view["thread"]) == 7
    assert [kind for kind, _ in await support.published()].count("ticket.status_changed") == 1
