from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings, strategies as st

from services.support.categories import OWN_QUEUES, Queue, load_queues
from services.support.reasons import reason, text_of, texts_of
from services.support.routing.domain.agent import Agent, Presence, Standing, why_not
from services.support.routing.domain.choice import Desk, Waiting, queue_of
from services.support.sla.domain.calendar import Calendar, Hours, is_working, next_change
from shared.errors import ConfigurationError

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
PARTY = UUID(int=1)
QUEUES = (Queue(name="payments", skills=("payments",), fallback="general"), Queue(name="general"))


def standing(
    name: str = "a",
    *,
    skills: tuple[str, ...] = ("payments",),
    queues: tuple[str, ...] = ("payments",),
    room: int = 2,
    load: int = 0,
    presence: Presence = "online",
    on_shift: bool = True,
    last: datetime | None = None,
) -> Standing:
    agent = Agent(name, 1, frozenset(skills), queues, {"email": room}, None, presence, last)
    return Standing(agent, on_shift, {"email": load})


def ticket(number: int = 1, **given: Any) -> Waiting:
    known: dict[str, Any] = {
        "skills": ("payments",),
        "priority": "normal",
        "queue": "payments",
        "fallback": "general",
    } | given
    return Waiting(UUID(int=number), PARTY, None, "email", **known)


def chosen(*standings: Standing, managers: dict[UUID, str] | None = None, **given: Any) -> str | None:
    choice = Desk({each.agent.id: each for each in standings}, managers or {}).choose(ticket(**given), NOW)
    return choice.agent if choice else None


@pytest.mark.parametrize(
    ("standings", "expected"),
    [
        ([standing("a", load=1), standing("b")], "b"),
        ([standing("a", last=NOW), standing("b", last=NOW - timedelta(hours=1)), standing("c", last=NOW)], "b"),
        ([standing("a", room=10, load=2), standing("b", room=2, load=1)], "a"),
        ([standing("a", on_shift=False)], None),
        ([standing("a", presence="busy"), standing("b", presence="away")], None),
        ([standing("a", load=2)], None),
        ([standing("a", skills=())], None),
        ([standing("a", queues=("general",), skills=())], "a"),
    ],
)
def test_the_least_loaded_who_fits_is_chosen(standings: list[Standing], expected: str | None) -> None:
    assert chosen(*standings) == expected


def test_the_relationship_manager_comes_first_then_who_answered_before_and_never_who_gave_it_back() -> None:
    others = standing("a"), standing("m", load=1, skills=(), queues=())
    assert chosen(*others, managers={PARTY: "m"}) == "m"
    assert chosen(*others, managers={PARTY: "m"}, refused_by="m") == "a"
    assert chosen(*others, previous="m") == "m"
    assert chosen(*others, standing("z", on_shift=False), managers={PARTY: "z"}) == "a"


def test_who_speaks_the_language_comes_first_in_the_fallback() -> None:
    general = [
        standing("a", queues=("general",), skills=()),
        standing("d", queues=("general",), skills=("language:da",), load=1),
    ]
    assert chosen(*general, skills=("payments", "language:da")) == "d"
    assert chosen(*general, skills=("payments", "language:da"), fallback=None) is None


def test_each_choice_says_why() -> None:
    choice = Desk({name: standing(name) for name in "ab"}).choose(ticket(), NOW)
    assert choice is not None
    assert choice.why == (
        reason("has_skills", skills="payments"),
        reason("least_loaded", load=0, room=2, channel="email", fitting=2),
    )
    assert texts_of(choice.why) == ["has payments", "had 0 of 2 email tickets, the least loaded of 2 who fit"]


@pytest.mark.parametrize(
    ("skills", "fallback", "said"),
    [
        (("payments",), "general", "nobody of payments or general has payments"),
        (("payments",), None, "nobody of payments has payments"),
        ((), "general", "nobody of payments or general is asked"),
        ((), None, "nobody of payments is asked"),
    ],
)
def test_where_nobody_would_do_the_reason_says_of_which_queues(
    skills: tuple[str, ...], fallback: str | None, said: str
) -> None:
    assert text_of(Desk({}).why_waits(ticket(skills=skills, fallback=fallback))) == said


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 5)), min_size=1, max_size=5), st.integers(0, 40))
@pytest.mark.slow
def test_nobody_is_given_more_than_they_take_and_nobody_waits_for_nothing(
    agents: list[tuple[int, int]], tickets: int
) -> None:
    desk = Desk({str(n): standing(str(n), room=room, load=load) for n, (room, load) in enumerate(agents)})
    free = sum(max(0, room - load) for room, load in agents)
    given_to = Counter(choice.agent for n in range(tickets) if (choice := desk.choose(ticket(n), NOW)))
    assert given_to.total() == min(tickets, free)
    assert all(desk.standings[name].load["email"] <= agents[int(name)][0] for name in given_to)


def test_agents_who_are_alike_get_alike_many() -> None:
    desk = Desk({str(n): standing(str(n), room=100) for n in range(4)})
    given_to = Counter(
        choice.agent for n in range(41) if (choice := desk.choose(ticket(n), NOW + timedelta(minutes=n)))
    )
    assert max(given_to.values()) - min(given_to.values()) == 1


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (standing(), None),
        (standing(presence="busy"), None),
        (standing(presence="away"), "absent"),
        (standing(on_shift=False), "off_shift"),
        (standing(load=2), "at_capacity"),
    ],
)
def test_by_hand_it_is_never_given_to_who_is_off_shift_absent_or_full(one: Standing, expected: str | None) -> None:
    assert why_not(one, "email") == expected


def test_the_first_queue_that_takes_a_skill_has_the_ticket_else_the_last() -> None:
    assert queue_of(["language:da", "payments"], QUEUES).name == "payments"
    assert queue_of(["language:da"], QUEUES).name == "general"
    assert load_queues(OWN_QUEUES)[-1].name == "general"


def test_a_shift_begins_and_ends_with_the_hours_of_its_calendar() -> None:
    office = Calendar(zone="Europe/Copenhagen", week=((Hours(start=540, end=1020),),) * 5 + ((),) * 2, country="DK")
    assert is_working(office, NOW)
    ends = next_change(office, NOW)
    assert ends == datetime(2026, 3, 2, 16, tzinfo=UTC)
    assert not is_working(office, ends)
    assert next_change(office, ends) == datetime(2026, 3, 3, 8, tzinfo=UTC)
    assert next_change(office, datetime(2026, 4, 1, 16, tzinfo=UTC)) == datetime(2026, 4, 7, 7, tzinfo=UTC)
    night = Calendar(
        zone="Europe/Copenhagen", week=((Hours(start=0, end=360), Hours(start=1320, end=1440)),) * 7
    )  # over midnight, and over the change of clocks of 29 March
    assert next_change(night, datetime(2026, 3, 28, 22, tzinfo=UTC)) == datetime(2026, 3, 29, 4, tzinfo=UTC)
    assert next_change(Calendar(zone="UTC", week=((),) * 7), NOW) is None
    assert next_change(Calendar(zone="UTC", week=((Hours(start=0, end=1440),),) * 7), NOW) is None


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("[]", "at least one queue"),
        ("[{name: a}, {name: a}]", "1.name: another queue is called a"),
        ("[{name: a, fallback: b}]", "0.fallback: no queue is called b"),
        ("[{name: a}, {name: b, fallback: b}]", "1.fallback: b falls back on itself"),
        ("[{name: a, skill: [x]}]", "0.skill"),
    ],
)
def test_a_file_of_queues_is_refused_by_its_field(tmp_path: Path, text: str, field: str) -> None:
    path = tmp_path / "queues.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationError) as refused:
        load_queues(path)
    assert str(refused.value).startswith(str(path))
    assert field in str(refused.value)
