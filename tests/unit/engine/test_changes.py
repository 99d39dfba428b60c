"""Which events a service tells of, and positions as text."""

from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest
from hypothesis import given, strategies as st

from shared.engine.change_log import After, Position, Snapshot, parse_position
from shared.engine.changes import Line, Told
from shared.engine.event import Emission, Event, Tombstone
from shared.engine.outbox import Tick, encode
from shared.engine.subscription import Subscription
from shared.engine.transaction import Transaction
from shared.events.contacts import PartyUpdated
from shared.events.insights import WarningCleared
from shared.events.tickets import TicketReopened
from tests.unit.engine.records import WALL

PARTY = UUID("6f1c2a0e-5f0c-5c39-9a44-2f8f1f0c7d11")


def hears_reopened() -> Subscription:
    hears = Subscription("contacts.timeline", kind="projection", topics=["crm.tickets"])

    @hears.topic("crm.tickets")
    async def show(events: Sequence[Event[TicketReopened]], tx: Transaction) -> None: ...

    return hears


def reopened(ticket: UUID) -> TicketReopened:
    return TicketReopened(ticket_id=ticket, party_id=PARTY, request_event_id="r-1", recorded_at=WALL)


def event(data: object, topic: str, type_: str, key: bytes = str(PARTY).encode()) -> Event[object]:
    return Event("e-1", type_, "/shop", WALL, WALL, topic, 3, 7, key, "flow", None, data)


def test_what_was_applied_is_told_by_its_subject_and_its_party() -> None:
    ticket = uuid4()
    lines = Told([]).lines([event(reopened(ticket), "crm.tickets", "crm.ticket.reopened.v1")], [])
    assert lines == [Line("crm.ticket.reopened.v1", "e-1", f"ticket/{ticket}", str(PARTY))]


def test_what_is_about_the_party_itself_has_the_party_for_its_subject() -> None:
    data = PartyUpdated(party_id=PARTY, party_version=2, fields=["name"], recorded_at=WALL)
    lines = Told([]).lines([event(data, "crm.contacts", "crm.party.updated.v1")], [])
    assert lines == [Line("crm.party.updated.v1", "e-1", f"party/{PARTY}", str(PARTY))]


@pytest.mark.parametrize(
    ("data", "topic", "type_"),
    [
        pytest.param(object(), "crm.ingest", "crm.product.chosen.v1", id="of outside"),
        pytest.param(Tombstone(), "crm.parties", "", id="a tombstone"),
    ],
)
def test_what_has_no_subject_of_ours_is_not_told(data: object, topic: str, type_: str) -> None:
    assert Told([]).lines([event(data, topic, type_)], []) == []


@pytest.mark.parametrize("heard", [True, False])
def test_what_is_published_is_told_at_once_unless_it_is_heard_too(heard: bool) -> None:
    """Its readers see it only once it was heard."""
    ticket = uuid4()
    rows = encode([Emission(reopened(ticket), WALL), Emission(Tick("crm.contacts", WALL), WALL, partition=1)])
    lines = Told([hears_reopened()] if heard else []).lines([], rows)
    assert [(type_, subject, party) for type_, _, subject, party in lines] == (
        [] if heard else [("crm.ticket.reopened.v1", f"ticket/{ticket}", str(PARTY))]
    )


@pytest.mark.parametrize(("about", "party"), [(str(PARTY), str(PARTY)), ("units:product:A:week", None)])
def test_a_warning_is_told_to_the_party_that_it_is_about(about: str, party: str | None) -> None:
    data = WarningCleared(warning_id=uuid4(), kind="silence", about=about, because="bought", recorded_at=WALL)
    heard = event(data, "crm.insights", "crm.warning.cleared.v1", about.encode())
    assert [told for *_, told in Told([]).lines([heard], encode([Emission(data, WALL)]))] == [party, party]


def test_a_key_that_is_no_text_does_no_harm() -> None:
    ((*_, party),) = Told([]).lines([event(reopened(uuid4()), "crm.tickets", "crm.ticket.reopened.v1", b"\xff\0")], [])
    assert party == "\N{REPLACEMENT CHARACTER}\0"


xids = st.integers(0, 10**18 - 1)
times = st.integers(0, 2 * 10**15)
snapshots = st.builds(Snapshot, times, xids, st.lists(xids, max_size=5).map(tuple))
positions = st.one_of(
    st.builds(Position, st.just("3fa94c01b2d7"), snapshots),
    st.builds(
        Position, st.just("3fa94c01b2d7"), snapshots, snapshots, st.builds(After, times, xids, st.integers(0, 9_999))
    ),
)


@given(positions)
def test_a_position_is_read_as_it_was_written(position: Position) -> None:
    assert parse_position(str(position)) == position


@given(st.text(max_size=200) | positions.map(str).map(lambda text: text[:-1] + "x"))
def test_what_is_no_position_is_none(text: str) -> None:
    assert parse_position(text) is None or text == str(parse_position(text))


def test_a_later_snapshot_saw_what_an_earlier_one_did() -> None:
    earlier, later = Snapshot(0, 10, (7, 8)), Snapshot(1, 10, (7,))
    assert later.saw(earlier)
    assert not earlier.saw(later)
    assert later.saw(later)
    assert Snapshot(2, 12, (7, 11)).saw(later)
