"""The operators' commands about campaigns, mailings and segments, which ask marketing over a real socket."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from services.marketing.mailings.commands import work_step
from services.marketing.main import ROUTERS
from services.marketing.sending.channels.maildir import Maildir
from services.marketing.sending.domain.letter import FromAddress
from services.marketing.settings import OWN_CAMPAIGNS, Settings
from shared.http.app import build_app
from shared.ids import derived_id
from tests.integration.marketing.running import Marketing
from tests.integration.marketing.test_campaigns import TEMPLATES, TEXT
from tests.integration.marketing.test_segments import publish, segment
from tests.integration.operating import Operator, operating
from tests.unit.marketing.facts import (
    ADA,
    BOB,
    DAY,
    NOW,
    consent,
    definition,
    described,
    erased,
    flow,
    product,
    sale,
    send,
)

READY_MADE = OWN_CAMPAIGNS / "ready-made"
MAILING = "name: spring\nsegment: readers\ntemplate: roses\n"


@pytest.fixture
async def operator(marketing: Marketing, dsn: str, tmp_path: Path) -> AsyncIterator[Operator]:
    """Test letters go into a maildir."""
    sender = FromAddress("shop@shop.example", "The Shop", "shop.example")
    context = replace(marketing.sender_context, own_domains=frozenset({"shop.example"}))
    marketing.context = replace(context, outgoing=lambda: (Maildir(tmp_path / "mail", 1), sender))
    given = {"kafka": {"brokers": "127.0.0.1:9"}, "database": {"dsn": dsn}, "auth": {"mode": "off"}}
    served = build_app(marketing, Settings.model_validate(given), routers=ROUTERS)
    async with operating(served) as operator:
        yield operator


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "templates").mkdir()
    for name, text in TEMPLATES.items():
        (tmp_path / "templates" / name).write_text(text)
    written = {"roses": TEXT, "broken": TEXT.replace("wait", "weight"), "mailing": MAILING}
    written |= {"wrong": f"{MAILING}per_minute: 0\n", "nowhere": MAILING.replace("readers", "nobody")}
    for name, text in written.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    return tmp_path


async def test_campaigns_are_looked_over_tried_published_and_stopped(
    marketing: Marketing, operator: Operator, files: Path
) -> None:
    await marketing.publish(definition())
    await marketing.heard(product("F-1", "FLORAL"), described(), consent(), sale("s-1", skus=("F-1",)))
    await marketing.pass_time(NOW + DAY)
    roses, broken = files / "roses.yaml", files / "broken.yaml"
    span = f"--since {NOW - DAY:%Y-%m-%d} --until {NOW + DAY:%Y-%m-%dT%H:%M:%S}"
    good, both, neither, tried, dry, told, backward = await operator.run(
        f"campaigns validate {roses}",
        f"campaigns validate {roses} {broken}",
        f"campaigns publish {roses} {broken}",
        f"campaigns backtest {roses} {span} --json",
        f"campaigns dry-run {roses} --sales 10 --json",
        f"campaigns backtest {roses} {span}",
        f"campaigns backtest {roses} --since {NOW + DAY:%Y-%m-%d} --until {NOW - DAY:%Y-%m-%d} --json",
    )
    assert (good.status, good.out) == (0, "1 can be published.\n")
    assert (both.status, "steps.0.wait" in both.out) == (1, True)
    assert (neither.status, await marketing.rows("select from campaign where name = 'roses'")) == (2, [])
    counts = {each: tried.answer[each] for each in ("sales", "enrolled", "parties", "sent", "taken", "near")}
    assert counts == {
        "sales": 1, "enrolled": 1, "parties": 1, "sent": 1, "taken": {"thanks": 1}, "near": {},
    }  # fmt: skip
    assert [each["party_id"] for each in tried.answer["messages"]] == [str(ADA)]
    assert (dry.answer["sales"], dry.answer["enrolled"], dry.answer["taken"]) == (1, 1, {"thanks": 1})
    assert (told.status, str(ADA) in told.out, "thanks=1" in told.out) == (0, True, True)
    assert (backward.status, backward.answer["sales"]) == (0, 0)

    published, same = await operator.run(f"campaigns publish {roses} --json", f"campaigns diff {roses}")
    assert published.answer == [{"campaign": "roses", "version": 1, "changed": True}]
    assert same.status == 0
    roses.write_text(TEXT.replace("PT1H", "PT2H"))
    differs, *stopped, gone = await operator.run(
        f"campaigns diff {roses} --json",
        "campaigns stop roses",
        "campaigns stop roses --skip-planned",
        "campaigns stop roses",
        "campaigns stop gone",
    )
    assert differs.status == 1
    assert differs.answer["changes"] == [{"field": "steps.0.wait", "before": "PT1H", "after": "PT2H"}]
    assert [each.out for each in stopped] == ["roses is stopped.\n"] * 2 + ["roses was stopped before.\n"]
    assert (gone.status, gone.err) == (2, "rapport: no campaign has this name\n")


async def test_a_list_of_parties_is_enrolled_page_by_page_and_may_be_sent_again(
    marketing: Marketing, operator: Operator, files: Path
) -> None:
    await marketing.publish(flow("invited", "enrolment.requested", send("PT1H")), definition())
    await marketing.heard(described(), described(BOB), erased(BOB))
    known, some, broken = files / "known.txt", files / "some.txt", files / "broken.txt"
    strangers = [str(derived_id("nobody", number)) for number in range(1_000)]
    known.write_text(f"\ufeff{str(ADA).upper()}\r\n\r\n{ADA}\n")
    some.write_text("\n".join([*strangers, str(BOB), str(ADA)]))
    broken.write_text(f"{ADA}\nada@example.com\n")
    taken, again, missing, told, unread, empty, wrong = await operator.run(
        f"campaigns enrol invited --file {known}",
        f"campaigns enrol invited --file {known} --json",
        f"campaigns enrol invited --file {some} --json",
        f"campaigns enrol invited --file {some}",
        f"campaigns enrol invited --file {broken}",
        f"campaigns enrol invited --file {files / 'nowhere.txt'}",
        f"campaigns enrol thanks --file {known}",
    )
    assert (taken.status, "1 taken" in taken.out) == (0, True)
    assert [(each["party_id"], each["status"]) for each in again.answer] == [(str(ADA), 202)]
    assert (missing.status, len(missing.answer)) == (1, 1_002)
    assert [each["why"] for each in missing.answer[-2:]] == ["erased", None]
    assert (told.status, str(BOB) in told.out) == (1, True)
    assert (unread.status, "broken.txt:2" in unread.err, "ada@" in unread.err) == (2, True, False)
    assert (empty.status, wrong.status) == (2, 2)
    rows = await marketing.rows("select party_id, count(*) as requests from enrolment_request group by party_id")
    assert rows == [{"party_id": ADA, "requests": 1}], "the campaign has yet to hear of it"


async def test_mailings_are_drafted_tried_started_watched_and_ended(
    marketing: Marketing, operator: Operator, files: Path
) -> None:
    await marketing.publish(definition())
    await publish(marketing, segment("readers", **{"party.locale": "en"}))
    await marketing.heard(described(), consent(), described(BOB))
    await marketing.pass_time(NOW)
    none, valid, wrong, nowhere, drafted, early, evil, taken, started = await operator.run(
        "mailings list",
        f"mailings validate {files / 'mailing.yaml'}",
        f"mailings validate {files / 'wrong.yaml'}",
        f"mailings draft {files / 'nowhere.yaml'}",
        f"mailings draft {files / 'mailing.yaml'}",
        "mailings start spring",
        "mailings test spring --to eve@evil.example",
        "mailings test spring --to me@shop.example --locale da-DK",
        "mailings start spring",
    )
    assert (none.status, none.out) == (0, "There is no mailing.\n")
    assert valid.status == 0
    assert (wrong.status, "per_minute" in wrong.out) == (1, True)
    assert (nowhere.status, early.status, evil.status) == (2, 2, 2)
    assert "spring waits as version 1" in drafted.out
    assert (taken.status, taken.out) == (0, "The test letter was taken.\n")
    assert started.out == "spring is running.\n"
    while not await marketing.rows("select from mailing where frozen_at is not null"):
        async with marketing.transaction() as tx:
            await work_step(tx, "spring")

    paused, again, shown, listed, who, table, resumed, cancelled, late = await operator.run(
        "mailings pause spring",
        "mailings pause spring",
        "mailings show spring",
        "mailings list --json",
        "mailings recipients spring --limit 1 --json",
        "mailings recipients spring",
        "mailings resume spring",
        "mailings cancel spring --json",
        "mailings resume spring",
    )
    assert (paused.out, again.out) == ("spring is paused.\n", "spring was paused before.\n")
    assert (shown.status, "paused" in shown.out) == (0, True)
    assert [(each["mailing"], each["state"]) for each in listed.answer] == [("spring", "paused")]
    assert (len(who.answer), all(str(each) in table.out for each in (ADA, BOB))) == (1, True)
    assert resumed.out == "spring is running.\n"
    assert (cancelled.answer["state"], late.status) == ("cancelled", 2)


async def test_segments_are_listed_counted_and_explained(marketing: Marketing, operator: Operator) -> None:
    await publish(marketing, segment("readers", **{"party.locale": "en"}))
    await marketing.heard(described(), described(BOB, locale="da"))
    await marketing.pass_time(NOW)
    listed, table, counted, told, parties, nobody, inside, outside, stranger = await operator.run(
        "segments list --json",
        "segments list",
        "segments count readers",
        "segments count readers --json",
        "segments parties readers --json",
        "segments parties readers --limit 1",
        f"segments why readers {ADA}",
        f"segments why readers {BOB} --json",
        f"segments why readers {NOBODY}",
    )
    assert [(each["segment"], each["members"]) for each in listed.answer] == [("readers", 1)]
    assert (table.status, "readers" in table.out) == (0, True)
    assert (counted.out, told.answer["members"]) == ("1\n", 1)
    assert [each["party_id"] for each in parties.answer] == [str(ADA)]
    assert str(ADA) in nobody.out
    assert inside.out.startswith(f"{ADA} is in readers since ")
    assert (outside.answer["is_in"], outside.answer["reasons"][0]["known"]) == (False, ["da"])
    assert (stranger.status, stranger.err) == (2, "rapport: no party has this id\n")

    subscribers, newsletter = READY_MADE / "segments" / "subscribers.yaml", READY_MADE / "mailings" / "newsletter.yaml"
    valid, wrong, published, same, drafted, *stopped = await operator.run(
        f"segments validate {subscribers}",
        f"segments validate {newsletter}",
        f"segments publish {subscribers} --json",
        f"segments publish {subscribers}",
        f"mailings draft {newsletter}",
        "segments stop subscribers",
        "segments stop subscribers",
    )
    assert (valid.status, wrong.status, "template" in wrong.out) == (0, 1, True)
    assert (published.answer["changed"], same.out.split()[-1], drafted.status) == (True, "False", 0)
    assert [each.out for each in stopped] == ["subscribers is stopped.\n", "subscribers was stopped before.\n"]


NOBODY = "01890000-0000-7000-8000-000000000abc"
WRONG = (
    # Neither a name nor part of one, whatever it would lead to.
    *(f"{command} {name}" for command in ("mailings show", "segments stop") for name in ("a/b", "..", "a?b", "A")),
    "segments why readers nobody",
    "mailings show gone",
    "mailings recipients gone",
    "mailings cancel gone",
    "mailings test gone --to me@shop.example",
    "segments count gone",
    "segments parties gone",
    f"segments why gone {NOBODY}",
    "mailings validate /nowhere.yaml",
    "campaigns backtest /nowhere.yaml --since 2026-01-01 --until 2026-02-01",
    "campaigns backtest /nowhere.yaml --since today --until 2026-02-01",
    "mailings list --limit 0",
    "mailings list --url http://127.0.0.1:9",
    "mailings list --url nonsense",
    "mailings list --url http://[",
)


async def test_what_cannot_be_done_is_one_line(operator: Operator) -> None:
    """Of the command, or of what it says of its arguments; never a trace."""
    for line, ran in zip(WRONG, await operator.run(*WRONG, f"mailings list --url {operator.url}/x"), strict=False):
        assert (ran.status, ran.out) == (2, ""), line
        own = ran.err.startswith("rapport: ") and ran.err.count("\n") == 1
        assert own or "Invalid value" in ran.err, (line, ran.err)
