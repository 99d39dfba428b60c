from datetime import UTC, datetime, timedelta

from demo.world.households import END, Household, make_household
from demo.world.journey import HOUSEHOLDS

FIRST = datetime(2017, 1, 5, 17, tzinfo=UTC)


def people(seed: int = 1, count: int = 2_500) -> list[Household]:
    return [make_household(number, FIRST, seed) for number in range(1, count + 1)]


def test_the_same_seed_makes_the_same_people_and_another_others() -> None:
    assert people(count=20) == people(count=20)
    assert [one.name for one in people(count=20)] != [one.name for one in people(seed=2, count=20)]


def test_mail_domains_and_phone_numbers_are_reserved_ones() -> None:
    domains = {person.email.partition("@")[2] for person in people() if person.email}
    assert domains == {"example.com", "example.org", "example.net"}
    assert all(person.phone[5:10] == "55501" and len(person.phone) == 12 for person in people())


def test_nobody_shares_a_phone_number_or_an_address() -> None:
    everybody = people()
    assert len(everybody) >= HOUSEHOLDS
    assert len({person.phone for person in everybody}) == len(everybody)
    addresses = [person.email for person in everybody if person.email]
    assert len(set(addresses)) == len(addresses)


def test_most_consent_with_their_profile_and_some_take_it_back() -> None:
    everybody = people()
    consenting = [person for person in everybody if person.consents]
    assert 0.7 < len(consenting) / len(everybody) < 0.9
    assert all(person.joins and person.consents[0][0] > person.joins for person in consenting)
    withdrawn = [person for person in consenting if len(person.consents) > 1 and not person.consents[1][1]]
    assert 0.05 < len(withdrawn) / len(consenting) < 0.2


def test_most_join_before_they_buy_and_nothing_happens_after_the_end() -> None:
    everybody = people()
    early = [person for person in everybody if person.joined(FIRST)]
    assert 0.8 < len(early) / len(everybody) < 0.9
    assert all(at < END for person in everybody for at, _ in person.consents)
    assert all(person.moves[0] < END for person in everybody if person.moves)
    before = [FIRST - person.joins for person in early if person.joins]
    assert all(span < timedelta(hours=2) or timedelta(days=2) <= span < timedelta(days=13) for span in before)
    assert (
        0.02 < sum(span > timedelta(days=1) for span in before) / len(before) < 0.1
    )  # the shop opened four days before
