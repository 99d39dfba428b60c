"""The matcher: what is compared, what speaks for one person, and what no sum may overrule."""

import math
from dataclasses import replace
from itertools import combinations, permutations
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, strategies as st

from eval.dirty import write_down
from eval.dirty_kinds import draw_kinds
from eval.labelled import traits_of
from services.contacts.matching.domain.blocking import keys_of, pairs_of
from services.contacts.matching.domain.comparison import FIELDS, LEVELS, compare
from services.contacts.matching.domain.folding import sound
from services.contacts.matching.domain.grouping import group
from services.contacts.matching.domain.model import model_from, model_json, usual_model
from services.contacts.matching.domain.traits import Name, read_name, read_street, read_traits
from services.contacts.matching.domain.verdict import (
    AUTOMATIC,
    LIKELY,
    POSSIBLE,
    have_other_names,
    likenesses,
    reasons_of,
    settle,
    verdict_of,
)
from services.contacts.matching.domain.whole import learn_model, match, match_unasked

HOME: dict[str, Any] = {"lines": ["Nørregade 12, 2. tv"], "postal": "8000", "town": "Aarhus C"}
ADA: dict[str, Any] = {"name": "Ada Holm", "birth": "1971-03-09", **HOME}


def bits_of(one: dict[str, Any], other: dict[str, Any]) -> float:
    records = [read_traits(**one), read_traits(**other)]
    return float(settle(usual_model(), records, compare(records, np.array([0]), np.array([1])))[0])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Иван Петров", "Ivan Petrov"),
        ("Γιώργος Παπαδάκης", "Giorgos Papadakis"),
        ("يوسف حسن", "Yusuf Hassan"),
        ("דוד כהן", "David Cohen"),
        ("राहुल शर्मा", "Rahul Sharma"),
    ],
)
def test_a_name_in_two_scripts_is_asked_about_and_never_merged_by_that(one: str, other: str) -> None:
    two = [read_traits(**{**ADA, **BOX, "name": name}) for name in (one, other)]
    assert set(keys_of(read_traits(name=one, **HOME))) & set(keys_of(read_traits(name=other, **HOME)))
    pair = (UUID(int=1), UUID(int=2))
    alike = likenesses(usual_model(), dict(zip(pair, two, strict=True)), [pair])[pair]
    assert "names in two scripts" in alike.reasons
    assert "other given names" not in alike.reasons
    assert verdict_of(alike.bits) == "possible"
    assert not alike.certain


@pytest.mark.parametrize(
    ("one", "other"), [("christensen", "kristensen"), ("pedersen", "petersen"), ("philip", "filip"), ("skov", "skou")]
)
def test_what_is_heard_alike_shares_a_key(one: str, other: str) -> None:
    assert sound(one)[:2] == sound(other)[:2]


def test_names_and_streets_are_taken_apart_however_they_are_written() -> None:
    assert {read_name(name) for name in ("Ada Holm", "Holm, Ada", "Dr. ADA  HOLM", "Mrs Ada Holm")} == {
        Name("ada", "holm", company=False)
    }
    assert read_name("Ada Holm-Dahl").family == "holm dahl"
    assert {read_name(name).family for name in ("Nordic Harbour A/S", "NORDIC HARBOUR ApS", "Nordic Harbour Ltd.")} == {
        "nordic harbour"
    }
    assert read_street(["12 High St."]) == read_street(["High Street 12, flat 3"]) == ("high street", "12")
    assert read_street(["Skovv. 7B"]) == read_street(["Skovvej 7 b"]) == ("skovvej", "7b")


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "Holm Ada"},
        {"name": "Ada Hoolm"},
        {"birth": "1971-09-03"},
        {"birth": "1971-03-08"},
        {"lines": ["Norregade 12"], "town": "Arhus"},
        {"lines": [], "postal": None, "town": None, "emails": ["ada@example.com"]},
    ],
)
def test_slips_and_gaps_leave_one_person_one_and_a_key_in_common(changed: dict[str, Any]) -> None:
    one = {**ADA, "emails": ["ada@example.com"]}
    assert verdict_of(bits_of(one, {**ADA, **changed})) == "automatic"
    assert set(keys_of(read_traits(**one))) & set(keys_of(read_traits(**{**ADA, **changed})))


def test_a_nickname_is_its_name() -> None:
    one, other = {**ADA, "name": "William Holm"}, {**ADA, "name": "Bill Holm"}
    assert verdict_of(bits_of(one, other)) == "automatic"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"name": "Ada Holm"}, {"name": "Ida Holm", "phones": ["+4526123456"]}),  # twins
        ({"name": "Ada Holm"}, {"name": "Karen Holm", "birth": "1969-01-01"}),  # a household
        ({"name": "Hans Holm"}, {"name": "Hans Holm", "birth": "1999-05-05"}),  # a parent and a child
        ({"name": "Ada Holm"}, {"name": "Holm", "birth": None}),  # anybody of the house
        ({"name": "Ada Holm", "kind": "person"}, {"name": "Holm A/S"}),
        (
            {"name": "Ada Holm", "taxes": [("cpr", "1")], "emails": ["a@example.com"]},
            {"name": "Ada Holm", "taxes": [("cpr", "2")], "emails": ["a@example.com"]},
        ),
        ({"name": "Ada Holm", "birth": None, "postal": "8000"}, {"name": "Ada Holm", "birth": None, "lines": []}),
    ],
)
def test_no_sum_of_agreements_makes_two_people_one(one: dict[str, Any], other: dict[str, Any]) -> None:
    home = {**ADA, "phones": ["+4526123456"]} if "postal" not in one else {}
    assert verdict_of(bits_of({**home, **one}, {**home, **other})) != "automatic"


BOX: dict[str, Any] = {"phones": ["+4526123456"], "emails": ["familien@example.com"]}
TWO_OF_A_FAMILY = {
    "twins": ({"name": "Amalie Holm"}, {"name": "Berta Holm"}),
    "twins with a name of the family in the middle": ({"name": "Amalie Krogh Holm"}, {"name": "Emil Krogh Holm"}),
    "twins of whom one is an initial": ({"name": "Amalie Holm"}, {"name": "A. Holm"}),
    "twins who are both initials": ({"name": "A. Holm"}, {"name": "A Holm"}),
    "siblings of one initial": ({"name": "Amalie Holm"}, {"name": "A. Holm", "birth": None}),
    "a couple": ({"name": "Hans Holm", "birth": None}, {"name": "Karen Holm", "birth": None}),
    "a couple of one initial": ({"name": "Hans Holm", "birth": None}, {"name": "Helle Holm", "birth": None}),
    "father and son": ({"name": "Hans Holm"}, {"name": "Hans Holm", "birth": "1999-05-05"}),
    "father and son of one day": ({"name": "Hans Holm"}, {"name": "Hans Holm", "birth": "1998-03-09"}),
    "father and son a digit apart": ({"name": "Hans Holm"}, {"name": "Hans Holm", "birth": "1991-03-09"}),
    "mother and daughter": ({"name": "Anne Holm", "birth": None}, {"name": "Anne-Sofie Holm", "birth": None}),
    "cousins": ({"name": "Hans Holm"}, {"name": "Hans Holm", "birth": "1965-05-05"}),
}


@pytest.mark.parametrize(("one", "other"), TWO_OF_A_FAMILY.values(), ids=TWO_OF_A_FAMILY)
@pytest.mark.slow
def test_two_of_a_family_who_share_all_else_are_asked_about_and_never_merged(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    """As they come, in a batch, and in a base whose weights were learnt from it."""
    two = [read_traits(**{**ADA, **BOX, **each}) for each in (one, other)]
    base = [traits_of(each) for each in write_down(250, 3)]
    pair = (UUID(int=1), UUID(int=2))
    for model in (usual_model(), learn_model([*base, *two])):
        alike = likenesses(model, dict(zip(pair, two, strict=True)), [pair])[pair]
        assert not alike.certain
        assert verdict_of(alike.bits) == "possible"
    assert match(two, usual_model()).groups == []
    assert not [each for each in match([*base, *two]).groups if set(each) >= {len(base), len(base) + 1}]


@pytest.mark.parametrize(
    ("one", "other", "certain"),
    [
        ("Ada Holm", "Ada Holm", True),
        ("Ada Holm", "HOLM, Ada Marie", True),
        ("Kristian Holm", "Kristina Holm", False),
        ("Lisa Holm", "Bettina Holm", False),
        ("Anna Marie Holm", "Marie Louise Holm", False),
        ("Anna Maria Holm", "Maria Holm", False),
        ("Holm", "Holm", False),
    ],
)
def test_twins_may_bear_two_forms_of_one_name_so_that_only_the_same_first_name_is_certain(
    one: str, other: str, certain: bool
) -> None:
    two = [read_traits(**{**ADA, **BOX, "name": name}) for name in (one, other)]
    pair = (UUID(int=1), UUID(int=2))
    alike = likenesses(usual_model(), dict(zip(pair, two, strict=True)), [pair])[pair]
    assert alike.certain is certain
    assert verdict_of(alike.bits) != "none"


ELSEWHERE = {"lines": ["Engvej 7"], "postal": "9000", "town": "Aalborg"}
NEAR = {"lines": ["Engvej 7"]}
YEAR_ALONE = {"birth": "1971-01-01"}


@pytest.mark.parametrize(
    ("one", "other", "certain"),
    [
        ({}, NEAR, True),
        ({}, ELSEWHERE, False),
        ({**BOX}, {**BOX, **ELSEWHERE}, True),
        ({}, {"name": "Ada Hoolm"}, True),
        ({}, {"name": "Ada Hoolm", **NEAR}, False),
        ({}, {"name": "Ada Holm-Dahl"}, True),
        ({}, {"name": "Ada Berg"}, False),
        ({}, {"name": "Holm Ada", **NEAR}, True),
        ({}, {"name": "Holm Ade", **BOX}, False),
        (YEAR_ALONE, {**YEAR_ALONE, **NEAR}, False),
        (YEAR_ALONE, YEAR_ALONE, False),
        ({**BOX, "birth": "1990-01-01"}, {**BOX, "birth": "1990-01-01"}, False),
        ({"name": "Ada Clara Holm", **BOX}, {"name": "Ada Luise Holm", **BOX}, False),
        ({"name": "Ada C. Holm", **BOX}, {"name": "Ada L. Holm", **BOX}, False),
        ({"name": "Ada C. Holm"}, {"name": "Ada Clara Luise Holm"}, True),
        ({"name": "Ada Holm"}, {"name": "Ada Clara Holm"}, True),
        ({}, {"birth": "1971-09-03"}, False),
        ({}, {"birth": None}, False),
    ],
)
@pytest.mark.slow
def test_the_better_a_family_name_agrees_the_less_of_the_home_has_to(
    one: dict[str, Any], other: dict[str, Any], certain: bool
) -> None:
    base = [traits_of(each) for each in write_down(250, 3)]
    two = [read_traits(**{**ADA, **each}) for each in (one, other)]
    pair = (UUID(int=1), UUID(int=2))
    model = learn_model([*base, *two])
    assert likenesses(model, dict(zip(pair, two, strict=True)), [pair])[pair].certain is certain
    places = {len(base), len(base) + 1}
    assert any(places <= set(each) for each in match_unasked([*base, *two], model)) is certain


HERE, THERE = {"postal": "1000", "lines": ["Engvej 7"]}, {"postal": "1000", "lines": ["Algade 9"]}


@pytest.mark.parametrize(
    ("one", "other", "certain"),
    [
        ({"name": "Anna og Peter Holm"}, {"name": "Anna Holm"}, False),
        ({"name": "Anna og Peter Holm"}, {"name": "Anna og Peter Holm"}, False),
        ({"name": "Hans Holm Sr"}, {"name": "Hans Holm Jr"}, False),
        ({"name": "Hans Holm"}, {"name": "Hans Holm d.y."}, False),
        ({"name": "Hans Holm Jr."}, {"name": "Hans Holm, junior"}, True),
        ({"name": "Иван Maria Holm"}, {"name": "Пётр Maria Holm"}, False),
        ({"name": "Иван Петров"}, {"name": "ИВАН ПЕТРОВ"}, True),
        ({"name": "Holm Maria"}, {"name": "Holm Marie"}, False),
        ({"name": "Kim Min-su"}, {"name": "Kim Min-ji"}, False),
        ({"name": "Nguyen Van Thanh"}, {"name": "Nguyen Van Thang"}, False),
        ({"name": "Петрова Анна"}, {"name": "Петрова Инна"}, False),
        ({"name": "Jan Holm"}, {"name": "Jon Holm"}, False),
        ({"name": "Joe Holm"}, {"name": "Jo Holm"}, False),
        (HERE | {"town": "København"}, THERE | {"town": "Bruxelles"}, False),
        (HERE | {"town": None}, THERE | {"town": None}, False),
        (HERE | {"town": None, "country": "DK"}, THERE | {"town": None}, False),
        (HERE | {"town": None, "country": "DK"}, THERE | {"town": None, "country": "DK"}, True),
        (HERE | {"country": "DK"}, HERE | {"country": "BE"}, False),
        (HERE | {"town": "Bruxelles"}, THERE | {"town": "Bruxelles"}, True),
    ],
)
@pytest.mark.slow
def test_who_is_easily_taken_for_another_is_asked_about(
    one: dict[str, Any], other: dict[str, Any], certain: bool
) -> None:
    """All of one birthday; without another home in one house, with one phone and one e-mail."""
    base = [traits_of(each) for each in write_down(250, 3)]
    shared = {} if "postal" in one else BOX
    two = [read_traits(**{**ADA, **shared, **each}) for each in (one, other)]
    pair = (UUID(int=1), UUID(int=2))
    for model in (usual_model(), learn_model([*base, *two])):
        alike = likenesses(model, dict(zip(pair, two, strict=True)), [pair], -math.inf)[pair]
        assert alike.certain is certain


def test_a_birthday_that_many_state_here_is_none() -> None:
    base = [read_traits(name=f"Ada N{at:03}", birth=f"19{50 + at % 40}-05-{1 + at % 28:02}") for at in range(300)]
    form = [read_traits(name=f"Bo M{at:03}", birth="1985-06-15") for at in range(40)]
    model = learn_model([*base, *form])
    assert set(model.common["birth"]) == {"1985-06-15"}
    pair = (UUID(int=1), UUID(int=2))
    for birth, certain in (("1985-06-15", False), ("1984-06-15", True)):
        two = [read_traits(**{**ADA, **BOX, "birth": birth})] * 2
        alike = likenesses(model, dict(zip(pair, two, strict=True)), [pair])[pair]
        assert alike.certain is certain
        assert ("a date of birth that many state" in alike.reasons) is not certain


def test_what_former_rules_read_is_no_ground_for_a_merge() -> None:
    pair, now = (UUID(int=1), UUID(int=2)), read_traits(**ADA)
    for one, certain in ((now, True), (replace(now, rules=0), False)):
        assert likenesses(usual_model(), {pair[0]: one, pair[1]: now}, [pair])[pair].certain is certain


@pytest.mark.parametrize("kind", draw_kinds(5))
@pytest.mark.slow
def test_of_no_kind_of_dirt_two_people_are_made_one_unasked(kind: str) -> None:
    records = draw_kinds(5)[kind]
    groups = match_unasked([traits_of(each) for each in records])
    assert groups
    assert [group for group in groups if len({records[place].truth for place in group}) > 1] == []


def test_who_bears_only_the_first_name_makes_no_one_of_twins_who_share_it() -> None:
    names = ("Mohamed Ali Khan", "Mohamed Hassan Khan", "Mohamed Khan")
    three = {UUID(int=at): read_traits(**{**ADA, **BOX, "name": name}) for at, name in enumerate(names)}
    assert [len(places) for places in match_unasked(list(three.values()), usual_model())] == [2]
    assert have_other_names(three, [(UUID(int=0), UUID(int=1))])
    assert not have_other_names(three, [(UUID(int=0), UUID(int=2)), (UUID(int=1), UUID(int=2))])


def test_whoever_bears_both_names_makes_no_one_of_twins() -> None:
    both = [read_traits(**{**ADA, **BOX, "name": f"{given} Holm"}) for given in ("Amalie", "Amalie Berta", "Berta")]
    assert len(match(both, usual_model()).groups[0]) == 2
    ids = [UUID(int=number) for number in range(1, 4)]
    records = dict(zip(ids, both, strict=True))
    assert have_other_names(records, [(ids[0], ids[1]), (ids[0], ids[2])])
    assert not have_other_names(records, [(ids[0], ids[1]), (ids[0], UUID(int=9))])
    assert not have_other_names({}, [])


def test_a_base_of_companies_alone_is_compared() -> None:
    records = [read_traits(name=f"Firm {number % 150} A/S", kind="organisation", **HOME) for number in range(300)]
    assert len(match(records).bits)


def test_two_of_one_name_in_two_places_are_nobody() -> None:
    elsewhere = {"name": "Ada Holm", "lines": ["High Street 2"], "postal": "LS1 4AP", "town": "Leeds"}
    assert verdict_of(bits_of({"name": "Ada Holm", **HOME}, elsewhere)) == "none"


def test_reasons_are_words_for_every_level() -> None:
    assert reasons_of([1, 4, 2, 6, 0, 3]) == [
        "the same given name", "dates of birth that differ by a slip", "other addresses", "other phones"
    ]  # fmt: skip
    spoken = {
        name: [reasons_of([level if field == name else 0 for field in FIELDS]) for level in range(1, len(LEVELS[name]))]
        for name in FIELDS
    }
    assert [name for name, words in spoken.items() for each in words if not each] == ["family"]


def test_one_record_has_the_score_that_it_has_in_the_whole_base() -> None:
    records = [traits_of(each) for each in write_down(150, 3)]
    model = learn_model(records)
    whole = match(records, model)
    for at in range(0, len(whole.bits), 97):
        one, other = int(whole.pairs.left[at]), int(whole.pairs.right[at])
        alone = [records[one], records[other]]
        assert settle(model, alone, compare(alone, np.array([0]), np.array([1])))[0] == pytest.approx(whole.bits[at])


def test_learnt_weights_find_most_of_what_was_soiled_and_merge_few_strangers() -> None:
    written = write_down(500, 5)
    records = [traits_of(each) for each in written]
    model = learn_model(records)
    assert model_from(model_json(model)) == model
    for automatic, precision, recall in ((AUTOMATIC, 0.93, 0.55), (LIKELY, 0.87, 0.62)):
        found = {pair for each in match(records, model, automatic=automatic).groups for pair in combinations(each, 2)}
        right = {pair for pair in found if written[pair[0]].truth == written[pair[1]].truth}
        true = sum(one.truth == other.truth for one, other in combinations(written, 2))
        assert len(right) / len(found) >= precision
        assert len(right) / true >= recall


def test_keys_that_too_many_share_bring_nobody_together() -> None:
    records = [read_traits(name=f"N{number} Holm", phones=["+4526000001"]) for number in range(70)]
    left, _, by_kind = pairs_of(records)
    assert "phone" not in by_kind
    assert len(left) < 70 * 69 / 2


def test_a_chain_of_weak_links_is_no_group_and_never_is_never() -> None:
    chain = [(0, 1, 9.0), (1, 2, 8.0), (2, 3, 8.5)]
    assert group(chain, AUTOMATIC, POSSIBLE) == [[0, 1], [2, 3]]
    dense = [*chain, (0, 2, 1.0), (1, 3, 2.0), (0, 3, 0.0)]
    assert group(dense, AUTOMATIC, POSSIBLE) == [[0, 1, 2, 3]]
    assert group(dense, AUTOMATIC, POSSIBLE, lambda one, other: (one, other) == (0, 3)) == [[0, 1], [2, 3]]


@given(st.permutations(range(6)), st.lists(st.floats(-5, 15), min_size=15, max_size=15))
def test_groups_do_not_depend_on_the_order_of_links(order: list[int], weights: list[float]) -> None:
    links = [(a, b, weight) for (a, b), weight in zip(combinations(range(6), 2), weights, strict=True)]
    shuffled = sorted(links, key=lambda link: order[link[0]] * 6 + order[link[1]])
    assert group(links, AUTOMATIC, POSSIBLE) == group(shuffled, AUTOMATIC, POSSIBLE)


def test_a_score_is_the_same_either_way_round() -> None:
    records = [
        read_traits(**{**ADA, **more}) for more in ({}, {"name": "Ida Holm"}, {"birth": None}, {"name": "Holm Ada"})
    ]
    left, right = (np.array(side) for side in zip(*permutations(range(4), 2), strict=True))
    found = dict(
        zip(
            zip(left.tolist(), right.tolist(), strict=True),
            settle(usual_model(), records, compare(records, left, right)),
            strict=True,
        )
    )
    assert all(found[a, b] == pytest.approx(found[b, a]) for a, b in found)
