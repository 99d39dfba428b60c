"""Mailings from the draft to the last recipient, on the real database and a real mail server."""

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.marketing.mailings.commands import forget, work_step
from services.marketing.main import ROUTERS
from services.marketing.sending.channels.maildir import Maildir
from services.marketing.sending.channels.smtp import Smtp
from services.marketing.sending.domain.letter import FromAddress
from services.marketing.settings import Settings
from services.marketing.subscriptions import recovery
from shared.events.campaigns import ErasureConfirmed
from shared.ids import derived_id
from tests.integration.marketing.mail_server import MailServer
from tests.integration.marketing.running import Marketing
from tests.integration.marketing.test_segments import publish, segment
from tests.integration.running import client
from tests.unit.marketing.facts import HOUR, NOW, boundary, consent, definition, described, erased, event

TEXT = "name: spring\nsegment: readers\ntemplate: spring\n"
TEMPLATES = {
    "spring.txt": "Subject: Spring, {{ first_name }}\n\nHello {{ name }}.\n",
    "spring.da.txt": "Subject: Forår\n\nHej.\n",
}
DRAFT = {"text": TEXT, "templates": TEMPLATES, "file": "spring.yaml"}
READERS = {"party.locale": ["en", "da"]}


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with MailServer().running() as server:
        yield server


@pytest.fixture
async def http(marketing: Marketing, dsn: str, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """With test letters into a maildir."""
    sender = FromAddress("shop@shop.example", "The Shop", "shop.example")
    marketing.context = replace(
        marketing.sender_context,
        own_domains=frozenset({"shop.example"}),
        outgoing=lambda: (Maildir(tmp_path, 1), sender),
    )
    await marketing.publish(definition())
    await publish(marketing, segment("readers", **READERS))
    async with client(marketing, Settings, dsn, *ROUTERS) as http:
        yield http


async def ask(http: httpx.AsyncClient, path: str, status: int = 200, **asked: Any) -> dict[str, Any]:
    answer = await http.post(f"/v1/mailings{path}", **asked)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def detail(http: httpx.AsyncClient) -> dict[str, Any]:
    """The numbers, which always sum."""
    found: dict[str, Any] = (await http.get("/v1/mailings/spring")).json()
    sums = ("waiting", "open", "sent", "unknown", "cancelled")
    assert found["recipients"] == sum(found[each] for each in sums) + sum(found["skipped"].values())
    return found


async def recipients(http: httpx.AsyncClient) -> dict[UUID, tuple[str, str | None]]:
    found = (await http.get("/v1/mailings/spring/recipients", params={"limit": 200})).json()["items"]
    return {UUID(each["party_id"]): (each["outcome"], each["reason"]) for each in found}


async def begin(marketing: Marketing, http: httpx.AsyncClient, *facts: Any, text: str = TEXT) -> None:
    """Drafted and started, with its recipients written down."""
    await marketing.heard(*facts)
    await marketing.pass_time(NOW)
    await ask(http, "", 201, json={**DRAFT, "text": text})
    await ask(http, "/spring/start", params={"untested": True})
    assert await step(marketing)


async def step(marketing: Marketing) -> bool:
    async with marketing.transaction() as tx:
        return await work_step(tx, "spring")


async def finish(marketing: Marketing, mail: MailServer) -> None:
    """As the worker, the timers and the sender do it, until all recipients have ended."""
    async with marketing.sender(Smtp(mail.url, "shop@shop.example", 2, 5.0)) as sender:
        while await marketing.rows("select from mailing where ended_at is null"):
            while await step(marketing):
                pass
            await marketing.pass_time(marketing.now + HOUR)
            while await sender.send_batch():
                pass


def reader(name: str, email: str | None = None, **fields: Any) -> Any:
    return described(derived_id(name), email=f"{name}@example.com" if email is None else email, name=name, **fields)


async def released(marketing: Marketing) -> list[tuple[UUID, bytes | None]]:
    """For whom a message was planned, and the hash of the address that is kept."""
    rows = await marketing.rows("select party_id, address_hash from mailing_recipient where message_id is not null")
    return [(row["party_id"], row["address_hash"]) for row in rows]


async def until_it_waits(marketing: Marketing, work: asyncio.Task[Any]) -> None:
    """For what another transaction holds, or until it has ended."""
    while not work.done() and not await marketing.rows("select from pg_locks where not granted"):
        await asyncio.sleep(0.01)


async def test_who_is_erased_as_they_are_released_leaves_no_hash_of_an_address(
    marketing: Marketing, http: httpx.AsyncClient
) -> None:
    await begin(marketing, http, reader("ida"))

    async with marketing.transaction() as tx:
        assert await work_step(tx, "spring")
        erasing = asyncio.create_task(marketing.heard(erased(derived_id("ida"))))
        await until_it_waits(marketing, erasing)
    await erasing

    assert await released(marketing) == [(derived_id("ida"), None)]


async def test_who_is_released_as_they_are_erased_leaves_no_hash_of_an_address(
    marketing: Marketing, http: httpx.AsyncClient
) -> None:
    await begin(marketing, http, reader("ida"))

    async with marketing.transaction() as tx:
        await forget(tx, [derived_id("ida")])
        releasing = asyncio.create_task(step(marketing))
        await until_it_waits(marketing, releasing)
    assert await releasing

    assert await released(marketing) == [(derived_id("ida"), None)]


async def test_who_was_erased_since_a_backup_is_written_to_by_no_mailing(
    marketing: Marketing, http: httpx.AsyncClient, mail: MailServer
) -> None:
    """Compaction has removed their null value by then."""
    ida = derived_id("ida")
    await begin(marketing, http, reader("gus"), reader("ida"), consent(derived_id("gus")), consent(ida))
    said = ErasureConfirmed(party_id=ida, forgotten=[], recorded_at=NOW)
    for _ in range(2):
        await marketing.hear(recovery.subscription, [event("crm.campaigns", said, str(ida), NOW)])
    await finish(marketing, mail)

    assert await recipients(http) == {derived_id("gus"): ("sent", None), ida: ("skipped", "erased")}
    assert [str(each["To"]) for each in mail.taken] == ["gus <gus@example.com>"]
    assert await marketing.rows("select name, email from party where id = $1", ida) == [{"name": None, "email": None}]
    assert "erasure.confirmed" not in [kind for kind, _ in await marketing.published()]


async def told(marketing: Marketing) -> list[str]:
    return [kind for kind, _ in await marketing.published() if kind.startswith("mailing.")]


async def test_every_recipient_ends_once_and_the_numbers_sum(
    marketing: Marketing, http: httpx.AsyncClient, mail: MailServer
) -> None:
    names = ("ann", "ben", "cid", "dot", "eva", "fay", "gus", "hal", "ida", "joe", "kim")
    of = {name: derived_id(name) for name in names}
    shared = {"cid": "ann@example.com", "dot": "ben@example.com", "fay": ""}
    facts = [reader(name, shared.get(name), locale="da" if name == "kim" else "en") for name in names]
    silent, heard = sorted((of["ben"], of["dot"]))
    await begin(marketing, http, *facts, *(consent(party) for party in of.values() if party != silent))
    mail.recipients["eva@example.com"] = "550 no such user"
    mail.hang_up.add("joe@example.com")
    await marketing.heard(erased(of["gus"]), reader("hal", version=2, merged_into=of["ida"]), boundary(of["kim"]))
    await marketing.heard(reader("new"), consent(derived_id("new")))  # came to the segment after it was frozen
    await finish(marketing, mail)

    ended = await recipients(http)
    first, second = sorted((of["ann"], of["cid"]))
    assert ended == {
        first: ("sent", None),
        second: ("skipped", "same_address"),
        silent: ("skipped", "no_consent"),
        heard: ("sent", None),  # though somebody at this address may not be written to
        of["eva"]: ("skipped", "refused"),
        of["fay"]: ("skipped", "no_address"),
        of["gus"]: ("skipped", "erased"),
        of["hal"]: ("skipped", "merged"),
        of["ida"]: ("sent", None),
        of["joe"]: ("unknown", None),
        of["kim"]: ("skipped", "boundary"),
    }
    numbers = await detail(http)
    assert (numbers["state"], numbers["recipients"], numbers["sent"]) == ("completed", 11, 3)
    assert sum(numbers["skipped"].values()) == 7
    assert max(Counter(str(each["To"]) for each in mail.taken).values()) == 1
    assert await told(marketing) == ["mailing.started", "mailing.completed"]
    said = [data for kind, data in await marketing.published() if kind == "mailing.completed"]
    assert [(each["sent"], each["skipped"], each["unknown"], each["recipients"]) for each in said] == [(3, 7, 1, 11)]
    assert (await http.get("/v1/audit/consents")).json()["items"] == []
    letters = (await http.get("/v1/messages", params={"party_id": str(of["ida"])})).json()["items"]
    assert [(each["campaign"], each["outcome"]) for each in letters] == [("spring", "sent")]


async def test_draft_is_looked_over_tested_and_started_once(marketing: Marketing, http: httpx.AsyncClient) -> None:
    await marketing.heard(reader("ann"))
    await marketing.pass_time(NOW)
    for changed, line in (
        ({"text": TEXT.replace("spring", "Spring", 1)}, 1),
        ({"text": f"{TEXT}per_minute: 0\n"}, 4),
        ({"text": f"{TEXT}wait: PT1H\n"}, 4),
        ({"templates": {}}, 3),
        ({"templates": {"spring.txt": "Subject: S\n\n{{ nobody }}\n"}}, 3),
    ):
        looked_over = await ask(http, "/validate", json={**DRAFT, **changed})
        assert [each["line"] for each in looked_over["problems"]] == [line], changed
        await ask(http, "", 422, json={**DRAFT, **changed})
    await ask(http, "", 422, json={**DRAFT, "text": TEXT.replace("readers", "nobody")})
    await ask(http, "", 422, json={**DRAFT, "text": TEXT.replace("spring", "thanks", 1)})  # a campaign's name
    assert await ask(http, "", 201, json=DRAFT) == {"mailing": "spring", "version": 1}
    assert [each["campaign"] for each in (await http.get("/v1/campaigns")).json()["items"]] == ["thanks"]
    await ask(http, "/spring/start", 409)
    await ask(http, "/spring/test", 422, json={"email": "eve@evil.example"})
    await ask(http, "/spring/test", json={"email": "me@shop.example", "locale": "da"})
    assert (await ask(http, "", 201, json=DRAFT))["version"] == 2
    await ask(http, "/spring/start", 409)  # another text than the one that was tested
    assert (await ask(http, "/spring/test", json={"email": "me@shop.example"}))["accepted"]
    assert (await detail(http))["recipients"] == 0
    await ask(http, "/spring/start")
    await ask(http, "/spring/pause")
    assert not await step(marketing)  # and it is not over, though nobody was written down yet
    await ask(http, "/spring/resume")
    assert await step(marketing)
    assert ((await detail(http))["state"], (await detail(http))["waiting"]) == ("running", 1)
    await ask(http, "/spring/start", 409)
    await ask(http, "", 409, json=DRAFT)
    assert (await http.post("/v1/campaigns/spring/stop")).status_code == 404
    for path in ("/nobody/start", "/nobody/pause", "/nobody/test"):
        await ask(http, path, 404, json={"email": "me@shop.example"})


async def test_paused_and_cancelled_mailing_releases_nobody(
    marketing: Marketing, http: httpx.AsyncClient, mail: MailServer
) -> None:
    names = ("ann", "ben", "cid")
    facts = [fact for name in names for fact in (reader(name), consent(derived_id(name)))]
    await begin(marketing, http, *facts, text=f"{TEXT}per_minute: 1\n")
    assert await step(marketing)
    assert not await step(marketing)
    assert Counter(outcome for outcome, _ in (await recipients(http)).values()) == {"open": 1, "waiting": 2}
    assert await ask(http, "/spring/pause") == {"mailing": "spring", "state": "paused", "changed": True}
    assert not (await ask(http, "/spring/pause"))["changed"]
    marketing.now += HOUR
    assert not await step(marketing)
    await ask(http, "/spring/resume")
    assert await step(marketing)
    assert Counter(outcome for outcome, _ in (await recipients(http)).values()) == {"open": 2, "waiting": 1}
    assert (await ask(http, "/spring/cancel"))["state"] == "cancelled"
    assert not (await ask(http, "/spring/cancel"))["changed"]
    await ask(http, "/spring/resume", 409)
    await finish(marketing, mail)
    numbers = await detail(http)
    assert (numbers["state"], numbers["cancelled"], numbers["skipped"]) == ("cancelled", 1, {"stopped": 2})
    assert mail.taken == []
    assert await told(marketing) == [
        "mailing.started", "mailing.paused", "mailing.resumed", "mailing.cancelled", "mailing.completed",
    ]  # fmt: skip


def crash(command: list[str], fault: str) -> int:
    """The exit status of a process that is killed at the fault's point."""
    return subprocess.run(command, env={**os.environ, "RAPPORT_FAULT": fault}, check=False, timeout=60).returncode


@pytest.mark.parametrize("point", ["mailing_step@1", "mailing_step@3", "after_send@1"])
async def test_killed_on_the_way_nobody_is_written_to_twice_or_left_out(
    marketing: Marketing, http: httpx.AsyncClient, tmp_path: Path, point: str
) -> None:
    facts = [fact for n in range(8) for fact in (reader(f"p{n}"), consent(derived_id(f"p{n}")))]
    await begin(marketing, http, *facts, text=f"{TEXT}per_minute: 120\n")
    name, number = point.split("@")
    command = [sys.executable, "-m", "tests.integration.marketing.crash_mailing", marketing.dsn, str(tmp_path / "mail")]
    for fault, status in ((f"marketing.{name}:kill@{number}", -signal.SIGKILL), ("", 0)):
        assert crash(command, fault) == status
    assert len(list((tmp_path / "mail" / "new").iterdir())) == 8
    numbers = await detail(http)
    assert (numbers["state"], numbers["sent"]) == ("completed", 8)
    kinds = Counter(kind for kind, _ in await marketing.published())
    assert (kinds["enrolment.started"], kinds["message.planned"], kinds["message.sent"]) == (8, 8, 8)
    assert kinds["mailing.completed"] == 1
