"""Whoever asks which consent holds, and however they came to know of it, is told the same."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given, strategies as st

from services.contacts.consents import domain as contacts
from services.marketing.enrolments.decisions.consent import deciding_consent
from services.marketing.enrolments.decisions.moment import Moment
from services.marketing.suppressions.domain import Link, suppress
from shared.engine.event import Emission
from shared.events.consent import deciding, statement_of, topic_of
from shared.events.contacts import ConsentGiven, ConsentRequested, ConsentWithdrawn
from shared.ids import new_id
from tests.events import decoded
from tests.unit.marketing.facts import definition

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PARTY = UUID(int=1)
COMPOSED, DECOMPOSED = "caf\u00e9", "cafe\u0301"
TOPICS = [None, "", "  ", "news", " news ", COMPOSED, DECOMPOSED]
CHANNELS: list[Any] = ["email", "sms"]
MINUTES = st.integers(0, 4)


@st.composite
def emissions(draw: st.DrawFn) -> Emission:
    """A statement as contacts publishes it: many at one moment, ahead of the clock, expired, of every form of topic."""
    model = draw(st.sampled_from([ConsentGiven, ConsentGiven, ConsentWithdrawn, ConsentRequested]))
    common: dict[str, Any] = {
        "party_id": PARTY,
        "party_version": 1,
        "purpose": draw(st.sampled_from(["marketing", " marketing", "research"])),
        "channel": draw(st.sampled_from(CHANNELS)),
        "recorded_at": NOON + draw(MINUTES) * timedelta(minutes=1),
        "origin": "/shop",
        "topic": draw(st.sampled_from(TOPICS)),
    }
    if model is not ConsentWithdrawn:
        ends = draw(st.none() | MINUTES)
        common["expires_at"] = None if ends is None else NOON + ends * timedelta(minutes=1)
    return Emission(model(**common), NOON + draw(MINUTES) * timedelta(minutes=1), None, new_id(), 0)


@given(
    st.lists(emissions(), max_size=8), st.integers(0, 8), st.sampled_from(TOPICS), st.sampled_from(CHANNELS), MINUTES
)
def test_services_and_views_agree_on_what_holds(
    published: list[Emission], cut: int, topic: str | None, channel: Any, minutes: int
) -> None:
    now = NOON + minutes * timedelta(minutes=1)
    data: list[tuple[Emission, Any]] = [(each, each.data) for each in published]
    heard = [
        decoded("crm.contacts", "consent", each, key=None, at=emission.time, now=NOON, id_=str(emission.id))
        for emission, each in data
    ]
    said = [
        statement_of(event.id, event.time, event.data)
        for event in heard
        if isinstance(event.data, ConsentGiven | ConsentWithdrawn)
    ]
    ruled = deciding(said, "marketing", topic, channel)
    expected = ruled is not None and ruled.allows(now)

    asked = definition(topic=topic, purpose="marketing")
    letter = deciding_consent(said, asked, channel, Moment(now, now, now, None))
    assert (letter is not None and letter.allows(now)) == expected
    link = Link(UUID(int=2), PARTY, "marketing", topic_of(topic), channel, now)
    stopped = deciding([*said, suppress(link, said, now).statement()], "marketing", topic, channel)
    assert stopped is not None
    assert not stopped.given

    kept = contacts.fold_records(contacts.records_of(published))
    first = contacts.fold_statements(heard[:cut])
    known = {key: stated.statement for key, stated in first.items()}
    projected = {**first, **contacts.outranking(contacts.fold_statements(heard[cut:]), known)}
    assert kept == projected
    shown = contacts.decide_consents([contacts.view_stated(each) for each in kept.values()], now)
    holding = {(each.purpose, each.channel, topic_of(each.topic)): each.holds for each in shown}
    kind = ("marketing", channel, topic_of(topic))
    if kind in holding:
        assert holding[kind] == expected
    else:
        assert expected == holding.get((*kind[:2], ""), False)
