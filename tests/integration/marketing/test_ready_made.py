"""The ready-made campaigns, all in force beside the follow-ups, each through the story that it was made for."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.marketing.catalogue.files import load_definitions
from services.marketing.sending.channels.maildir import Maildir
from services.marketing.settings import OWN_CAMPAIGNS
from shared.engine.event import Event
from tests.integration.marketing.running import Marketing
from tests.integration.marketing.test_loyalty import CLUB
from tests.unit.marketing.facts import (
    ADA,
    BOB,
    CAY,
    DAY,
    HOUR,
    NOW,
    chosen,
    consent,
    described,
    product,
    refund,
    sale,
    stage,
)

READY_MADE = OWN_CAMPAIGNS / "ready-made"


async def play(
    marketing: Marketing, tmp_path: Path, events: Sequence[Event[Any]], party: UUID, *, at_once: bool = False
) -> list[tuple[str, int]]:
    """What is sent to the party, and on which day after the first event; the clock stops before each event."""
    names = [*load_definitions(OWN_CAMPAIGNS), *load_definitions(READY_MADE)]
    await marketing.publish(*names)
    known = [described(party), consent(party), product("F-1", "TOYS", "Lamp"), product("F-2", "TOYS", "Vase")]
    await marketing.heard(*known)
    ordered = sorted(events, key=lambda each: each.time)
    for batch in [ordered] if at_once else [[event] for event in ordered]:
        await marketing.pass_time(batch[0].time)
        await marketing.heard(*batch)
    await marketing.pass_time(NOW + 60 * DAY)
    async with marketing.sender(Maildir(tmp_path, 500)) as sender:
        await sender.send_batch()
    rows = await marketing.rows(
        "select m.campaign, m.due_at from message m where m.outcome = 'sent' and not m.follow_up order by m.due_at"
    )
    return [(row["campaign"], (row["due_at"] - NOW) // DAY) for row in rows]


async def test_a_cart_that_is_left(marketing: Marketing, tmp_path: Path) -> None:
    events = [chosen("F-1"), chosen("F-1", at=NOW + 2 * HOUR), chosen("F-2"), sale("s", at=NOW + HOUR, skus=("F-2",))]
    sent = await play(marketing, tmp_path, events, ADA)
    assert sent == [("cart-left", 0), ("survey", 7), ("cross-sell", 30)]
    rows = await marketing.rows("select due_at from message where campaign = 'cart-left'")
    assert rows == [{"due_at": NOW + 6 * HOUR}]


async def test_a_survey_after_each_purchase_and_one_offer_after_the_last(
    marketing: Marketing, tmp_path: Path, http: httpx.AsyncClient
) -> None:
    """A purchase that was paid back gets neither; every sale keeps its one follow-up."""
    events = [sale("a"), sale("b", at=NOW + 10 * DAY), sale("c", at=NOW + 11 * DAY), refund("c", at=NOW + 12 * DAY)]
    sent = await play(marketing, tmp_path, events, ADA)
    assert sent == [("survey", 7), ("survey", 17)]
    audit = (await http.get("/v1/audit/follow-ups")).json()
    assert (audit["sales"], audit["one"], audit["missing"], audit["double"]) == (3, 3, 0, 0)


async def test_education_ends_with_the_first_purchase(marketing: Marketing, tmp_path: Path) -> None:
    sent = await play(marketing, tmp_path, [stage("discovery"), sale("s", at=NOW + 2 * DAY)], ADA)
    assert sent == [("education", 1), ("survey", 9), ("cross-sell", 32)]


async def test_education_says_its_two_letters_once(marketing: Marketing, tmp_path: Path) -> None:
    sent = await play(marketing, tmp_path, [stage("discovery"), stage("discovery", at=NOW + 20 * DAY)], ADA)
    assert sent == [("education", 1), ("education", 4)]


@pytest.mark.parametrize("at_once", [True, False])
async def test_a_better_tier_is_told_of_once_but_not_with_the_first_purchase(
    marketing: Marketing, tmp_path: Path, at_once: bool
) -> None:
    """Nor one that a refund takes back, however the facts are handed over."""
    club = Marketing(marketing.pool, marketing.dsn, programme=CLUB)
    first, second = [sale("a", BOB, minor=20_000)], [sale("b", minor=100), sale("c", at=NOW + HOUR, minor=20_000)]
    back = [sale("d", CAY, minor=100), sale("e", CAY, minor=20_000), refund("e", CAY, at=NOW + HOUR, minor=20_000)]
    sent = await play(club, tmp_path, [*first, *second, *back], ADA, at_once=at_once)
    assert [each for each in sent if each[0] == "tier-change"] == [("tier-change", 1)]
    rows = await club.rows("select party_id, reason from flow where campaign = 'tier-change' order by party_id")
    assert {row["party_id"]: row["reason"] for row in rows} == {ADA: "completed", CAY: "exited"}


async def test_who_has_lapsed_is_invited_twice_at_most(marketing: Marketing, tmp_path: Path) -> None:
    sent = await play(marketing, tmp_path, [stage("lapsed")], ADA)
    assert sent == [("win-back", 1), ("win-back", 15)]


async def test_who_comes_back_is_invited_no_more(marketing: Marketing, tmp_path: Path) -> None:
    back = sale("s", at=NOW + 5 * DAY)
    sent = await play(marketing, tmp_path, [stage("lapsed"), back], ADA)
    assert sent == [("win-back", 1), ("survey", 12), ("cross-sell", 35)]
    rows = await marketing.rows("select reason, ended_by from flow where campaign = 'win-back'")
    assert rows == [{"reason": "goal", "ended_by": back.id}]


async def test_a_plant_is_followed_by_its_tutorial_and_video_where_they_are_in_force(
    marketing: Marketing, tmp_path: Path
) -> None:
    """Beside its follow-up; flowers are not."""
    await marketing.publish(*load_definitions(OWN_CAMPAIGNS), *load_definitions(READY_MADE / "guides"))
    plants = product("G-1", "GARDEN CENTER", "Fern"), product("F-1", "FLORAL", "Rose")
    await marketing.heard(
        described(locale="da"), consent(), *plants, sale("a", skus=("G-1",)), sale("b", skus=("F-1",))
    )
    await marketing.pass_time(NOW + 60 * DAY)
    async with marketing.sender(Maildir(tmp_path, 500)) as sender:
        assert await sender.send_batch() == 5
    rows = await marketing.rows("select campaign, due_at from message where not follow_up order by due_at")
    assert [(row["campaign"], (row["due_at"] - NOW) // DAY) for row in rows] == [
        ("first-plant", 2),
        ("first-plant", 21),
        ("repotting", 28),
    ]
