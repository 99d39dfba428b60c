"""Frauds on a real database: assessed with every batch, judged over HTTP."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from pydantic import TypeAdapter

from services.forecasting import subscriptions
from services.forecasting.jobs import frauds
from services.forecasting.settings import Context
from shared.engine.event import Event
from shared.events.contacts import PartyUpdated
from shared.events.erased import PartyErased
from shared.events.insights import FraudJudged
from shared.ids import derived_id
from tests.integration.forecasting.running import Forecasting, get, here
from tests.unit.forecasting.facts import ADA, event, refund, sale

BEGIN = datetime(2026, 2, 2, 12, tzinfo=UTC)
PARTIES = [derived_id("party", "fraud", n) for n in range(8)]


def bought(
    name: str, minutes: float, party: UUID = ADA, amount: int = 100, coupon: str | None = None, **links: Any
) -> Event[Any]:
    """`device`, `card_hash` and `ship_to` are given as they come from contacts."""
    one = sale(name, "2026-02-02", ("A", 1, amount), party=party)
    time = BEGIN + timedelta(minutes=minutes)
    return replace(one, time=time, now=time, data=replace(one.data, coupon=coupon, **links))


def back(name: str, minutes: float, of: str, party: UUID = ADA) -> Event[Any]:
    one = refund(name, "2026-02-02", 100, of=of, party=party)
    return replace(one, time=BEGIN + timedelta(minutes=minutes))


def changed(minutes: float, *fields: str, party: UUID = ADA) -> Event[PartyUpdated]:
    at = BEGIN + timedelta(minutes=minutes)
    data = PartyUpdated(party_id=party, party_version=2, fields=list(fields), recorded_at=at)
    return event("crm.contacts", data, at, ("changed", minutes), str(party))


DAY = 24 * 60
_JUDGED = TypeAdapter(FraudJudged)
USUAL = [bought(f"u{n}", n * 7 * DAY, device="d", card_hash="c", ship_to="a") for n in range(4)]
NEXT = 28 * DAY
CASES: dict[str, tuple[list[Event[Any]], set[str]]] = {
    "nothing": ([bought("s", 0, device="d")], set()),
    "velocity of a party": (
        [bought("s", -9 * DAY), *(bought(f"s{n}", n * 5) for n in range(5))],
        {"many_sales_of_party"},
    ),
    "slow": ([bought("s", -9 * DAY), *(bought(f"s{n}", n * 20) for n in range(5))], set()),
    "new and in a hurry": ([bought(f"s{n}", n * 300) for n in range(3)], {"new_and_in_a_hurry"}),
    "velocity of a device": (
        [bought(f"s{n}", n * 5, PARTIES[n % 2], device="d") for n in range(4)],
        {"many_sales_of_device"},
    ),
    "velocity of a card": (
        [bought(f"s{n}", n * 5, PARTIES[n % 2], card_hash="c") for n in range(4)],
        {"many_sales_of_card"},
    ),
    "velocity of an address": (
        [bought(f"s{n}", n * 60, PARTIES[n % 3], ship_to="a") for n in range(6)],
        {"many_sales_to_address"},
    ),
    "parcel shop": (
        [
            *[bought(f"h{n}", -9 * DAY, PARTIES[n], ship_to=f"home{n}") for n in range(6)],
            *[bought(f"s{n}", n * 60, PARTIES[n], ship_to="a", coupon="NEW") for n in range(6)],
        ],
        set(),
    ),
    "shared device": (
        [bought(f"s{n}", n * DAY, PARTIES[n], device="d") for n in range(4)],
        {"device_of_several_parties"},
    ),
    "shared card": (
        [bought(f"s{n}", n * DAY, PARTIES[n], card_hash="c") for n in range(3)],
        {"card_of_several_parties"},
    ),
    "long ago": ([bought(f"s{n}", n * 20 * DAY, PARTIES[n], card_hash="c") for n in range(3)], set()),
    "cards tried out": (
        [bought("s", -9 * DAY), *(bought(f"s{n}", n * 30, device="d", card_hash=f"c{n}") for n in range(4))],
        {"cards_on_one_device", "more_cards_on_one_device"},
    ),
    "cards of a family": (
        [bought(f"s{n}", n * DAY, PARTIES[n % 2], device="d", card_hash=f"c{n}") for n in range(5)],
        set(),
    ),
    "cards tried slowly": (
        [bought(f"s{n}", n * DAY, PARTIES[n % 2], device="d", card_hash=f"c{n}") for n in range(6)],
        {"many_cards_on_one_device"},
    ),
    "names with cards": (
        [bought(f"s{n}", n * DAY, PARTIES[n], device="d", card_hash=f"c{n}") for n in range(3)],
        {"each_name_has_its_card"},
    ),
    "coupon": (
        [bought(f"s{n}", n * DAY, PARTIES[n], ship_to="a", coupon="NEW") for n in range(3)],
        {"coupon_used_by_several_parties"},
    ),
    "coupon of people": ([bought(f"s{n}", n, PARTIES[n], ship_to=f"a{n}", coupon="NEW") for n in range(4)], set()),
    "refunds": (
        [
            *[bought(f"s{n}", n * DAY) for n in range(4)],
            *[back(f"r{n}", (4 + n) * DAY, f"s{n}") for n in range(3)],
        ],
        {"most_is_sent_back"},
    ),
    "all is sent back": (
        [
            *[bought(f"s{n}", n * DAY) for n in range(4)],
            *[back(f"r{n}", (4 + n) * DAY, f"s{n}") for n in range(4)],
        ],
        {"most_is_sent_back", "nearly_all_is_sent_back"},
    ),
    "refunds behind others": (
        [
            *[bought(f"s{n}", n * DAY, PARTIES[n], ship_to="a") for n in range(3)],
            *[back(f"r{n}", (3 + n) * DAY, f"s{n}", PARTIES[n]) for n in range(3)],
            bought("s", 7 * DAY, PARTIES[5], ship_to="a"),
        ],
        {"refunds_behind_several_parties"},
    ),
    "takeover": (
        [
            *USUAL,
            changed(NEXT - 60, "identities"),
            bought("s", NEXT, amount=400, device="e", card_hash="f", ship_to="b"),
        ],
        {"all_is_new", "card_is_new_too", "far_more_than_usual", "details_just_changed"},
    ),
    "a new telephone": ([*USUAL, bought("s", NEXT, amount=250, device="e", card_hash="c", ship_to="a")], set()),
    "a present": ([*USUAL, bought("s", NEXT, amount=400, device="d", card_hash="c", ship_to="b")], set()),
    "details changed": ([*USUAL, changed(NEXT - 60, "identities"), bought("s", NEXT, device="d")], set()),
}


async def told(forecasting: Forecasting) -> list[dict[str, Any]]:
    return [data for type_, data in await forecasting.published() if type_ == "fraud.assessed"]


@pytest.mark.parametrize("size", [1, 100])
@pytest.mark.parametrize("case", CASES)
async def test_the_last_of_a_kind_of_fraud_is_told_with_its_reasons(
    forecasting: Forecasting, case: str, size: int
) -> None:
    happened, reasons = CASES[case]
    for begin in range(0, len(happened), size):
        await forecasting.assessed(*happened[begin : begin + size])
    last = max((one for one in happened if not isinstance(one.data, PartyUpdated)), key=lambda one: one.time)
    of_last = [one for one in await told(forecasting) if one["event_id"] == last.id]
    found = {part["input"] for one in of_last for part in one["contributions"]}
    assert found == reasons
    assert all(one["points"] == sum(part["effect"] for part in one["contributions"]) for one in of_last)


async def test_a_sale_that_says_how_it_was_paid_is_answered_and_others_only_where_they_look_like_fraud(
    forecasting: Forecasting,
) -> None:
    await forecasting.assessed(bought("plain", 0), bought("named", 0, PARTIES[0], card_hash="c"))
    assert [(one["sale_id"], one["points"], one["band"]) for one in await told(forecasting)] == [("named", 0, "low")]


async def test_absurd_amounts_and_times_harm_nobody(forecasting: Forecasting) -> None:
    absurd = [bought(f"s{n}", n * DAY, amount=10**18 * (n % 2), device="d") for n in range(5)]
    early = replace(absurd[0], id=str(derived_id("early")), time=datetime(1, 1, 2, tzinfo=UTC))
    await forecasting.assessed(*absurd, replace(early, data=replace(early.data, sale_id="early")))
    assert len(await told(forecasting)) == 6


@pytest.fixture
async def suspected(forecasting: Forecasting, http: httpx.AsyncClient) -> str:
    await forecasting.assessed(*(bought(f"s{n}", n * DAY, PARTIES[n], card_hash="c", device="d") for n in range(3)))
    found = (await get(http, "/v1/frauds"))["items"]
    assert [(one["band"], one["sale_id"]) for one in found][:1] == [("medium", "s2")]
    return str(found[0]["assessment_id"])


async def test_a_verdict_is_told_once_and_counts_at_once(
    forecasting: Forecasting, http: httpx.AsyncClient, suspected: str
) -> None:
    path = f"/v1/frauds/{suspected}/judge"
    for _ in range(2):
        answer = await http.post(path, json={"verdict": "fraud", "agent": "staff-1"})
        assert (answer.status_code, answer.json()["verdict"], answer.json()["version"]) == (200, "fraud", 2)
    verdicts = [data for type_, data in await forecasting.published() if type_ == "fraud.judged"]
    assert [(one["assessment_id"], one["verdict"], one["judged_by"]) for one in verdicts] == [
        (suspected, "fraud", "staff-1")
    ]
    assert [one["sale_id"] for one in (await get(http, "/v1/frauds", state="judged"))["items"]] == ["s2"]
    assert "s2" not in {one["sale_id"] for one in (await get(http, "/v1/frauds"))["items"]}

    await forecasting.assessed(bought("later", 10 * DAY, PARTIES[6], device="d"))
    assert [one["band"] for one in await told(forecasting) if one["sale_id"] == "later"] == ["high"]

    stale = await http.post(path, json={"verdict": "genuine", "agent": "staff-2"}, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["state"]["verdict"]) == (409, "fraud")
    again = await http.post(path, json={"verdict": "genuine", "agent": "staff-2"}, headers={"If-Match": '"2"'})
    assert (again.status_code, again.json()["version"]) == (200, 3)
    await forecasting.assessed(bought("after", 11 * DAY, PARTIES[7], device="d"))
    assert "linked_to_fraud" not in str([one for one in await told(forecasting) if one["sale_id"] == "after"])
    assert (await http.post(f"/v1/frauds/{ADA}/judge", json={"verdict": "fraud", "agent": "a"})).status_code == 404


@pytest.mark.parametrize("newest_first", [False, True])
async def test_verdicts_come_back_after_a_restore_before_what_they_are_about(
    forecasting: Forecasting, http: httpx.AsyncClient, *, newest_first: bool
) -> None:
    stamped = replace(bought("s", 0, card_hash="c"), timestamp=1_770_000_000_000)
    await forecasting.assessed(stamped)
    one = (await get(http, "/v1/frauds"))["items"][0]["assessment_id"]
    for verdict in ("genuine", "fraud"):
        await http.post(f"/v1/frauds/{one}/judge", json={"verdict": verdict, "agent": "staff-1"})
    said = [_JUDGED.validate_python(data) for type_, data in await forecasting.published() if type_ == "fraud.judged"]
    events = [event("crm.insights", data, BEGIN, ("judged", data.version)) for data in said]

    await forecasting.clear()
    await forecasting.hear(subscriptions.recovery.subscription, events[::-1] if newest_first else events)
    await forecasting.assessed(stamped, bought("later", DAY, PARTIES[0], card_hash="c"))

    judged = (await get(http, "/v1/frauds", state="judged"))["items"]
    assert [(each["assessment_id"], each["verdict"], each["version"]) for each in judged] == [(one, "fraud", 3)]
    assert "linked_to_fraud" in str((await get(http, "/v1/frauds"))["items"])


@pytest.mark.parametrize("late", [False, True])
async def test_an_erased_party_leaves_no_device_card_or_address(forecasting: Forecasting, *, late: bool) -> None:
    data = PartyErased(party_id=ADA, party_version=3, erasure_id=ADA, recorded_at=BEGIN)
    erased = event("crm.contacts", data, BEGIN, "erased", str(ADA))
    sold = bought("s", 0, device="d", card_hash="c", ship_to="a")
    if late:
        await forecasting.hear(subscriptions.erasures, [erased])
        await forecasting.assessed(sold)
    else:
        await forecasting.assessed(sold)
        await forecasting.hear(subscriptions.erasures, [erased])
    assert await forecasting.rows("select device, card, address from fraud_fact") == [
        {"device": None, "card": None, "address": None}
    ]
    said = [data["forgotten"] for type_, data in await forecasting.published() if type_ == "erasure.confirmed"]
    assert said == [[] if late else [{"what": "fraud_fact", "count": 1}]]


async def test_rules_in_shadow_are_kept_and_not_told(forecasting: Forecasting, http: httpx.AsyncClient) -> None:
    live = forecasting.context
    assert isinstance(live, Context)
    rule = {"reason": "any", "points": 90, "least": {"party_sales_1h": 1}}
    shadow = live.fraud_rules.model_validate({"version": "s", "bands": {"medium": 30, "high": 60}, "rules": [rule]})
    forecasting.context = Context(live.fraud_rules, live.newest_forest, shadow)
    await forecasting.hear(subscriptions.fraud, [bought("s", 0)], forecasting.ledger_of(forecasting.pool))
    assert await told(forecasting) == []
    found = (await get(http, "/v1/frauds"))["items"]
    assert [(one["band"], one["shadow"]["band"], one["shadow"]["rules"]) for one in found] == [("low", "high", "s")]


async def test_a_forest_is_grown_once_a_cut_and_asked_from_then_on(
    forecasting: Forecasting, http: httpx.AsyncClient
) -> None:
    parties = [derived_id("party", "usual", n) for n in range(450)]
    await forecasting.assessed(
        *(bought(f"s{n}", n, parties[n % 450], amount=100 + n, device=f"d{n % 300}") for n in range(600))
    )
    cut = (BEGIN + timedelta(days=7)).date()
    for _ in range(2):
        await frauds.learn(forecasting, here, cut)
    await forecasting.assessed(bought("o", 9 * DAY, device="o"))
    version = f"forest/{cut.isoformat()}"
    assert {one["forest"] for one in await told(forecasting)} == {None, version}
    assert [one["forest"] for one in (await get(http, "/v1/frauds", party_id=str(ADA)))["items"]] == [version]
    models = (await get(http, "/v1/models", name="forest"))["items"]
    assert [(one["version"], one["quality"]["facts"]) for one in models] == [(version, 600.0)]
