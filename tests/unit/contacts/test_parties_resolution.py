from itertools import count
from uuid import UUID

from hypothesis import given, strategies as st

from services.contacts.parties.domain.identity import Claim, Home
from services.contacts.parties.domain.resolution import Resolution, resolve

A, B, C = (Claim("external", "shop", value) for value in "abc")
ONE, TWO = Home(UUID(int=1), UUID(int=11)), Home(UUID(int=2), UUID(int=12))


def resolved(facts: list[tuple[Claim, ...]], known: dict[Claim, Home]) -> Resolution:
    ids = count(100)
    return resolve(facts, known, lambda _fact, _what: UUID(int=next(ids)))


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


CLAIMS = st.lists(st.sampled_from([Claim("external", "s", str(number)) for number in range(6)]), min_size=1, max_size=3)


@given(st.lists(CLAIMS, max_size=12), st.integers(0, 12))
def test_batches_may_be_cut_anywhere(facts: list[list[Claim]], cut: int) -> None:
    """The homes of a batch are those that its two halves lead to, one after the other."""
    whole = resolved([tuple(fact) for fact in facts], {})
    first = resolved([tuple(fact) for fact in facts[:cut]], {})
    ids = count(9000)
    second = resolve([tuple(fact) for fact in facts[cut:]], first.added, lambda _fact, _what: UUID(int=next(ids)))

    def grouping(added: dict[Claim, Home]) -> set[frozenset[Claim]]:
        homes: dict[UUID, set[Claim]] = {}
        for claim, home in added.items():
            homes.setdefault(home.party_id, set()).add(claim)
        return {frozenset(claims) for claims in homes.values()}

    assert grouping({**first.added, **second.added}) == grouping(whole.added)
