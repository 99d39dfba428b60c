"""Whether a message that is due goes out."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest

from services.marketing.copies.domain import Consent, Party, Refund, TicketChange
from services.marketing.enrolments.decisions.address import next_look
from services.marketing.enrolments.decisions.decision import Facts, Hold, Send, Skip, decide
from tests.unit.marketing.facts import ADA, DAY, HOUR, NOW, definition

THERE = Party(ADA, 2, "Ada Holm", "ada@example.com")
TICKET = UUID(int=7)


def consent(
    name: str, *, given: bool = True, at: datetime = NOW - DAY, recorded: datetime | None = None, **fields: Any
) -> Consent:
    about = {"purpose": "marketing", "topic": None, "channel": "email", **fields}
    return Consent(name, ADA, about["purpose"], about["topic"], about["channel"], given, at, recorded or at)


ALLOWED = consent("yes")


def facts(**fields: Any) -> Facts:
    given = {"party": THERE, "consents": [ALLOWED], **fields}
    return Facts("sale", given.pop("version", 2), 1_000, "DKK", **given)


def test_consent_lets_it_go_and_is_named() -> None:
    assert decide(definition(), "email", facts(), NOW, NOW) == Send("yes")


def test_service_messages_need_no_consent() -> None:
    assert decide(definition(purpose="service"), "email", facts(consents=[]), NOW, NOW) == Send(None)


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
def test_latest_consent_by_occurrence_then_recording_decides(consents: list[Consent], decision: object) -> None:
    assert decide(definition(), "email", facts(consents=consents), NOW, NOW) == decision


@pytest.mark.parametrize(
    ("consents", "decision"),
    [
        ([consent("narrow", topic="newsletter")], Send("narrow")),
        ([consent("other", topic="offers")], Skip("no_consent", ("sale",))),
        ([consent("narrow", topic="newsletter"), consent("none", given=False, at=NOW)], Skip("no_consent", ("none",))),
    ],
)
def test_consent_without_a_topic_covers_all_topics(consents: list[Consent], decision: object) -> None:
    assert decide(definition(topic="newsletter"), "email", facts(consents=consents), NOW, NOW) == decision


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
    assert decide(definition(skip={"refunded": rule}), "email", facts(refunds=refunds), NOW, NOW) == decision


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
    assert decide(definition(skip={"ticket_open": True}), "email", facts(tickets=tickets), NOW, NOW) == decision
    assert decide(definition(), "email", facts(tickets=tickets), NOW, NOW) == Send("yes")


@pytest.mark.parametrize("party", [None, Party(ADA, 2), Party(ADA, 1, email="old@example.com")])
def test_missing_or_old_address_is_waited_for_a_day(party: Party | None) -> None:
    at = NOW
    while isinstance(decision := decide(definition(), "email", facts(party=party), NOW, at), Hold):
        assert decision.until > at
        at = decision.until
    assert (decision, at) == (Skip("no_address", ("sale",)), NOW + DAY)


def test_withdrawal_counts_while_an_address_is_waited_for() -> None:
    consents = [ALLOWED, consent("no", given=False, at=NOW + HOUR)]
    assert decide(definition(), "email", facts(party=None, consents=consents), NOW, NOW + 2 * HOUR) == Skip(
        "no_consent", ("no",)
    )


def test_erasure_comes_before_everything() -> None:
    gone = Party(ADA, 0, erased_by="erasure")
    assert decide(definition(), "email", facts(party=gone, consents=[]), NOW, NOW) == Skip("erased", ("erasure",))


def test_looks_for_an_address_grow_apart_and_end() -> None:
    looks = [NOW]
    while (following := next_look(NOW, looks[-1])) is not None:
        looks.append(following)
    gaps = [later - earlier for earlier, later in pairwise(looks)]
    assert gaps == sorted(gaps)
    assert looks[-1] == NOW + DAY
