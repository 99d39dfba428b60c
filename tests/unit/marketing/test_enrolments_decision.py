"""Whether a message that is due goes out."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest

from services.marketing.catalogue.domain.definition import Definition
from services.marketing.copies.domain import Party, Refund, TicketChange
from services.marketing.enrolments.decisions.address import next_look
from services.marketing.enrolments.decisions.decision import Facts, Hold, Send, Skip, decide
from services.marketing.enrolments.decisions.moment import moment_of
from shared.events.consent import Statement
from tests.unit.marketing.facts import ADA, DAY, HOUR, NOW, definition

THERE = Party(ADA, 2, "Ada Holm", "ada@example.com")
TICKET = UUID(int=7)


def consent(
    name: str, *, given: bool = True, at: datetime = NOW - DAY, recorded: datetime | None = None, **fields: Any
) -> Statement:
    about = {"purpose": "marketing", "topic": "", "channel": "email", **fields}
    return Statement(name, given=given, occurred_at=at, recorded_at=recorded or at, **about)


ALLOWED = consent("yes")


def facts(**fields: Any) -> Facts:
    given = {"party": THERE, "consents": [ALLOWED], **fields}
    return Facts("sale", given.pop("version", 2), 1_000, "DKK", **given)


def decided(
    campaign: Definition,
    known: Facts,
    *,
    due: datetime = NOW,
    recorded: datetime = NOW - DAY,
    look: datetime | None = None,
    wall: datetime | None = None,
) -> object:
    return decide(campaign, "email", known, moment_of(due, recorded, look or due, wall))


def test_consent_lets_it_go_and_is_named() -> None:
    assert decided(definition(), facts()) == Send("yes")


@pytest.mark.parametrize("fields", [{}, {"consents": []}, {"refunds": [Refund("r", "/shop", "s", 1_000, "DKK", NOW)]}])
def test_a_sale_that_was_cancelled_is_not_thanked_for(fields: dict[str, Any]) -> None:
    gone = facts(cancelled_by="c", cancelled_at=NOW, **fields)
    assert decided(definition(), gone) == Skip("cancelled", ("c",))


def test_on_the_streams_clock_a_cancellation_of_later_does_not_count_yet() -> None:
    gone = facts(cancelled_by="c", cancelled_at=NOW + HOUR)
    assert decided(definition(), gone) == Send("yes")
    assert decided(definition(), gone, wall=NOW) == Skip("cancelled", ("c",))


def test_service_messages_need_no_consent() -> None:
    assert decided(definition(purpose="service"), facts(consents=[])) == Send(None)


@pytest.mark.parametrize(
    ("consents", "decision"),
    [
        ([], Skip("no_consent", ("sale",))),
        ([consent("no", given=False)], Skip("no_consent", ("no",))),
        ([ALLOWED, consent("no", given=False, at=NOW)], Skip("no_consent", ("no",))),
        ([ALLOWED, consent("no", given=False, at=NOW + timedelta(microseconds=1))], Send("yes")),
        ([consent("no", given=False, at=NOW - 2 * DAY), ALLOWED], Send("yes")),
        ([ALLOWED, consent("again", recorded=NOW)], Send("again")),
        ([ALLOWED, consent("no", given=False)], Skip("no_consent", ("no",))),
        ([consent("other", purpose="research")], Skip("no_consent", ("sale",))),
        ([consent("other", channel="sms")], Skip("no_consent", ("sale",))),
        ([consent("narrow", topic="newsletter")], Skip("no_consent", ("sale",))),
    ],
)
def test_latest_consent_by_occurrence_then_recording_decides(consents: list[Statement], decision: object) -> None:
    assert decided(definition(), facts(consents=consents)) == decision


@pytest.mark.parametrize(
    ("consents", "decision"),
    [
        ([consent("narrow", topic="newsletter")], Send("narrow")),
        ([consent("other", topic="offers")], Skip("no_consent", ("sale",))),
        ([consent("narrow", topic="newsletter"), consent("none", given=False, at=NOW)], Skip("no_consent", ("none",))),
    ],
)
def test_consent_without_a_topic_covers_all_topics(consents: list[Statement], decision: object) -> None:
    assert decided(definition(topic="newsletter"), facts(consents=consents)) == decision


@pytest.mark.parametrize(
    ("rule", "paid_back", "decision"),
    [
        ("full", [(1_000, "DKK", NOW)], Skip("refunded", ("r0",))),
        ("full", [(600, "DKK", NOW), (400, "DKK", NOW - HOUR)], Skip("refunded", ("r1", "r0"))),
        ("full", [(999, "DKK", NOW)], Send("yes")),
        ("full", [(1_000, "SEK", NOW)], Send("yes")),
        ("full", [(1_000, "DKK", NOW + HOUR)], Send("yes")),
        ("any", [(1, "DKK", NOW)], Skip("refunded", ("r0",))),
        ("never", [(1_000, "DKK", NOW)], Send("yes")),
    ],
)
def test_refunds_end_it_by_the_rule(rule: str, paid_back: list[tuple[int, str, datetime]], decision: object) -> None:
    refunds = [Refund(f"r{i}", "/shop", "s-1", *refund) for i, refund in enumerate(paid_back)]
    assert decided(definition(skip={"refunded": rule}), facts(refunds=refunds)) == decision


@pytest.mark.parametrize(
    ("changes", "decision"),
    [
        ([(True, NOW)], Skip("ticket_open", ("t0",))),
        ([(True, NOW - HOUR), (False, NOW)], Send("yes")),
        ([(False, NOW - HOUR), (True, NOW - 2 * HOUR)], Send("yes")),
        ([(True, NOW + HOUR)], Send("yes")),
    ],
)
def test_open_ticket_keeps_a_campaign_silent_that_asks_for_it(
    changes: list[tuple[bool, datetime]], decision: object
) -> None:
    tickets = [TicketChange(f"t{i}", TICKET, ADA, *change) for i, change in enumerate(changes)]
    assert decided(definition(skip={"ticket_open": True}), facts(tickets=tickets)) == decision
    assert decided(definition(), facts(tickets=tickets)) == Send("yes")


@pytest.mark.parametrize("party", [None, Party(ADA, 2), Party(ADA, 1, email="old@example.com")])
def test_missing_or_old_address_is_waited_for_a_day(party: Party | None) -> None:
    at = NOW
    while isinstance(decision := decided(definition(), facts(party=party), look=at), Hold):
        assert decision.until > at
        at = decision.until
    assert (decision, at) == (Skip("no_address", ("sale",)), NOW + DAY)


def test_withdrawal_counts_while_an_address_is_waited_for() -> None:
    consents = [ALLOWED, consent("no", given=False, at=NOW + HOUR)]
    known = facts(party=None, consents=consents)
    assert decided(definition(), known, look=NOW + 2 * HOUR) == Skip("no_consent", ("no",))


def test_erasure_comes_before_everything() -> None:
    gone = Party(ADA, 0, erased_by="erasure")
    assert decided(definition(), facts(party=gone, consents=[])) == Skip("erased", ("erasure",))


def test_looks_for_an_address_grow_apart_and_end() -> None:
    looks = [NOW]
    while (following := next_look(NOW, looks[-1])) is not None:
        looks.append(following)
    gaps = [later - earlier for earlier, later in pairwise(looks)]
    assert gaps == sorted(gaps)
    assert looks[-1] == NOW + DAY


WITHDRAWN, REFUNDED, OPEN = Skip("no_consent", ("no",)), Skip("refunded", ("r",)), Skip("ticket_open", ("t",))


def known_since(at: datetime, kind: str) -> Facts:
    """What stands against a letter from `at` on."""
    match kind:
        case "withdrawal":
            return facts(consents=[ALLOWED, consent("no", given=False, at=at)])
        case "refund":
            return facts(refunds=[Refund("r", "/shop", "s-1", 1_000, "DKK", at)])
        case _:
            return facts(tickets=[TicketChange("t", TICKET, ADA, open=True, occurred_at=at)])


@pytest.mark.parametrize(("kind", "skip"), [("withdrawal", WITHDRAWN), ("refund", REFUNDED), ("ticket", OPEN)])
@pytest.mark.parametrize(
    ("at", "recorded", "stream", "wall"),
    [
        (NOW, NOW - DAY, True, True),  # in time
        (NOW + HOUR, NOW + 2 * DAY, True, True),  # after it was due, of a sale that was reported late
        (NOW + 2 * DAY, NOW + 2 * DAY, True, True),
        (NOW + 3 * DAY, NOW + 2 * DAY, False, True),  # after all of that: a replay must not see it
        (NOW + timedelta(seconds=8), NOW - DAY, False, True),  # the sender's clock is ahead
    ],
)
def test_whatever_is_known_when_it_is_decided_decides(
    kind: str, skip: Skip, at: datetime, recorded: datetime, stream: bool, wall: bool
) -> None:
    campaign, known = definition(skip={"ticket_open": True}), known_since(at, kind)
    allowed = Send("yes")
    assert decided(campaign, known, recorded=recorded) == (skip if stream else allowed)
    assert decided(campaign, known, recorded=recorded, wall=NOW + 2 * DAY) == (skip if wall else allowed)


def test_withdrawal_whose_senders_clock_is_ahead_counts_from_when_it_was_recorded() -> None:
    ahead = consent("no", given=False, at=NOW + HOUR, recorded=NOW - HOUR)
    again = consent("again", at=NOW - HOUR / 2)
    assert decided(definition(), facts(consents=[ahead, again]), wall=NOW) == Send("again")
    assert decided(definition(), facts(consents=[ALLOWED, ahead]), wall=NOW) == WITHDRAWN


@pytest.mark.parametrize(
    ("expires_at", "decision"),
    [
        (NOW + HOUR, Send("ending")),
        (NOW, Skip("no_consent", ("ending",))),
        (NOW - HOUR, Skip("no_consent", ("ending",))),
    ],
)
@pytest.mark.parametrize("wall", [None, NOW])
def test_consent_that_has_expired_allows_nothing(expires_at: datetime, decision: object, wall: datetime | None) -> None:
    ending = consent("ending", at=NOW - DAY, expires_at=expires_at)
    assert decided(definition(), facts(consents=[ending]), wall=wall) == decision


def test_sale_that_is_reported_late_waits_a_day_for_an_address_from_then() -> None:
    late, looks = NOW + 2 * DAY, 0
    look = NOW
    while isinstance(decision := decided(definition(), facts(party=None), recorded=late, look=look), Hold):
        assert decision.until > late
        look, looks = decision.until, looks + 1
    assert (decision, look, looks) == (Skip("no_address", ("sale",)), late + DAY, 7)


TWO = Party(ADA, 2, "Ada Holm", "work@example.com", emails={"home": "home@example.com", "work": "work@example.com"})


def test_address_that_the_sale_named_is_taken_as_long_as_the_party_has_it() -> None:
    assert TWO.address_for("home") == "home@example.com"
    assert TWO.address_for("gone") == TWO.address_for(None) == "work@example.com"
    assert THERE.address_for("home") == "ada@example.com"
