"""The one rule of consent."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, strategies as st
from pydantic import TypeAdapter

from shared.events.consent import EVERY_TOPIC, Statement, deciding, statement_of
from shared.events.contacts import ConsentGiven, ConsentWithdrawn
from shared.events.ingest import ReportedConsent

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def said(
    id_: str,
    *,
    given: bool = True,
    at: int = 0,
    recorded: int = 60,
    topic: str | None = None,
    channel: Any = "email",
    expires: int | None = None,
) -> Statement:
    fact: dict[str, Any] = {"party_id": UUID(int=1), "party_version": 1, "origin": "/shop", "purpose": "marketing"}
    fact |= {"channel": channel, "topic": topic, "recorded_at": NOON + recorded * MINUTE}
    ends = None if expires is None else NOON + expires * MINUTE
    data = ConsentGiven(**fact, expires_at=ends) if given else ConsentWithdrawn(**fact)
    return statement_of(id_, NOON + at * MINUTE, data)


def holds(*statements: Statement, topic: str | None = "news", at: int = 60) -> str | None:
    """The id of the statement that allows e-mail about the topic, or None."""
    found = deciding(statements, "marketing", topic, "email")
    return found.event_id if found is not None and found.allows(NOON + at * MINUTE) else None


@pytest.mark.parametrize("topic", [None, "", " ", "news"])
def test_null_empty_and_blank_cover_all_topics(topic: str | None) -> None:
    assert holds(said("a", topic=topic)) == "a"
    assert holds(said("a", topic="news"), said("b", given=False, at=1, topic=topic)) is None
    assert holds(said("a", topic=topic), topic=None) == (None if topic == "news" else "a")


CASES = {
    "nobody said anything": ((), None),
    "another topic": ((said("a", topic="offers"),), None),
    "another channel": ((said("a", channel="sms"),), None),
    "the latest": ((said("a", given=False), said("b", at=1)), "b"),
    "the latest, whatever was heard last": ((said("b", at=1, recorded=60), said("a", given=False, recorded=61)), "b"),
    "of one moment, what was recorded last": ((said("a", given=False, recorded=60), said("b", recorded=61)), "b"),
    "of the same moment the withdrawal": ((said("b"), said("a", given=False)), None),
    "a clock ahead counts as recorded": (
        (said("a", at=90, recorded=60), said("b", given=False, at=61, recorded=61)),
        None,
    ),
    "two clocks ahead": ((said("a", at=90, recorded=60), said("b", given=False, at=70, recorded=60)), None),
    "it has expired": ((said("a", expires=60),), None),
    "it has not expired": ((said("a", expires=61),), "a"),
    "an older one does not come back": ((said("a"), said("b", at=1, expires=30)), None),
    "a topic after all topics": ((said("a", given=False), said("b", at=1, topic="news")), "b"),
    "all topics after a topic": ((said("a", topic="news"), said("b", at=1, given=False)), None),
}


@pytest.mark.parametrize("case", CASES)
def test_what_decides(case: str) -> None:
    statements, expected = CASES[case]
    assert holds(*statements) == expected
    assert holds(*reversed(statements)) == expected


STATEMENTS = st.lists(
    st.builds(
        said,
        st.uuids().map(str),
        given=st.booleans(),
        at=st.integers(0, 3),
        recorded=st.integers(0, 3),
        topic=st.sampled_from([None, "", "news", "offers"]),
        expires=st.none() | st.integers(0, 90),
    ),
    max_size=6,
    unique_by=lambda statement: statement.event_id,
)


@given(STATEMENTS, st.randoms(use_true_random=False))
def test_the_order_of_hearing_decides_nothing(statements: list[Statement], dice: Any) -> None:
    before = holds(*statements)
    dice.shuffle(statements)
    assert holds(*statements) == before


@given(STATEMENTS)
def test_the_latest_of_each_kind_is_enough_to_know(statements: list[Statement]) -> None:
    latest: dict[str, Statement] = {}
    for statement in statements:
        latest[statement.topic] = max(latest.get(statement.topic, statement), statement, key=lambda each: each.rank)
    assert holds(*latest.values()) == holds(*statements)


@pytest.mark.parametrize("topic", [{}, {"topic": None}, {"topic": ""}, {"topic": "  "}])
def test_what_is_reported_without_a_topic_is_published_without_one(topic: dict[str, Any]) -> None:
    reported = TypeAdapter(ReportedConsent).validate_python(
        {"party": {}, "purpose": "marketing", "channel": "email", **topic}
    )
    assert reported.topic is None
    assert said("a", topic=reported.topic).topic == EVERY_TOPIC
