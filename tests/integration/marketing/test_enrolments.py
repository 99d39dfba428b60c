"""A sale's way to its follow-up, on the real database and a real maildir."""

from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.marketing.sending.channels.maildir import Maildir
from shared.engine.event import Event
from tests.integration.marketing.running import Marketing
from tests.unit.marketing.facts import (
    ADA,
    BOB,
    DAY,
    HOUR,
    NOW,
    amended,
    cancelled,
    consent,
    definition,
    described,
    email,
    erased,
    product,
    refund,
    sale,
    ticket_opened,
)


async def test_sale_leads_to_one_letter_that_a_person_can_read(
    marketing: Marketing, tmp_path: Path, http: httpx.AsyncClient
) -> None:
    await marketing.publish(definition())
    allowed, sold = consent(), sale("s-1")
    sold.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    await marketing.heard(described(), allowed, sold)

    assert await marketing.pass_time(NOW + DAY) == 1
    channel = Maildir(tmp_path, 500)
    async with marketing.sender(channel) as sender:
        assert await sender.send_batch() == 1
        assert await sender.send_batch() == 0

    (file,) = (tmp_path / "new").iterdir()
    letter = message_from_bytes(file.read_bytes(), policy=default)
    assert (letter["To"], letter["Subject"]) == ("Ada Holm <ada@example.com>", "Thank you, Ada")
    assert letter["Message-ID"] == f"<{file.name}@shop.example>"
    assert letter.get_content() == "Hello Ada Holm,\nthank you.\n"

    told = await marketing.published()
    assert [kind for kind, _ in told] == ["campaign.published", "enrolment.started", "message.planned", "message.sent"]
    sent = told[-1][1]
    assert (sent["consent_event_id"], sent["trigger_event_id"]) == (allowed.id, sold.id)
    assert sent["message_id"] == file.name == told[-2][1]["message_id"]
    flows = await marketing.rows(
        "select distinct correlation_id, traceparent from outbox where type not like 'crm.campaign%'"
    )
    assert flows == [{"correlation_id": f"flow {sold.id}", "traceparent": sold.traceparent}]

    audit = (await http.get("/v1/audit/follow-ups")).json()
    assert audit == {"sales": 1, "one": 1, "waiting": 0, "skipped": {}, "unknown": 0, "missing": 0, "double": 0}


async def test_a_message_goes_by_the_sale_as_it_stands_when_it_is_due(
    marketing: Marketing, tmp_path: Path, http: httpx.AsyncClient
) -> None:
    """The highest revision holds; nothing is enrolled anew, and what was cancelled is not thanked for."""
    body = {"": {"subject": "Thank you", "body": "{{ products | join(', ') }}"}}
    await marketing.publish(definition(steps=[{"wait": "PT6H", "content": [{"template": "plain", "texts": body}]}]))
    names = {"A-17": "Lamp", "B-1": "Rose", "B-2": "Tulip"}
    await marketing.heard(*(product(sku, "TOYS", name) for sku, name in names.items()), described(), consent())
    await marketing.heard(sale("kept"), amended("kept", 2, skus=("B-1",)), sale("gone"), sale("back"), sale("paid"))
    gone, paid = cancelled("gone", 2), refund("paid", minor=6_000)
    await marketing.heard(amended("kept", 4, skus=("B-2",)), amended("kept", 3), gone, cancelled("back", 2))
    await marketing.heard(amended("back", 3), amended("paid", 2, minor=6_000), paid, amended("unknown", 2))

    assert await marketing.pass_time(NOW + DAY) == 4
    async with marketing.sender(Maildir(tmp_path, 500)) as sender:
        assert await sender.send_batch() == 2
    letters = sorted(
        message_from_bytes(file.read_bytes(), policy=default).get_content() for file in (tmp_path / "new").iterdir()
    )
    assert [letter.strip() for letter in letters] == ["Lamp", "Tulip"]
    skipped = {data["reason"]: data for kind, data in await marketing.published() if kind == "message.skipped"}
    assert skipped["cancelled"]["deciding_event_ids"] == [gone.id]
    assert skipped["refunded"]["deciding_event_ids"] == [paid.id]
    audit = (await http.get("/v1/audit/follow-ups")).json()
    assert (audit["sales"], audit["one"], audit["skipped"]) == (4, 2, {"cancelled": 1, "refunded": 1})
    assert (audit["missing"], audit["double"]) == (0, 0)


async def test_every_sale_ends_in_one_of_the_six_states(
    marketing: Marketing, tmp_path: Path, http: httpx.AsyncClient
) -> None:
    await marketing.publish(definition(when={"departments": ["FLORAL"]}))
    await marketing.heard(product("F-1", "FLORAL"), described(), consent())
    await marketing.heard(
        sale("one", skus=("F-1",)),
        sale("waits", skus=("F-1",), at=NOW + 3 * DAY),
        sale("refunded", skus=("F-1",)),
        refund("refunded", at=NOW),
        sale("no consent", BOB, skus=("F-1",)),
        sale("old", skus=("F-1",), at=NOW - 8 * DAY),
        sale("other product"),
    )
    await marketing.pass_time(NOW + 2 * DAY)
    async with marketing.sender(Maildir(tmp_path, 500)) as sender:
        await sender.send_batch()

    audit = (await http.get("/v1/audit/follow-ups")).json()
    skipped = {"expired": 1, "no_campaign": 1, "no_consent": 1, "refunded": 1}
    assert audit == {"sales": 6, "one": 1, "waiting": 1, "skipped": skipped, "unknown": 0, "missing": 0, "double": 0}
    listed = (await http.get("/v1/audit/follow-ups", params={"outcome": "skipped", "limit": 3})).json()
    rest = await http.get(
        "/v1/audit/follow-ups", params={"outcome": "skipped", "limit": 3, "cursor": listed["next_cursor"]}
    )
    reasons = {item["sale_id"]: item["reason"] for item in listed["items"] + rest.json()["items"]}
    assert reasons == {
        "refunded": "refunded",
        "no consent": "no_consent",
        "old": "expired",
        "other product": "no_campaign",
    }


async def test_sale_that_was_read_before_changes_nothing(marketing: Marketing) -> None:
    await marketing.publish(definition())
    sold = sale("s-1")
    await marketing.heard(sold)
    before = await marketing.published()
    await marketing.heard(sold)
    assert await marketing.published() == before


@pytest.mark.parametrize("party", [ADA, BOB])
@pytest.mark.parametrize("together", [True, False])
async def test_sale_that_is_told_again_under_another_id_is_one_sale(
    marketing: Marketing, http: httpx.AsyncClient, party: UUID, together: bool
) -> None:
    """As after a restore, where the facts are read again; then perhaps by another party."""
    await marketing.publish(definition(), definition("news", follow_up=False))
    first, again = sale("s-1"), sale("s-1", party)
    await marketing.heard(described(), consent(), described(BOB), consent(BOB))
    for batch in [[first, again, sale("s-2")]] if together else [[first], [sale("s-2")], [again], [again, first]]:
        await marketing.heard(*batch)
    await marketing.pass_time(NOW + DAY)
    rows = await marketing.rows(
        "select campaign, trigger_event_id::text, party_id from enrolment where trigger_event_id = any($1)",
        [first.id, again.id],
    )
    assert sorted((row["campaign"], row["trigger_event_id"], row["party_id"]) for row in rows) == [
        ("news", first.id, ADA),
        ("thanks", first.id, ADA),
    ]
    assert len(await marketing.rows("select from dispatch")) == 4
    repeated = await marketing.rows(
        "select trigger_event_id::text as again, first_trigger_event_id::text as first from repeated_sale"
    )
    assert repeated == [{"again": again.id, "first": first.id}]
    audit = (await http.get("/v1/audit/follow-ups")).json()
    assert (audit["sales"], audit["waiting"], audit["double"], audit["missing"]) == (2, 2, 0, 0)


async def test_letter_waits_for_an_address_for_a_day(marketing: Marketing, tmp_path: Path) -> None:
    await marketing.publish(definition())
    await marketing.heard(described(email=None), consent(), consent(BOB), sale("s-1"), sale("s-2", BOB))
    await marketing.pass_time(NOW + 12 * DAY / 24)
    assert await marketing.rows("select outcome from message where outcome is not null") == []
    await marketing.heard(described(version=2))
    await marketing.pass_time(NOW + 26 * DAY / 24)

    assert await marketing.rows("select reason from message where outcome is not null") == [{"reason": "no_address"}]
    async with marketing.sender(Maildir(tmp_path, 500)) as sender:
        assert await sender.send_batch() == 1


async def test_erased_party_gets_nothing_even_after_the_decision(marketing: Marketing, tmp_path: Path) -> None:
    await marketing.publish(definition())
    await marketing.heard(described(), consent(), described(BOB), consent(BOB), sale("s-1"), sale("s-2", BOB))
    await marketing.heard(erased(BOB))
    await marketing.pass_time(NOW + DAY)
    await marketing.heard(erased(ADA))
    async with marketing.sender(Maildir(tmp_path, 500)) as sender:
        await sender.send_batch()
    rows = await marketing.rows("select party_id, outcome, reason from message order by party_id")
    assert rows == [
        {"party_id": ADA, "outcome": "skipped", "reason": "erased"},
        {"party_id": BOB, "outcome": "skipped", "reason": "erased"},
    ]
    assert list((tmp_path / "new").iterdir()) == []


async def test_changed_definition_is_a_new_version_and_enrolments_keep_theirs(
    marketing: Marketing, http: httpx.AsyncClient
) -> None:
    assert await marketing.publish(definition(), definition("other", priority=-5)) == ["thanks", "other"]
    assert await marketing.publish(definition(), definition("other", priority=-5)) == []
    await marketing.heard(sale("s-1"))
    assert await marketing.publish(definition(priority=7)) == ["thanks", "other"]
    await marketing.heard(sale("s-2"))

    started = [data for kind, data in await marketing.published() if kind == "enrolment.started"]
    assert [data["campaign_version"] for data in started] == [1, 2]
    listed = (await http.get("/v1/campaigns")).json()["items"]
    assert [(each["campaign"], each["version"], each["stopped_at"] is None) for each in listed] == [
        ("other", 1, False),
        ("thanks", 2, True),
    ]
    old = (await http.get("/v1/campaigns/thanks", params={"version": 1})).json()
    assert old["definition"]["priority"] == 0
    assert (await http.get("/v1/campaigns/unheard-of")).status_code == 404


async def test_party_that_is_described_after_its_erasure_begins_anew(marketing: Marketing) -> None:
    await marketing.heard(described(version=5))
    await marketing.heard(described(version=6), erased(), described(version=1, email="new@example.com"))
    assert await marketing.rows("select version, email, erased_by from party") == [
        {"version": 1, "email": "new@example.com", "erased_by": None}
    ]
    await marketing.heard(described(version=2), erased())
    assert await marketing.rows("select version, email, name from party where erased_by is not null") == [
        {"version": 0, "email": None, "name": None}
    ]


YESTERDAY, AHEAD = NOW - DAY, NOW + DAY / 4


@pytest.mark.parametrize(
    ("against", "reason"),
    [
        (consent(given=False, at=YESTERDAY), "no_consent"),
        (consent(given=False, at=YESTERDAY, topic="  "), "no_consent"),
        (consent(given=False, at=AHEAD, recorded=NOW), "no_consent"),
        (consent(at=YESTERDAY, expires_at=NOW), "no_consent"),
        (refund("s-1", at=YESTERDAY), "refunded"),
        (refund("s-1", at=AHEAD), "refunded"),
        (ticket_opened(at=YESTERDAY), "ticket_open"),
        (ticket_opened(at=AHEAD), "ticket_open"),
        (erased(), "erased"),
    ],
)
async def test_sale_of_two_days_ago_is_decided_by_all_that_is_known_now(
    on_the_wall_clock: Marketing, against: Event[Any], reason: str
) -> None:
    """Its letter was due long before: what came after that, or is dated ahead, counts all the same."""
    marketing = on_the_wall_clock
    await marketing.publish(definition(skip={"ticket_open": True}))
    await marketing.heard(described(), consent(), against)
    await marketing.heard(sale("s-1", at=NOW - 2 * DAY, recorded=NOW), consent(BOB), described(BOB), sale("s-2", BOB))
    await marketing.pass_time(NOW + 2 * HOUR)
    rows = await marketing.rows("select party_id, outcome, reason from message order by party_id")
    assert rows == [
        {"party_id": ADA, "outcome": "skipped", "reason": reason},
        {"party_id": BOB, "outcome": None, "reason": None},
    ]
    assert len(await marketing.rows("select from dispatch")) == 1


async def test_letter_goes_to_the_address_that_the_sale_named_or_that_is_primary(
    marketing: Marketing, tmp_path: Path
) -> None:
    old, home, work = email("a-old@example.com"), email("home@example.com"), email("work@example.com", primary=True)
    await marketing.publish(definition())
    await marketing.heard(described(identities=[old, home, work]), consent(), sale("s-1"), sale("s-2", identity=home))
    await marketing.pass_time(NOW + DAY)
    async with marketing.sender(Maildir(tmp_path, 500)) as sender:
        assert await sender.send_batch() == 2
    letters = [message_from_bytes(file.read_bytes(), policy=default) for file in (tmp_path / "new").iterdir()]
    assert sorted(letter["To"] for letter in letters) == ["Ada Holm <home@example.com>", "Ada Holm <work@example.com>"]


async def test_nul_in_what_a_product_is_called_costs_neither_its_sale_nor_its_letter(
    marketing: Marketing, tmp_path: Path
) -> None:
    await marketing.publish(definition(when={"departments": ["FLORAL"]}))
    await marketing.heard(product("F\0-1", "FLORAL", "Rose\0 bouquet"), described(), consent())
    await marketing.heard(sale("s-1", skus=("F\0-1", "G\0")))
    await marketing.pass_time(NOW + DAY)
    async with marketing.sender(Maildir(tmp_path, 500)) as sender:
        assert await sender.send_batch() == 1
    assert await marketing.rows("select outcome from message") == [{"outcome": "sent"}]
