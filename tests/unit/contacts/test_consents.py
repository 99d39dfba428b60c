from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given, strategies as st

from services.contacts.consents.domain import fold_statements, outranking
from shared.engine.event import Event
from shared.events.consent import statement_of
from shared.events.contacts import ConsentGiven, ConsentWithdrawn
from shared.events.contract import contract_of
from shared.events.sales import ProductChosen

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PARTY = UUID(int=1)
FACT: dict[str, Any] = {
    "party_id": PARTY,
    "party_version": 1,
    "recorded_at": NOW + timedelta(hours=9),
    "origin": "/shop",
}


def event(data: Any, hours: int = 0, id_: str = "e") -> Event[Any]:
    contract = contract_of(type(data))
    at = NOW + timedelta(hours=hours)
    return Event(
        id_, contract.type, "/contacts", at, NOW, contract.topic, 0, 0, str(PARTY).encode(), "flow", None, data
    )


def consent(*, given: bool, hours: int, id_: str, topic: str | None = None) -> Event[Any]:
    model = ConsentGiven if given else ConsentWithdrawn
    return event(model(purpose="marketing", channel="email", topic=topic, **FACT), hours, id_)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3)), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_the_latest_consent_holds_whenever_it_is_heard(said: list[tuple[bool, int]], dice: Any) -> None:
    events = [consent(given=given, hours=hours, id_=str(place)) for place, (given, hours) in enumerate(said)]
    expected = max(events, key=lambda each: statement_of(each.id, each.time, each.data).rank)
    dice.shuffle(events)
    [(key, held)] = fold_statements(events).items()
    assert key == (PARTY, "marketing", "", "email")
    assert (held.statement.event_id, held.statement.given) == (expected.id, isinstance(expected.data, ConsentGiven))


def test_consents_of_other_topics_stand_beside_each_other() -> None:
    found = fold_statements(
        [consent(given=True, hours=0, id_="a"), consent(given=False, hours=1, id_="b", topic="news")]
    )
    assert {key[2]: held.statement.given for key, held in found.items()} == {"": True, "news": False}
    assert fold_statements([event(ProductChosen(sku="A", channel="web", intent="viewed", **FACT))]) == {}


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3)), min_size=1, max_size=6), st.integers(0, 6))
def test_batches_may_be_cut_anywhere(said: list[tuple[bool, int]], cut: int) -> None:
    events = [consent(given=given, hours=hours, id_=str(place)) for place, (given, hours) in enumerate(said)]
    first = fold_statements(events[:cut])
    known = {key: stated.statement for key, stated in first.items()}
    assert {**first, **outranking(fold_statements(events[cut:]), known)} == fold_statements(events)
