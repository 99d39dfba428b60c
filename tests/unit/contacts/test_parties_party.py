from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from services.contacts.parties.domain.description import describe
from services.contacts.parties.domain.party import (
    FIELDS,
    Party,
    Primary,
    amend,
    announce_registered,
    announce_updated,
    fill,
    has_news,
    prefer,
    submit,
)
from shared.events.ingest import Address, ReportedParty
from shared.events.parties import KnownIdentity

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def a_party(**fields: Any) -> Party:
    return Party(id=UUID(int=1), partition=3, **fields)


def test_a_fact_fills_only_what_nobody_said() -> None:
    party = a_party(name="Ada")
    said = ReportedParty(name="Other", kind="person", roles=["customer"])
    assert has_news(party, said)
    assert fill(party, said, NOW) == {"kind", "roles"}
    assert (party.name, party.kind, party.roles) == ("Ada", "person", ["customer"])
    assert not has_news(party, said)


def test_what_was_emptied_on_purpose_is_not_filled_by_a_fact() -> None:
    party = a_party(name="Ada")
    assert amend(party, {"name": None}, NOW) == {"name"}
    assert fill(party, ReportedParty(name="Ada"), NOW) == set()


@pytest.mark.parametrize(
    "said",
    [
        {"name": "Ada"},
        {"kind": "person"},
        {"address": Address(city="Aarhus")},
        {"birth_date": "1990-01-01"},
        {"locale": "da"},
        {"time_zone": "Europe/Copenhagen"},
        {"roles": ["customer"]},
    ],
)
def test_news_is_what_would_fill_a_gap(said: dict[str, Any]) -> None:
    party = a_party()
    assert has_news(party, ReportedParty(**said))
    assert fill(party, ReportedParty(**said), NOW) == set(said)
    assert not has_news(party, ReportedParty(**said))


def test_nothing_said_is_no_news() -> None:
    assert not has_news(a_party(), ReportedParty())
    assert submit(a_party(), ReportedParty(), NOW) == set()


PROFILES = st.lists(
    st.fixed_dictionaries(
        {}, optional={"name": st.sampled_from("AB"), "locale": st.sampled_from(["da", "en"]), "kind": st.just("person")}
    ),
    max_size=5,
)


@given(PROFILES, st.randoms(use_true_random=False))
def test_profiles_end_the_same_in_every_order(profiles: list[dict[str, Any]], dice: Any) -> None:
    """Each of another time: the latest to say a field wins, whenever it is heard."""
    timed = [(NOW + place * DAY, profile) for place, profile in enumerate(profiles)]
    expected: dict[str, Any] = {}
    for _, profile in timed:
        expected.update(profile)
    dice.shuffle(timed)
    party = a_party()
    for at, profile in timed:
        submit(party, ReportedParty(**profile), at)
    assert {name: getattr(party, name) for name in FIELDS if getattr(party, name) is not None} == expected


def test_the_description_says_everything_and_the_events_no_values() -> None:
    party = a_party(version=2, name="Ada", roles=["customer"])
    identities = [
        KnownIdentity(id=UUID(int=5), type="phone", value="+4520123456"),
        KnownIdentity(id=UUID(int=4), type="email", value="ada@example.com"),
    ]
    described = describe(party, identities, NOW)
    assert (described.party_id, described.version, described.kind, described.name) == (party.id, 2, "person", "Ada")
    assert [known.type for known in described.identities] == ["email", "phone"]
    assert announce_registered(party, NOW, "/shop").party_version == 2
    assert announce_updated(party, {"name", "locale"}, NOW, None).fields == ["locale", "name"]


USES = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 9), st.booleans()), min_size=1, unique_by=lambda use: use[1]
)


@given(USES, st.randoms(use_true_random=False))
@pytest.mark.slow
def test_the_address_said_last_or_else_used_last_is_written_to(uses: list[tuple[int, int, bool]], dice: Any) -> None:
    party = a_party()
    dice.shuffle(uses)
    for identity, day, said in uses:
        prefer(party, "email", Primary(UUID(int=identity), NOW + day * DAY, said))
    expected = max(uses, key=lambda use: (use[2], use[1]))
    assert party.primary["email"].identity_id == UUID(int=expected[0])
    identities = [KnownIdentity(id=UUID(int=n), type="email", value=f"{n}@example.com") for n in (1, 2, 3)]
    assert [each.id.int for each in describe(party, identities, NOW).identities if each.primary] == [expected[0]]
