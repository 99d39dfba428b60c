"""Unsubscribing by the link of a letter: obeyed at once, told to everybody, shown."""

import re
from email import message_from_bytes
from email.message import Message
from email.policy import default
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.marketing.sending.channels.maildir import Maildir
from services.marketing.sending.channels.smtp import Smtp
from services.marketing.subscriptions import recovery
from shared.engine import outbox
from shared.events.addresses import AddressLifted
from shared.events.contract import find_contract
from shared.events.returned import MessageBounced, MessageComplained
from shared.ids import new_id
from tests.integration.marketing.mail_server import MailServer
from tests.integration.marketing.running import Marketing
from tests.unit.marketing.facts import (
    ADA,
    BOB,
    CAY,
    DAY,
    HOUR,
    NOW,
    consent,
    definition,
    described,
    erased,
    event,
    refund,
    sale,
)

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
async def sent(marketing: Marketing, tmp_path: Path) -> Message:
    """The letter to Ada about her first sale."""
    await marketing.publish(definition(), definition("service", follow_up=False, purpose="service"))
    await marketing.heard(described(), consent(), sale("s-1"))
    await marketing.pass_time(NOW + DAY)
    async with marketing.sender(Maildir(tmp_path, 500)) as sender:
        assert await sender.send_batch() == 2
    letters = [message_from_bytes(file.read_bytes(), policy=default) for file in (tmp_path / "new").iterdir()]
    (letter,) = [letter for letter in letters if letter["List-Unsubscribe"]]
    return letter


def path_of(letter: Message) -> str:
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    found = re.fullmatch(r"<https://shop\.example(/v1/unsubscribe/[\w.-]+)>", letter["List-Unsubscribe"])
    assert found
    return found[1]


async def withdrawals(marketing: Marketing) -> list[dict[str, Any]]:
    return [data for kind, data in await marketing.published() if kind == "consent.withdrawn"]


async def test_link_shows_a_button_and_only_a_post_acts(
    marketing: Marketing, http: httpx.AsyncClient, sent: Message
) -> None:
    shown = await http.get(path_of(sent))
    assert (shown.status_code, shown.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert re.findall(r"<(form|button|a|img|script|link)", shown.text) == ["form", "button"]
    assert "example.com" not in shown.text
    assert (await http.get("/v1/suppressions")).json()["items"] == []

    for _ in range(2):
        done = await http.post(path_of(sent), data=ONE_CLICK)
        assert done.status_code == 200
    (suppression,) = (await http.get("/v1/suppressions", params={"party_id": str(ADA)})).json()["items"]
    assert (suppression["party_id"], suppression["purpose"], suppression["topic"]) == (str(ADA), "marketing", None)
    assert (await http.get("/v1/suppressions", params={"party_id": str(BOB)})).json()["items"] == []
    rows = await marketing.rows(
        "select topic, source, event_id, key, payload::text from outbox where source is not null"
    )
    assert [(row["topic"], row["source"], row["event_id"], row["key"]) for row in rows] == [
        ("crm.ingest", "/marketing/unsubscribe", suppression["suppression_id"], str(ADA))
    ]
    (told,) = await withdrawals(marketing)
    assert told["party"]["identities"] == [
        {"type": "party", "value": str(ADA), "system": None, "primary": False},
        {"type": "email", "value": "ada@example.com", "system": None, "primary": False},
    ]
    assert (told["purpose"], told["topic"], told["channel"]) == ("marketing", None, "email")


@pytest.mark.parametrize("described_before", [False, True, None])
async def test_addresses_that_came_back_since_a_backup_are_stopped_after_the_restore(
    marketing: Marketing, http: httpx.AsyncClient, described_before: bool | None
) -> None:
    """Of a party whose description the backup has, of one that is described again, and (None) of one whose description
    is of before the identity of its address was kept.
    """
    who = described()
    (identity,) = [each for each in who.data.identities if each.type == "email"]
    await marketing.publish(definition())
    if described_before is not False:
        await marketing.heard(who, consent())
    if described_before is None:
        await marketing.pool.execute("update party set email_id = null")
    about: dict[str, Any] = {
        "party_id": ADA,
        "campaign": "thanks",
        "trigger_event_id": str(new_id()),
        "recorded_at": NOW,
    }
    told = [
        event("crm.campaigns", bounce, str(ADA), NOW)
        for bounce in (
            MessageBounced(message_id=new_id(), bounce="soft", identity_id=new_id(), **about),
            MessageBounced(message_id=new_id(), bounce="hard", identity_id=identity.id, stopped=True, **about),
            MessageBounced(message_id=new_id(), bounce="hard", **about),  # as it was told before there was an identity
        )
    ]
    for _ in range(2):
        await marketing.hear(recovery.subscription, told)
    if described_before is False:
        assert (await http.post("/v1/suppressions/find", json={"email": identity.value})).json()["stopped"] is False
        await marketing.heard(who, consent())
    found = (await http.post("/v1/suppressions/find", json={"email": identity.value})).json()
    assert (found["reason"], found["cause"]) == ("hard_bounce", str(told[1].data.message_id))
    await marketing.heard(sale("s-1"))
    await marketing.pass_time(NOW + DAY)
    assert await marketing.rows("select reason from message") == [{"reason": "suppressed"}]
    waiting = await marketing.rows("select identity_id from stopped_identity where reason = 'hard_bounce'")
    assert waiting == ([{"identity_id": identity.id}] if described_before is None else [])
    await marketing.heard(described(version=2))
    assert await marketing.rows("select reason from stopped_identity") == [{"reason": "soft_bounce"}]  # of nobody


STOPS = (
    "select address_id, reason, cause, stopped_at from stopped_address order by address_id",
    "select id, address_id, because, agent, stopped_by, lifted_at from lifted_address order by id",
    "select message_id, address_id, bounced_at from soft_bounce order by message_id",
)


async def told_since(marketing: Marketing, outbox_id: int) -> list[Any]:
    """What marketing told since as its recovery reads it."""
    rows = await marketing.rows(
        "select event_id::text, type, key, payload from outbox where id > $1 and type ~ 'address|bounced|complained'"
        " order by id",
        outbox_id,
    )
    told = []
    for row in rows:
        contract = find_contract("crm.campaigns", row["type"])
        assert contract is not None
        data = contract.parse(row["payload"])
        told.append(event("crm.campaigns", data, row["key"], marketing.now, id_=row["event_id"]))
    return told


@pytest.mark.parametrize("order", ["as told", "backwards", "stops first", "lifts first"])
@pytest.mark.parametrize("described_before", [True, False])
async def test_what_was_stopped_let_go_and_counted_since_a_backup_stands_after_the_restore(
    marketing: Marketing, http: httpx.AsyncClient, order: str, described_before: bool
) -> None:
    """Topics are read by partition, so in any order; whoever is known here only afterwards is stopped then."""
    bounces = await _messages_of(marketing)
    people = [described(), described(BOB, email="bob@example.com"), described(CAY, email="cay@example.com")]

    async def act(step: int, what: str, email: str) -> None:
        marketing.now = NOW + 2 * DAY + step * HOUR
        path = f"/v1/messages/{bounces[email][step % 3]}/bounces" if what in {"hard", "soft"} else "/v1/suppressions"
        body = {"kind": what} if what in {"hard", "soft"} else {"email": email}
        answer = await http.post(path + ("/lift" if what == "lift" else ""), json=body)
        assert answer.status_code in {200, 201}, answer.text

    await act(0, "stop", "before@example.com")
    backup = [await marketing.rows(statement) for statement in STOPS]
    (last,) = await marketing.rows("select max(id) as id from outbox")
    acts = "lift before, stop nobody, stop mistaken, lift mistaken, hard ada, lift ada, soft bob, soft bob, hard cay"
    for step, one in enumerate(f"{acts}, lift cay, hard cay".split(", "), 1):
        what, name = one.split()
        await act(step, what, f"{name}@example.com")
    stands = [await marketing.rows(statement) for statement in STOPS]
    assert list(map(len, stands)) == [2, 4, 2]

    told = await told_since(marketing, last["id"])
    lifts = [each for each in told if isinstance(each.data, AddressLifted)]
    others = [each for each in told if each not in lifts]
    orders = {"as told": told, "backwards": told[::-1], "stops first": others + lifts, "lifts first": lifts + others}
    for table in ("stopped_address", "lifted_address", "soft_bounce", *(() if described_before else ("party",))):
        await marketing.pool.execute(f"delete from {table}")
    for row in backup[0]:
        await marketing.pool.execute("insert into stopped_address (address_id, reason, cause, stopped_at)"
                                     " values ($1, $2, $3, $4)", *row.values())  # fmt: skip
    for _ in range(2):
        await marketing.hear(recovery.subscription, orders[order])
    if not described_before:
        await marketing.heard(*people)
    assert [await marketing.rows(statement) for statement in STOPS] == stands
    await act(12, "soft", "bob@example.com")
    assert (await http.post("/v1/suppressions/find", json={"email": "bob@example.com"})).json()["stopped"]


async def _messages_of(marketing: Marketing) -> dict[str, list[str]]:
    """Three messages to each of three people."""
    named = {ADA: "ada", BOB: "bob", CAY: "cay"}
    await marketing.publish(definition())
    await marketing.heard(*(described(p, email=f"{name}@example.com") for p, name in named.items()))
    await marketing.heard(
        *map(consent, named), *(sale(f"{name}-{n}", p) for p, name in named.items() for n in range(3))
    )
    await marketing.pass_time(NOW + DAY)
    rows = await marketing.rows("select party_id, id::text from message order by id")
    return {f"{name}@example.com": [row["id"] for row in rows if row["party_id"] == p] for p, name in named.items()}


async def test_a_lift_never_undoes_a_stop_that_came_after_it_whatever_the_clocks_say(
    marketing: Marketing, http: httpx.AsyncClient
) -> None:
    """Three instances, each with a clock that is behind that of the one before."""
    address = {"email": "ada@example.com"}
    (last,) = await marketing.rows("select coalesce(max(id), 0) as id from outbox")
    for hours, path in ((9, ""), (6, "/lift"), (3, "")):
        marketing.now = NOW + hours * HOUR
        assert (await http.post(f"/v1/suppressions{path}", json=address)).is_success
    stands = [await marketing.rows(statement) for statement in STOPS]
    for told in (await told_since(marketing, last["id"]), (await told_since(marketing, last["id"]))[::-1]):
        await marketing.pool.execute("delete from stopped_address; delete from lifted_address")
        await marketing.hear(recovery.subscription, told)
        assert [await marketing.rows(statement) for statement in STOPS] == stands


@pytest.mark.parametrize("wall", [False, True])
async def test_decisions_obey_at_once_until_the_party_consents_again(
    marketing: Marketing, http: httpx.AsyncClient, sent: Message, wall: bool
) -> None:
    await http.post(path_of(sent), data=ONE_CLICK)
    (suppression,) = (await http.get("/v1/suppressions")).json()["items"]
    later = Marketing(marketing.pool, marketing.dsn, wall=wall)
    await later.heard(sale("s-2", at=NOW + DAY))
    await later.pass_time(NOW + 2 * DAY)
    skipped = await marketing.rows(
        "select m.reason, m.deciding_event_ids::text[] as by from message m join sale using (trigger_event_id)"
        " where sale_id = 's-2' and campaign = 'thanks'"
    )
    assert skipped == [{"reason": "suppressed", "by": [suppression["suppression_id"]]}]

    await later.heard(consent(at=NOW + 2 * DAY), sale("s-3", at=NOW + 3 * DAY))
    await later.pass_time(NOW + 4 * DAY)
    assert (
        len(await marketing.rows("select from dispatch join message on id = message_id where campaign = 'thanks'")) == 1
    )


async def test_who_complained_since_a_backup_gets_no_more_after_the_restore(
    marketing: Marketing, http: httpx.AsyncClient
) -> None:
    """Bob is met for the first time after it."""
    await marketing.publish(definition())
    await marketing.heard(described(), consent())
    told = [
        event("crm.campaigns", complaint, str(complaint.party_id), NOW)
        for complaint in (
            MessageComplained(
                message_id=new_id(), party_id=party, campaign="thanks", trigger_event_id=str(new_id()), recorded_at=NOW
            )
            for party in (ADA, BOB)
        )
    ]
    for _ in range(2):
        await marketing.hear(recovery.subscription, told)

    await marketing.heard(described(BOB), consent(BOB), sale("s-1"), sale("s-2", BOB))
    await marketing.pass_time(NOW + DAY)
    assert await marketing.rows("select reason, deciding_event_ids::text[] as by from message order by party_id") == [
        {"reason": "suppressed", "by": [each.id]} for each in told
    ]
    listed = (await http.get("/v1/suppressions")).json()["items"]
    assert {each["party_id"] for each in listed} == {str(ADA), str(BOB)}


async def test_link_that_nobody_made_or_that_is_old_shows_and_does_nothing(
    marketing: Marketing, http: httpx.AsyncClient, sent: Message
) -> None:
    for method in ("GET", "POST"):
        assert (await http.request(method, path_of(sent)[:-1])).status_code == 404
        assert (await http.request(method, "/v1/unsubscribe/x.y.z")).status_code == 404
    marketing.now = NOW + 400 * DAY
    for method in ("GET", "POST"):
        assert (await http.request(method, path_of(sent))).status_code == 410
    assert await marketing.rows("select from suppression") == []


async def test_erased_party_is_suppressed_and_nobody_is_told_of_an_address(
    marketing: Marketing, http: httpx.AsyncClient, sent: Message
) -> None:
    await marketing.heard(erased())
    assert (await http.post(path_of(sent))).status_code == 200
    assert len(await marketing.rows("select from suppression")) == 1
    assert await withdrawals(marketing) == []


@pytest.mark.parametrize(
    ("against", "reason"),
    [
        (consent(given=False, at=NOW + DAY), "no_consent"),
        (refund("s-1", at=NOW + DAY), "refunded"),
        ("unsubscribed", "suppressed"),
        (None, None),
    ],
)
async def test_letter_that_waits_for_a_mail_server_is_decided_again(
    on_the_wall_clock: Marketing, against: Any, reason: str | None
) -> None:
    marketing = on_the_wall_clock
    await marketing.publish(definition())
    await marketing.heard(described(), consent(), sale("s-1"))
    await marketing.pass_time(NOW + HOUR)
    mail = MailServer()
    async with marketing.sender(Smtp(mail.url, "shop@shop.example", 2, 5.0)) as sender:
        assert await sender.send_batch() == 1
        marketing.now = NOW + 2 * DAY
        if against == "unsubscribed":
            await marketing.pool.execute(
                "insert into suppression select gen_random_uuid(), $1, 'marketing', '', 'email', $1, $2", ADA, NOW + DAY
            )
        elif against is not None:
            await marketing.heard(against)
        await marketing.wait_no_longer()
        with mail.running():
            assert await sender.send_batch() == 1
    assert len(mail.taken) == (0 if reason else 1)
    rows = await marketing.rows("select outcome, reason from message")
    assert rows == [{"outcome": "skipped" if reason else "sent", "reason": reason}]


async def test_unsubscribing_that_leads_to_more_than_a_topic_takes_is_refused_whole(
    marketing: Marketing, http: httpx.AsyncClient, sent: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "MAX_VALUE", 50)
    answer = await http.post(path_of(sent), data=ONE_CLICK)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:rapport:problem:too_large")
    assert await withdrawals(marketing) == []
    assert (await http.get("/v1/suppressions")).json()["items"] == []
