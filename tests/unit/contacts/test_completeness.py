"""What is missing of a party: weights by kind and role, from a file that is checked."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import pytest

from services.contacts.completeness.domain import assess, say
from services.contacts.parties.domain.party import Lifecycle, Party, Pick
from services.contacts.weights import Asked, CompletenessPolicy, read_completeness
from shared.errors import ConfigurationError
from shared.events.ingest import Address

NOW = datetime(2026, 3, 1, tzinfo=UTC)
POLICY = CompletenessPolicy.model_validate(
    {
        "kinds": {
            "person": {"name": 50, "email": 30, "city": 20},
            "organisation": {"name": 40, "phone": 40, "street": 20},
        },
        "roles": {"customer": {"city": 70, "birth_date": 10}, "supplier": {"email": 0, "city": 5}},
    }
)


def a_party(**fields: Any) -> Party:
    return Party(id=UUID(int=1), partition=3, **fields)


@pytest.mark.parametrize(
    ("fields", "carried", "has_bought", "score", "missing"),
    [
        ({}, [], False, 0, ["name", "email", "city"]),
        ({"name": "Ada"}, ["email"], False, 80, ["city"]),
        ({"name": "Ada", "address": Address(city="Aarhus")}, ["email"], False, 100, []),
        ({"name": "Ada", "address": Address(postal_code="8000")}, ["phone"], False, 50, ["email", "city"]),
        # A role asks for more, whether it was stated or came with what was bought.
        ({"name": "Ada", "roles": ["customer"]}, ["email"], False, 50, ["city", "birth_date"]),
        ({"name": "Ada"}, ["email"], True, 50, ["city", "birth_date"]),
        # Of several roles the greatest weight holds; what a role gives no weight is not asked for.
        ({"name": "Ada", "roles": ["supplier"]}, [], False, 90, ["city"]),
        ({"name": "Ada", "roles": ["customer", "supplier"]}, [], False, 38, ["city", "birth_date"]),
        ({"kind": "organisation", "name": "Holm A/S"}, ["email"], False, 40, ["phone", "street"]),
        # What a merge shows of the other party is known.
        ({"picked": [Pick(UUID(int=2), NOW, {"name": "Ada"})]}, [], False, 50, ["email", "city"]),
    ],
)
def test_what_is_missing_weighs_by_kind_and_role(
    fields: dict[str, Any], carried: list[str], has_bought: bool, score: int, missing: list[str]
) -> None:
    found = assess(a_party(**fields), carried, POLICY, has_bought=has_bought)
    assert (found.score, found.missing) == (score, missing)


def test_every_field_that_may_be_asked_for_can_be_known_and_is_said_in_words() -> None:
    """A field of the file that no party could fill would keep every score below 100 for ever."""
    asks_all = CompletenessPolicy.model_validate(
        {"kinds": dict.fromkeys(("person", "organisation"), dict.fromkeys(get_args(Asked), 1))}
    )
    empty = assess(a_party(), [], asks_all, has_bought=False)
    assert (empty.score, set(empty.missing)) == (0, set(get_args(Asked)))
    shown = say(UUID(int=1), empty)
    assert shown.next == empty.missing[0]
    assert len({each.words for each in shown.missing}) == len(empty.missing)
    address = Address(lines=["Nørregade 1"], postal_code="8000", city="Aarhus", country="DK")
    filled = a_party(name="Ada", address=address, birth_date="1990-04-17", locale="da", time_zone="Europe/Copenhagen")
    assert assess(filled, ["email", "phone", "external"], asks_all, has_bought=False).score == 100


def test_where_nothing_counts_nothing_is_missing() -> None:
    nothing = CompletenessPolicy.model_validate({"kinds": {"person": {}, "organisation": {"name": 0}}})
    bought = a_party(kind="organisation", lifecycle=Lifecycle(bought_at=NOW))
    assert [assess(each, [], nothing, has_bought=True).score for each in (a_party(), bought)] == [100, 100]


def written(folder: Path, text: str) -> Path:
    file = folder / "completeness.yaml"
    file.write_text(text, "utf-8")
    return file


def test_an_operators_file_is_taken_instead(tmp_path: Path) -> None:
    own = read_completeness(written(tmp_path, "kinds: {person: {name: 1}, organisation: {name: 1}}"))
    assert own.weights_of("person", ["customer"]) == {"name": 1}
    assert read_completeness().weights_of("person", ["customer"])["street"] == 10
    assert own.digest != read_completeness().digest == read_completeness().digest


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("kinds: {person: {name: 1}}", "kinds.organisation"),
        ("kinds: {person: {nose: 1}, organisation: {}}", "kinds.person.nose"),
        ("kinds: {person: {name: -1}, organisation: {}}", "kinds.person.name"),
        ("kinds: {person: {name: true}, organisation: {}}", "kinds.person.name"),
        ("kinds: {person: {}, organisation: {}}\nroles: {emperor: {name: 1}}", "roles.emperor"),
        ("weights: {}", "weights"),
        ("- a", "holds no fields"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_by_field(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        read_completeness(written(tmp_path, text))
