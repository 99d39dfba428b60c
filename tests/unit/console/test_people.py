"""Agents, relations, disputes and results of surveys, made of what services say and what forms hold."""

from typing import Any

import pytest

from services.console.agents.domain import CHANNELS, Definition, Spent, fields_of, rooms_of, times_of
from services.console.disputes.domain import amount_of, moved, raised
from services.console.parties.domain import Related, related_of
from services.console.shell.facts import party_named
from services.console.surveys.domain import shares_of, tone_of
from services.support.disputes.schemas import NewDispute, NewStep
from services.support.routing.schemas import AgentDefinition

ADA, BO = "01a21cac-b0de-7cd1-b5db-ef8f21bd5678", "01a21cac-b0de-7cd1-b5db-ef8f21bd5679"


def test_what_a_form_says_of_an_agent_is_what_support_takes_and_shows() -> None:
    typed = {
        "id": " agent-7 ",
        "skills": "orders, ,language:en ",
        "queues": "orders",
        "capacity-chat": " 2",
        "key": "k",
    }
    definition = Definition(typed)
    assert definition.agent_id == "agent-7"
    taken = AgentDefinition.model_validate(definition.body())
    assert taken == AgentDefinition(skills=["orders", "language:en"], queues=["orders"], capacity={"chat": 2})
    shown = fields_of({"id": "agent-7", **taken.model_dump()})
    assert Definition(shown).body() == definition.body()


@pytest.mark.parametrize("typed", ["two", "-1", "1.5", "²", "9" * 30])
def test_a_capacity_that_is_none_is_left_to_support_to_refuse(typed: str) -> None:
    with pytest.raises(ValueError, match="capacity"):
        AgentDefinition.model_validate(Definition({"capacity-chat": typed}).body())


def test_channels_without_room_are_left_out_and_no_channel_is_forgotten() -> None:
    assert [room.channel for room in rooms_of({"capacity": {"chat": 2, "email": 3, "phone": 0}})] == ["email", "chat"]
    annotation = AgentDefinition.model_fields["capacity"].annotation
    assert set(CHANNELS) == set(annotation.__args__[0].__args__)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("seconds", "times"),
    [
        ({}, []),
        ({"online": 0.0}, []),
        ({"offline": 300.0, "online": 100.0}, [Spent("online", 100.0, 0.25), Spent("offline", 300.0, 0.75)]),
    ],
)
def test_the_times_of_an_agent_are_shares_of_what_is_known(seconds: dict[str, float], times: list[Spent]) -> None:
    assert times_of({"seconds": seconds}) == times


def relation(**changes: Any) -> dict[str, Any]:
    plain = {"id": "r", "kind": "employs", "from_party_id": ADA, "to_party_id": BO, "since": None, "ended_on": None}
    return {**plain, "from_now": ADA, "to_now": BO, **changes}


@pytest.mark.parametrize(
    ("said", "outward", "other"),
    [
        ({}, True, BO),
        ({"from_party_id": BO, "to_party_id": ADA, "from_now": BO, "to_now": ADA}, False, BO),
        ({"from_party_id": "merged", "to_now": "survivor"}, True, "survivor"),
        ({"from_now": "survivor"}, True, BO),
        ({"from_party_id": "other id of hers", "from_now": "other id of hers"}, True, BO),
    ],
    ids=["outward", "inward", "told of one who was merged", "of one who is merged by now", "asked for by another id"],
)
def test_a_relation_is_told_from_where_the_customer_stands(said: dict[str, Any], outward: bool, other: str) -> None:
    assert related_of({ADA, "other id of hers"}, [relation(**said)], {other: "Bo Lind"}) == [
        Related("r", "employs", outward, other, "Bo Lind", None, None)
    ]
    (named,) = related_of({ADA, "other id of hers"}, [relation(**said, name="Bo")], {})
    assert named.name == "Bo"


def test_what_has_ended_stands_behind_what_holds() -> None:
    ended, holds = relation(id="1", ended_on="2026-01-01"), relation(id="2")
    assert [each.relation_id for each in related_of({ADA, "other id of hers"}, [ended, holds], {})] == ["2", "1"]


@pytest.mark.parametrize(
    "typed", [ADA, ADA.upper(), f" https://crm.example/parties/{ADA}?show=sales", f"/parties/{ADA}/around"]
)
def test_somebody_is_named_by_id_or_by_the_address_of_a_page(typed: str) -> None:
    assert party_named(typed) == ADA


def test_what_names_nobody_is_left_to_contacts_to_refuse() -> None:
    assert party_named(" Ada Holm ") == "Ada Holm"


@pytest.mark.parametrize(
    ("survey", "score", "tone"),
    [("csat", 80, "good"), ("csat", 79.9, "plain"), ("csat", 59, "bad"), ("nps", -1, "bad"), ("ces", 4, "plain")],
)
def test_a_score_has_the_colour_of_its_surveys_bounds(survey: str, score: float, tone: str) -> None:
    assert tone_of({"survey": survey, "score": score}) == tone


def test_shares_of_answers() -> None:
    assert shares_of({"answers": 4, "high": 3, "low": 1}) == (0.75, 0.25)


@pytest.mark.parametrize(
    ("typed", "currency", "amount"),
    [
        ("129,95", "dkk", {"minor": 12995, "currency": "DKK"}),
        ("1.299,50", "DKK", {"minor": 129950, "currency": "DKK"}),
        ("1,299.50", "DKK", {"minor": 129950, "currency": "DKK"}),
        ("1,299", "DKK", {"minor": 129900, "currency": "DKK"}),
        (" 1 299.5 ", "DKK", {"minor": 129950, "currency": "DKK"}),
        ("500", "JPY", {"minor": 500, "currency": "JPY"}),
        ("0", "DKK", {"minor": 0, "currency": "DKK"}),
        ("", "DKK", None),
    ],
)
def test_an_amount_is_read_in_the_digits_of_its_currency(
    typed: str, currency: str, amount: dict[str, object] | None
) -> None:
    assert amount_of(typed, currency, "en") == amount


@pytest.mark.parametrize(
    "typed", ["hundred", "1.999", "1,2,3", "1.299,5,0", "NaN", "Infinity", "1e30", "9" * 40, "--1"]
)
def test_what_is_no_amount_is_refused_and_never_rounded(typed: str) -> None:
    form = {"party_id": ADA, "cause": "price", "amount": typed, "currency": "DKK"}
    with pytest.raises(ValueError, match=r"amount|minor"):
        NewDispute.model_validate(raised(form, "en"))


def test_only_an_offer_names_an_amount() -> None:
    form = {"status": "proposed", "amount": "1", "currency": "DKK", "text": " "}
    offered = NewStep.model_validate(moved(form, "en"))
    assert (offered.amount is not None, offered.text) == (True, None)
    assert NewStep.model_validate(moved({**form, "status": "acknowledged"}, "en")).amount is None
