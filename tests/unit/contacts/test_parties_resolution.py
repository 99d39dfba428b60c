from collections.abc import Collection, Mapping, Sequence
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from services.contacts.parties.domain.identity import Claim, Home
from services.contacts.parties.domain.resolution import Resolution, questioned, resolve
from services.contacts.policy import IdentityPolicy, KindPolicy, read_policy
from shared.errors import NoIdentity

A, B, C = (Claim("external", system, "1") for system in "abc")
ONE, TWO = Home(UUID(int=1), UUID(int=11)), Home(UUID(int=2), UUID(int=12))


POLICY = read_policy()


def resolved(
    facts: Sequence[Sequence[Claim]],
    known: Mapping[Claim, Home],
    first_id: int = 100,
    more: Sequence[Claim] = (),
    policy: IdentityPolicy = POLICY,
    wide: Collection[int] = (),
) -> Resolution:
    """`more` are further identities of party ONE."""
    ids = count(first_id)
    owned: dict[UUID, set[Claim]] = {party_id: set() for party_id in questioned(facts, known)}
    for claim, home in known.items():
        owned.get(home.party_id, set()).add(claim)
    owned.get(ONE.party_id, set()).update(more)
    return resolve(facts, known, owned, lambda _fact, _what: UUID(int=next(ids)), policy, wide)


def test_nobody_known_founds_a_party_and_later_facts_join_it() -> None:
    found = resolved([(A,), (B, A), (B,)], {})
    assert len({each.party_id for each in found.assigned}) == 1
    assert found.founded == {found.assigned[0].party_id: 0}
    assert set(found.added) == {A, B}
    assert found.adding == {0, 1}
    assert [each.claim for each in found.assigned] == [A, A, B]
    assert found.parties() == []


def test_the_first_known_claim_decides_and_others_are_suspected_once() -> None:
    found = resolved([(A, B, C), (B, A)], {A: ONE, B: TWO})
    assert [each.party_id for each in found.assigned] == [ONE.party_id, TWO.party_id]
    assert found.added == {C: Home(ONE.party_id, UUID(int=100))}
    assert list(found.suspicions) == [(ONE.party_id, TWO.party_id)]
    assert found.suspicions[ONE.party_id, TWO.party_id].fact == 0
    assert found.parties() == [ONE.party_id, TWO.party_id]


def test_a_fact_without_a_claim_founds_a_party_without_identities() -> None:
    found = resolved([(), ()], {})
    assert len(found.founded) == 2
    assert found.assigned[0].claim is None
    assert found.assigned[0].identity_id is None


CLAIMS = st.lists(st.sampled_from([Claim("external", str(number), "s") for number in range(6)]), min_size=1, max_size=3)


@given(st.lists(CLAIMS, max_size=12), st.integers(0, 12))
def test_batches_may_be_cut_anywhere(facts: list[list[Claim]], cut: int) -> None:
    """The homes of a batch are those that its two halves lead to, one after the other."""
    whole = resolved([tuple(fact) for fact in facts], {})
    first = resolved([tuple(fact) for fact in facts[:cut]], {})
    second = resolved([tuple(fact) for fact in facts[cut:]], first.added, 9000)

    def grouping(added: dict[Claim, Home]) -> set[frozenset[Claim]]:
        homes: dict[UUID, set[Claim]] = {}
        for claim, home in added.items():
            homes.setdefault(home.party_id, set()).add(claim)
        return {frozenset(claims) for claims in homes.values()}

    assert grouping({**first.added, **second.added}) == grouping(whole.added)


def external(value: str, system: str = "shop") -> Claim:
    return Claim("external", system, value)


def email(name: str) -> Claim:
    return Claim("email", "", f"{name}@example.com")


PHONE, COOKIE, PARTY = Claim("phone", "", "+4520123456"), Claim("anonymous", "/web", "c-1"), Claim("party", "", "1")
HOME: dict[str, tuple[Claim, ...]] = {
    "a customer with a phone": (external("81"), PHONE),
    "an e-mail with a phone": (email("ada"), PHONE),
    "a phone alone": (PHONE,),
    "a customer with an e-mail": (external("81"), email("ada")),
    "a browser of an e-mail": (email("ada"), COOKIE),
    "a browser alone": (COOKIE,),
    "everything": (external("81"), email("ada"), PHONE, COOKIE),
}
# Who is known, what a fact names, and whether it is the known party's.
CASES: dict[str, tuple[str, tuple[Claim, ...], bool]] = {
    "another customer number": ("a customer with a phone", (external("82"), PHONE), False),
    "a customer number of another system": ("a customer with a phone", (external("9", "fair"), PHONE), True),
    "a phone and another e-mail": ("an e-mail with a phone", (email("bo"), PHONE), False),
    "a phone and the first e-mail": ("a phone alone", (email("bo"), PHONE), True),
    "a phone and the first customer number": ("a phone alone", (external("82"), PHONE), True),
    "a phone alone": ("everything", (PHONE,), True),
    "an e-mail and another customer number": ("a customer with an e-mail", (external("82"), email("ada")), False),
    "an e-mail and a customer number elsewhere": (
        "a customer with an e-mail",
        (external("9", "fair"), email("ada")),
        True,
    ),
    "a known e-mail and another phone": ("an e-mail with a phone", (email("ada"), Claim("phone", "", "+4599")), True),
    "a browser and another e-mail": ("a browser of an e-mail", (email("bo"), COOKIE), False),
    "a browser and the first e-mail": ("a browser alone", (email("bo"), COOKIE), True),
    "a browser and another customer number": ("everything", (external("82"), COOKIE), False),
    "a browser of an e-mail and a customer number": ("a browser of an e-mail", (external("82"), COOKIE), False),
    "a browser of an e-mail and a phone": ("a browser of an e-mail", (PHONE, COOKIE), False),
    "a browser alone and a customer number": ("a browser alone", (external("82"), COOKIE), True),
    "a known customer number and another e-mail": ("everything", (external("81"), email("bo")), True),
}


@pytest.mark.parametrize("case", CASES)
def test_a_stronger_identity_that_contradicts_founds_a_party(case: str) -> None:
    known, fact, is_known = CASES[case]
    homes = {claim: Home(ONE.party_id, UUID(int=20 + place)) for place, claim in enumerate(HOME[known])}
    found = resolved([fact], homes)
    assert (found.assigned[0].party_id == ONE.party_id) == is_known
    if not is_known:
        shared = fact[-1]
        assert found.assigned[0].claim == fact[0]
        assert set(found.added) == {fact[0]}
        said = [(each.other_id, each.reason) for each in found.suspicions.values()]
        # A device or cookie is no reason to take two known people for one.
        assert said == ([] if shared == COOKIE else [(ONE.party_id, f"shared_{shared.type}")])
        assert [claim for _, claim in found.shared] == [shared]


def test_a_party_has_one_external_id_per_system() -> None:
    known = {PARTY: ONE, external("81"): ONE}
    for fact in ((PARTY, external("82")), (external("81"), external("82")), (external("82"), external("81"))):
        found = resolved([fact], known)
        assert found.assigned[0].party_id == ONE.party_id
        assert found.added == {}
    both = resolved([(external("1"), external("2"))], {})
    assert list(both.added) == [external("1")]


def test_a_party_id_learnt_from_us_is_the_strongest() -> None:
    found = resolved([(PARTY, email("bo"))], {PARTY: ONE, email("bo"): TWO})
    assert found.assigned[0].party_id == ONE.party_id
    assert list(found.shared) == [(ONE.party_id, email("bo"))]
    assert list(found.suspicions) == [(ONE.party_id, TWO.party_id)]


def test_two_new_customers_who_share_a_phone_are_two_in_one_batch_too() -> None:
    found = resolved([(external("81"), PHONE), (external("82"), PHONE), (external("82"), PHONE), (PHONE,)], {})
    first, second, third, alone = [each.party_id for each in found.assigned]
    assert first == alone != second == third
    assert list(found.shared) == [(second, PHONE)]
    assert len(found.suspicions) == 1


def test_several_addresses_of_a_type_are_known_to_be_so() -> None:
    known = {external("81"): ONE, email("ada"): ONE}
    assert resolved([(external("81"), email("bo"), PHONE)], known).several == {(ONE.party_id, "email")}
    assert resolved([(external("81"), email("ada"))], known).several == set()


SOME: st.SearchStrategy[Any] = st.lists(
    st.sampled_from([external("1"), external("2"), external("1", "fair"), email("ada"), email("bo"), PHONE, COOKIE]),
    min_size=1,
    max_size=4,
    unique=True,
).map(
    lambda claims: tuple(
        sorted(claims, key=lambda claim: ["external", "email", "phone", "anonymous"].index(claim.type))
    )
)


@given(st.lists(SOME, max_size=10))
def test_whatever_is_named_nobody_is_two_customers_of_one_system(facts: list[tuple[Claim, ...]]) -> None:
    found = resolved(facts, {})
    numbers: dict[tuple[UUID, str], set[str]] = {}
    for claim, home in found.added.items():
        if claim.type == "external":
            numbers.setdefault((home.party_id, claim.system), set()).add(claim.value)
    assert all(len(values) == 1 for values in numbers.values())
    for fact, assigned in zip(facts, found.assigned, strict=True):
        for claim in fact:
            if claim.type in {"email", "phone"}:
                carried = found.homes[claim].party_id == assigned.party_id
                assert carried or (assigned.party_id, claim) in found.shared


@given(st.lists(SOME, max_size=10), st.integers(0, 10))
def test_a_cut_between_batches_gives_nobody_elses_fact(facts: list[tuple[Claim, ...]], cut: int) -> None:
    whole = resolved(facts, {})
    first = resolved(facts[:cut], {})
    second = resolved(facts[cut:], first.homes, 9000, [])
    pairs = list(zip([*first.assigned, *second.assigned], whole.assigned, strict=True))
    for one, other in pairs:
        for another, yet in pairs:
            assert (one.party_id == another.party_id) == (other.party_id == yet.party_id)


def few(**kinds: tuple[int, int]) -> IdentityPolicy:
    """`most` and `parties` of some types."""
    given = {
        name: POLICY.kinds[name].model_copy(update={"most": most, "parties": parties})
        for name, (most, parties) in kinds.items()
    }
    return IdentityPolicy(**{**POLICY.kinds, **given})


@pytest.mark.parametrize("type_", ["email", "phone", "anonymous"])
def test_an_identity_beyond_the_limit_is_left_out_and_the_fact_is_taken(type_: str) -> None:
    names = [Claim(type_, "", f"{number}") for number in range(1, 6)]  # type: ignore[arg-type]
    found = resolved([(external("81"), name) for name in names], {}, policy=few(**{type_: (3, 9)}))

    assert len({each.party_id for each in found.assigned}) == 1
    assert set(found.added) == {external("81"), *names[:3]}
    assert [claim for _, claim in found.surplus] == names[3:]
    assert found.many == {(found.assigned[0].party_id, type_): 3}


def test_a_shared_address_counts_towards_the_limit() -> None:
    known = {external("81"): ONE, email("bo"): TWO, email("ada"): Home(ONE.party_id, UUID(int=21))}
    found = resolved([(external("81"), email("bo"))], known, policy=few(email=(1, 9)))
    assert (dict(found.shared), [claim for _, claim in found.surplus]) == ({}, [email("bo")])


@pytest.mark.parametrize("claim", [PHONE, COOKIE, email("info")])
def test_what_many_parties_share_names_nobody(claim: Claim) -> None:
    """A till's dummy number, a tablet in a shop, the one address of a company."""
    policy = few(**{claim.type: (9, 5)})
    tills = [(external(str(number)), claim) for number in range(1, 1_001)]
    found = resolved(tills, {}, policy=policy)

    assert len({each.party_id for each in found.assigned}) == 1_000
    assert len(found.suspicions) == (0 if claim == COOKIE else 5)
    home = found.homes[claim]
    shared = Home(home.party_id, home.identity_id, sharing=len(found.shared))
    with pytest.raises(NoIdentity):
        resolved([(claim,)], {claim: shared}, policy=policy)
    assert resolved([(claim,)], {claim: shared}, policy=policy, wide=[0]).assigned[0].party_id == home.party_id
    (someone,) = resolved([(external("1001"), claim)], {claim: shared}, 9000, policy=policy).assigned
    assert someone.party_id != home.party_id


def test_one_more_party_than_the_policy_has_it_is_too_many() -> None:
    for sharing, names_somebody in ((4, True), (5, False)):
        known = {PHONE: ONE._replace(sharing=sharing)}
        found = resolved([(PHONE, COOKIE)], known, policy=few(phone=(9, 5)))
        assert (found.assigned[0].party_id == ONE.party_id) == names_somebody


def test_the_order_of_strength_is_the_policys() -> None:
    swapped = IdentityPolicy(
        email=KindPolicy(strength=20, most=9, parties=9), phone=KindPolicy(strength=30, most=9, parties=9)
    )
    assert list(swapped.order) == list(POLICY.order)
    assert swapped.order["phone"] < swapped.order["email"]
