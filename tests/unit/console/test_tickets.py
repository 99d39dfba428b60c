"""What a ticket's page shows of mails: what became of replies, and the files that came with messages."""

import re
from datetime import UTC, datetime
from html import unescape
from inspect import signature
from typing import Any, get_args
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import pytest

from services.console.shell.asking import Answer, Asked, File, Trouble
from services.console.shell.live import follow
from services.console.shell.vocabulary import TERMS
from services.console.tickets.domain import split_of, splittable
from services.marketing.catalogue.schemas import ContentType
from services.marketing.measures.schemas import Measure
from services.support.desk.schemas import Customer, Entry, TicketView
from services.support.mail.domain.attachment import Refusal
from services.support.mail.schemas import AttachmentView
from services.support.sla.schemas import SlaView
from shared.events.tickets import LetterOutcome
from tests.unit.console.conftest import SAME

ID, MAIL = UUID("01a21cac-b0de-7cd1-b5db-ef8f21bd5678"), UUID("01a21cac-b0de-7cd1-b5db-ef8f21bd5679")


def ticket(*thread: Entry) -> dict[str, Any]:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    return TicketView(
        **dict.fromkeys(("request_event_id", "waits_for", "until", "follows", "locale", "sku", "sale_id")),
        **dict.fromkeys(("merged_into", "split_from", "triage", "assignment")),
        id=ID,
        number=1,
        party_id=ID,
        channel="email",
        subject="Where is it",
        status="open",
        version=2,
        opened_at=at,
        changed_at=at,
        customer=Customer(party_id=ID, name="Ada Holm", locale=None, merged_into=None, erased=False),
        origin="/support/email",
        recorded_at=at,
        allowed=[],
        thread=list(thread),
        earlier_replies=False,
        history=[],
        followed_by=[],
        merged=[],
        sla=SlaView(next_due_at=None, slack=None, then=None, today=None),
    ).model_dump(mode="json")


def entry(**said: Any) -> Entry:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    return Entry(
        **{"id": ID, "kind": "reply", "author": "agent", "agent": "agent-1", "at": at, "text": "Well.", **said}
    )


def file(place: int, **said: Any) -> AttachmentView:
    plain = {"mail_id": MAIL, "name": "a <b>.pdf", "media_type": "application/pdf", "size": 1_200_000, "refused": None}
    return AttachmentView(**{**plain, "place": place, **said})


async def test_a_thread_shows_what_became_of_replies_and_the_files_that_came(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    came = entry(
        kind="request",
        author="customer",
        attachments=[file(0), file(1, name="b.exe", refused="type_not_allowed", size=0)],
    )
    shown = ticket(came, entry(letter="bounced"), entry(letter=None))

    async def get(_: Asked, service: str, path: str, **query: object) -> Any:
        del service, query
        return shown if path == f"tickets/{ID}" else {"items": []}

    monkeypatch.setattr(Asked, "get", get)
    page = (await client.get(f"/tickets/{ID}")).text
    assert page.count("The e-mail came back") == 1
    assert f'<a href="/tickets/{ID}/attachments/{MAIL}/0">a &lt;b&gt;.pdf</a>' in page
    assert "1.2 MB" in page
    assert "A kind that is not taken" in page
    assert f"/attachments/{MAIL}/1" not in page


async def test_news_of_tickets_that_go_on_in_it_are_its_own(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They keep subtasks of their own. No more are asked for than a stream takes."""
    merged = [{"id": str(UUID(int=number)), "number": number} for number in range(9)]

    async def get(_: Asked, service: str, path: str, **query: object) -> Any:
        del service, query
        return {**ticket(), "merged": merged} if path == f"tickets/{ID}" else {"items": []}

    monkeypatch.setattr(Asked, "get", get)
    (live,) = re.findall(r'data-live="([^"]+)"', (await client.get(f"/tickets/{ID}")).text)
    subjects = parse_qs(urlsplit(unescape(live)).query)["subject"]
    assert subjects == [f"ticket/{each}" for each in (ID, *(each["id"] for each in merged[-4:]))]
    _, query = get_args(signature(follow).parameters["subject"].annotation)
    assert len(subjects) == next(each.max_length for each in query.metadata if hasattr(each, "max_length"))


@pytest.mark.parametrize("act", ["status", "merge", "unmerge", "split", f"subtasks/{MAIL}"])
async def test_a_form_that_names_no_version_changes_nothing_unseen(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    """It is sent with one that no ticket has, and so refused."""
    sent: list[str | None] = []

    async def write(*_: object, if_match: str | None = None, **__: object) -> Answer:
        sent.append(if_match)
        return Answer({"id": str(ID), "into": str(ID)}, None)

    monkeypatch.setattr(Asked, "write", write)
    answer = await client.post(f"/tickets/{ID}/{act}", data={"key": "k", "into": str(MAIL)}, headers=SAME)
    assert (answer.status_code, sent) == (303, ['""'])


async def test_a_file_is_saved_and_never_opened(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    async def download(_: Asked, service: str, path: str) -> File:
        if path.endswith("/9"):
            raise Trouble(service, 404, {})
        assert (service, path) == ("support", f"mails/{MAIL}/attachments/0")
        return File(b"<script>", "text/html", "attachment; filename*=UTF-8''a%20b.html")

    monkeypatch.setattr(Asked, "download", download)
    saved = await client.get(f"/tickets/{ID}/attachments/{MAIL}/0")
    assert (saved.content, saved.headers["content-disposition"]) == (
        b"<script>",
        "attachment; filename*=UTF-8''a%20b.html",
    )
    assert "sandbox" in saved.headers["content-security-policy"]
    assert saved.headers["x-content-type-options"] == "nosniff"
    assert (await client.get(f"/tickets/{ID}/attachments/{MAIL}/9")).status_code == 404


def test_what_became_of_mails_has_words() -> None:
    assert set(get_args(LetterOutcome)) == TERMS["letter"].keys()
    assert set(get_args(Refusal)) == TERMS["attachment"].keys()
    assert set(get_args(Measure.model_fields["kind"].annotation)) == TERMS["returned_as"].keys()
    assert set(get_args(ContentType)) == TERMS["content_type"].keys()


def test_what_was_written_after_the_requests_may_be_split_off() -> None:
    thread = [{"id": "t-1"}, {"id": "t-2"}, {"id": "r-1"}]
    assert splittable({"id": "t-1", "merged": [{"id": "t-2"}], "thread": thread}) == [{"id": "r-1"}]
    assert split_of({"entry-r-1": "1", "key": "k", "subject": " "}) == {"replies": ["r-1"]}
    assert split_of({"subject": " a "}) == {"replies": [], "subject": "a"}
