"""What was known of a party at a time equals what was shown then, whatever came since."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import httpx
import pytest

from services.contacts.handlers.recovery import take_back_parties
from services.contacts.overview.schemas import PartyView
from shared.events.campaigns import MessagePlanned, MessageSent, MessageSkipped
from shared.events.tickets import TicketOpened, TicketStatusChanged
from tests.integration.contacts.running import ADA, NOW, PHONE, SHOP_81, Contacts, heard, reported, sale

BO = {"type": "email", "value": "bo@example.com"}
SHOP_82 = {"type": "external", "system": "shop", "value": "82"}
IDENTITIES = [ADA, BO, PHONE, SHOP_81, SHOP_82]
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
ROOT = UUID(int=1)


class Life:
    """Draws what happens next; `moments` are times with what was shown of each party then."""

    def __init__(self, contacts: Contacts, http: httpx.AsyncClient, seed: int) -> None:
        self.contacts, self.http, self.dice = contacts, http, random.Random(seed)
        self.now, self.number = NOW - 30 * DAY, 0
        self.moments: list[tuple[datetime, dict[UUID, tuple[PartyView, list[Any]]]]] = []

    async def live(self, steps: int) -> None:
        acts = [self.buy, self.buy, self.buy, self.revise, self.tell, self.say, self.describe, self.merge, self.undo]
        acts += [self.write, self.write_to, self.open_tickets, self.end_role, self.move]
        for _ in range(steps):
            self.number += 1
            await self.dice.choice(acts)()
            await self.contacts.show_published()
            await self.look()
            self.pass_time(self.dice.choice([timedelta(seconds=1), MINUTE, DAY]))
            await self.look()
            self.pass_time(timedelta(microseconds=1))

    def pass_time(self, span: timedelta) -> None:
        self.now += span
        self.contacts.now = self.now

    async def look(self) -> None:
        self.moments.append((self.now, {id_: await self.shown(id_) for id_ in await self.parties()}))

    async def shown(self, party_id: UUID, **at: Any) -> tuple[PartyView, list[Any]]:
        view = await self.http.get(f"/v1/parties/{party_id}", params=at)
        lines = await self.http.get(f"/v1/parties/{party_id}/timeline", params={"limit": 200, **at})
        assert (view.status_code, lines.status_code) == (200, 200), view.text
        said = PartyView.model_validate_json(view.content)
        said.identities.sort(key=lambda each: each.id)
        said.flagged_identities.sort(key=lambda each: (each.type, each.value))
        return said, lines.json()["items"]

    async def parties(self) -> list[UUID]:
        return [row["id"] for row in await self.contacts.rows("select id from party order by id")]

    def earlier(self) -> datetime:
        return self.now - self.dice.choice([timedelta(0), -4 * MINUTE, DAY, 20 * DAY, 400 * DAY])

    async def accept(self, *events: Any) -> None:
        await self.contacts.accept(*(replace(event, now=self.now) for event in events))

    def somebody(self) -> dict[str, Any]:
        return {"identities": self.dice.sample(IDENTITIES, self.dice.choice([1, 1, 2]))}

    async def buy(self) -> None:
        name = self.dice.choice([None, "Ada Holm", "Bo Lind"])
        more = {"name": name} if name else {}
        minor = self.dice.randrange(1, 1_000)
        await self.accept(
            sale(f"s-{self.number}", *self.somebody()["identities"], at=self.earlier(), minor=minor, **more)
        )

    async def revise(self) -> None:
        """Amend, cancel or pay back a sale that is known, in another currency at times."""
        rows = await self.contacts.rows("select sale_id, party_id, revision from sale order by sale_id")
        if not rows:
            return
        known = self.dice.choice(rows)
        party = {"identities": [{"type": "party", "value": str(known["party_id"])}]}
        total = {"minor": self.dice.randrange(1_000), "currency": self.dice.choice(["DKK", "EUR"])}
        lines = [{"sku": "A-17", "quantity": 1, "unit_price": total}]
        named = {"party": party, "sale_id": known["sale_id"]}
        higher = {"revision": known["revision"] + 1}
        said: Callable[[], Any] = self.dice.choice(
            [
                lambda: reported("sale.amended", channel="web", total=total, lines=lines, **named, **higher),
                lambda: reported("sale.cancelled", **named, **higher),
                lambda: reported("sale.refunded", total=total, **named),
            ]
        )
        await self.accept(replace(said(), time=self.earlier()))

    async def tell(self) -> None:
        channel = {"party": self.somebody(), "channel": "web"}
        survey: dict[str, Any] = {"party": self.somebody(), "survey": "nps", "value": 9}
        facts: list[tuple[str, dict[str, Any]]] = [
            ("product.chosen", {"sku": "A-17", "intent": self.dice.choice(["viewed", "carted"]), **channel}),
            ("interaction.recorded", {"direction": "inbound", "stage": "purchase", **channel}),
            ("survey.answered", survey),
        ]
        type_, data = self.dice.choice(facts)
        await self.accept(reported(type_, at=self.earlier(), **data))

    async def say(self) -> None:
        kind: dict[str, Any] = {"purpose": "marketing", "topic": self.dice.choice([None, "news"]), "channel": "email"}
        if self.dice.random() < 0.4:
            await self.accept(reported("consent.withdrawn", at=self.earlier(), party=self.somebody(), **kind))
            return
        ends = self.dice.choice([None, (self.now + 30 * timedelta(seconds=1)).isoformat()])
        await self.accept(reported("consent.given", at=self.earlier(), party=self.somebody(), expires_at=ends, **kind))

    async def describe(self) -> None:
        said = {
            "name": self.dice.choice(["Ada Holm", "Åse Holm"]),
            "roles": self.dice.choice([["supplier"], ["vendor", "partner"], []]),
            "address": self.dice.choice([None, {"city": "Aarhus"}]),
        }
        dummy = {"type": "phone", "value": self.dice.choice(["112", "000000"])}
        party = self.somebody()
        await self.accept(
            reported(
                "profile.submitted",
                at=self.earlier(),
                party={"identities": [*party["identities"], dummy], **said},
            )
        )

    async def two(self) -> list[UUID]:
        known = await self.parties()
        return self.dice.sample(known, 2) if len(known) > 1 else []

    async def merge(self) -> None:
        if pair := await self.two():
            body = {"other": str(pair[1]), "because": "one", "fields": self.dice.choice([[], ["name"]])}
            await self.http.post(f"/v1/parties/{pair[0]}/merge", json=body)

    async def undo(self) -> None:
        rows = await self.contacts.rows("select id from party_merge where undone_at is null order by id")
        if rows:
            await self.http.post(f"/v1/merges/{self.dice.choice(rows)['id']}/undo", json={"because": "two"})

    async def write(self) -> None:
        known = await self.parties()
        if known:
            body = self.dice.choice([{"name": None}, {"locale": "da"}, {"roles": ["customer"]}])
            await self.http.patch(f"/v1/parties/{self.dice.choice(known)}", json=body)

    async def end_role(self) -> None:
        rows = await self.contacts.rows("select id from party_role where ended_on is null order by id")
        if rows:
            await self.http.post(f"/v1/roles/{self.dice.choice(rows)['id']}/end", json={})

    async def move(self) -> None:
        pair = await self.two()
        rows = (
            await self.contacts.rows("select id from identity where party_id = $1 order by id", pair[0]) if pair else ()
        )
        if rows:
            body = {"to": str(pair[1]), "because": "wrong"}
            await self.http.post(f"/v1/parties/{pair[0]}/identities/{rows[0]['id']}/move", json=body)

    async def write_to(self) -> None:
        known = await self.parties()
        if not known:
            return
        party_id = self.dice.choice(known)
        message: dict[str, Any] = {
            "message_id": uuid5(ROOT, f"m {party_id} {self.number % 4}"),
            "enrolment_id": uuid5(ROOT, "e"),
            "party_id": party_id,
            "campaign": "thanks",
            "campaign_version": 1,
            "step": 1,
            "channel": "email",
            "trigger_event_id": "e-1",
            "due_at": self.now + self.dice.randrange(9) * DAY,
            "recorded_at": self.now,
        }
        said: Callable[[], Any] = self.dice.choice(
            [
                lambda: MessagePlanned(**message),
                lambda: MessageSent(**message),
                lambda: MessageSkipped(**message, reason="no_consent"),
                lambda: MessageSkipped(
                    party_id=party_id, trigger_event_id="e", reason="no_campaign", recorded_at=self.now
                ),
            ]
        )
        await self.contacts.show([heard(said(), at=self.now, source="/marketing")])

    async def open_tickets(self) -> None:
        known = await self.parties()
        if not known:
            return
        party_id = self.dice.choice(known)
        ticket: dict[str, Any] = {
            "ticket_id": uuid5(ROOT, f"t {party_id}"),
            "party_id": party_id,
            "request_event_id": "r-1",
            "recorded_at": self.now,
        }
        held = await self.contacts.rows("select from ticket where party_id = $1", party_id)
        said = (
            TicketStatusChanged(
                **ticket, previous="new", status=self.dice.choice(["pending", "closed", "open"]), version=2
            )
            if held
            else TicketOpened(**ticket, number=7, channel="email", sku="A-17", has_text=True)
        )
        await self.contacts.show([heard(said, at=self.now, source="/support")])


@pytest.mark.parametrize("seed", range(4))
async def test_the_past_is_shown_as_it_was_shown_then(contacts: Contacts, http: httpx.AsyncClient, seed: int) -> None:
    """The log cut at any time is what had been read then: what was shown live, at the time and at any moment after it
    before something new was recorded, is the oracle.
    """
    life = Life(contacts, http, seed)
    await life.live(25)
    contacts.now = life.now + DAY
    known = {party_id for _, shown in life.moments for party_id in shown}
    for at, shown in life.moments:
        for party_id in known:
            if party_id in shown:
                view, lines = await life.shown(party_id, as_of=at.isoformat())
                assert view == shown[party_id][0], f"seed {seed}, {at}"
                assert lines == shown[party_id][1], f"seed {seed}, {at}"
            else:
                answer = await http.get(f"/v1/parties/{party_id}", params={"as_of": at.isoformat()})
                assert answer.status_code == 404


async def test_a_past_timeline_pages_to_its_end(contacts: Contacts, http: httpx.AsyncClient) -> None:
    for number in range(9):
        contacts.now = NOW + number * MINUTE
        await contacts.accept(replace(sale(f"s-{number}", ADA, at=NOW - number * DAY), now=contacts.now))
    await contacts.show_published()
    [party_id] = [row["id"] for row in await contacts.rows("select id from party")]
    path, seen = f"/v1/parties/{party_id}/timeline", list[str]()
    params = {"as_of": (NOW + 5 * MINUTE).isoformat(), "limit": "4", "type": "sale.completed"}
    while True:
        page = (await http.get(path, params=params)).json()
        seen += [each["summary"]["sale_id"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert seen == [f"s-{number}" for number in range(6)]


@pytest.mark.parametrize("path", ["", "/timeline"])
async def test_a_time_that_nobody_can_answer_for_is_refused(
    contacts: Contacts, http: httpx.AsyncClient, path: str
) -> None:
    await contacts.accept(sale("s-1", ADA, at=NOW - DAY))
    [party_id] = [row["id"] for row in await contacts.rows("select id from party")]
    for as_of, status in (
        (NOW, 200),
        (NOW + MINUTE, 200),
        (NOW + DAY, 422),
        (NOW - MINUTE, 404),
        ("0001-01-03T00:00:00+05:00", 404),
        ("0001-01-01T00:00:00+05:00", 422),
        ("9999-12-31T23:59:59.999999Z", 422),
        ("2026-03-02T13:00:00", 422),
        ("yesterday", 422),
    ):
        text = as_of if isinstance(as_of, str) else as_of.isoformat()
        answer = await http.get(f"/v1/parties/{party_id}{path}", params={"as_of": text})
        assert answer.status_code == status, as_of
        if status == 422:
            assert [each["field"] for each in answer.json()["errors"]] == ["query.as_of"]


async def test_an_erased_party_has_no_past(contacts: Contacts, http: httpx.AsyncClient) -> None:
    await contacts.accept(sale("s-1", ADA, name="Ada Holm"))
    [party_id] = [row["id"] for row in await contacts.rows("select id from party")]
    await http.patch(f"/v1/parties/{party_id}", json={"name": "Ada Lund"})
    asked = await http.post("/v1/erasures", json={"party_id": str(party_id), "because": "asked", "by": "staff-1"})
    done = await http.post(f"/v1/erasures/{asked.json()['id']}/approve", json={"by": "staff-2"})
    assert done.json()["found"]["party_revision"] == 2
    assert await contacts.rows("select * from party_revision") == []
    answer = await http.get(f"/v1/parties/{party_id}", params={"as_of": NOW.isoformat()})
    assert answer.status_code == 410


async def test_descriptions_come_back_after_a_restore_as_far_as_the_topic_has_them(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    await contacts.accept(sale("s-1", ADA, name="Ada Holm"))
    [party_id] = [row["id"] for row in await contacts.rows("select id from party")]
    for number, name in enumerate(("Ada Lund", "Ada Beck")):
        contacts.now = NOW + (number + 1) * DAY
        await http.patch(f"/v1/parties/{party_id}", json={"name": name})
    kept = "select party_id, version, recorded_at, body::text as body from party_revision order by version"
    before = await contacts.rows(kept)
    assert [row["version"] for row in before] == [1, 2, 3]
    log = [each for each in await contacts.relayed() if each.topic == "crm.parties"]
    await contacts.pool.execute("delete from party_revision where version > 1; delete from party; delete from identity")
    async with contacts.transaction() as tx:
        await take_back_parties(log, tx)
    assert await contacts.rows(kept) == before
    await contacts.pool.execute("delete from party_revision")
    shown = await http.get(f"/v1/parties/{party_id}", params={"as_of": NOW.isoformat()})
    assert shown.json()["name"] == "Ada Beck"
