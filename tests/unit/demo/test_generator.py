import hashlib
from collections import Counter
from datetime import datetime

import pytest

import shared.events  # noqa: F401 - registers the contracts
from demo.facts import Fact
from demo.generator import Generator, Scale
from demo.journey import Journey, choose
from shared.events.contract import find_contract

SCALE = Scale(households=12)


@pytest.fixture(scope="module")
def generator() -> Generator:
    return Generator(SCALE)


@pytest.fixture(scope="module")
def facts(generator: Generator) -> list[Fact]:
    return list(generator)


def digest(facts: list[Fact]) -> str:
    whole = hashlib.sha256()
    for fact in facts:
        whole.update(repr(fact.headers()).encode() + fact.value())
    return whole.hexdigest()


def test_the_same_seed_makes_the_same_bytes(facts: list[Fact]) -> None:
    assert digest(list(Generator(SCALE))) == digest(facts)


def test_another_seed_makes_other_people(generator: Generator) -> None:
    other = Generator(Scale(households=12, seed=1))
    assert {person.name for person in other.households.values()} != {
        person.name for person in generator.households.values()
    }


def test_facts_come_in_the_order_of_their_arrival(facts: list[Fact]) -> None:
    arrivals = [fact.arrives for fact in facts]
    assert arrivals == sorted(arrivals)
    assert all(fact.time <= fact.arrives for fact in facts)


def test_every_value_keeps_its_contract_and_every_header_is_short_ascii(facts: list[Fact]) -> None:
    for fact in facts:
        contract = find_contract(fact.topic, fact.type)
        assert contract is not None
        contract.adapter.validate_json(fact.value())
        assert all(len(value) <= 1024 and value.isascii() for _, value in fact.headers())
        assert 1 <= len(fact.id) <= 200


def test_every_kind_of_fact_occurs() -> None:
    kinds = Counter(fact.type for fact in Generator(Scale(households=60)))
    assert len(kinds) == 10
    assert all(kinds.values())


def test_keys_and_headers_carry_no_personal_data(generator: Generator, facts: list[Fact]) -> None:
    private = {person.email for person in generator.households.values()}
    private |= {person.phone for person in generator.households.values()}
    for fact in facts:
        words = [fact.key, *(value.decode() for _, value in fact.headers())]
        assert not any(secret in word for secret in private if secret for word in words)


def test_a_larger_sample_tells_the_same_of_the_smaller_ones_households(facts: list[Fact]) -> None:
    smaller = Generator(Scale(households=4))
    customers = {str(number) for number in smaller.households}
    mine = [fact.value() for fact in smaller if fact.topic == "crm.ingest"]
    assert mine == [fact.value() for fact in facts if fact.topic == "crm.ingest" and fact.key in customers]


def test_every_basket_of_the_sample_is_one_sale_whose_lines_add_up(facts: list[Fact]) -> None:
    sales = {fact.data["sale_id"]: fact.data for fact in facts if fact.type == "crm.sale.completed.v1"}
    journey = Journey(SCALE.households, SCALE.seed)
    assert len(sales) == journey.sales
    for basket in journey.baskets():
        sale = sales[f"basket-{basket.number}"]
        assert sale["total"]["minor"] == sum(line.value for line in basket.lines)
        paid = (
            line["unit_price"]["minor"] * line["quantity"] - line.get("discount", {"minor": 0})["minor"]
            for line in sale["lines"]
        )
        assert sum(paid) == sale["total"]["minor"]


def test_a_refund_never_pays_back_more_than_was_bought(facts: list[Fact]) -> None:
    sales = {fact.data["sale_id"]: fact.data for fact in facts if fact.type == "crm.sale.completed.v1"}
    bought = {(id_, line["sku"]): line["quantity"] for id_, sale in sales.items() for line in sale["lines"]}
    returned: Counter[tuple[str, str]] = Counter()
    for fact in facts:
        if fact.type == "crm.sale.refunded.v1":
            assert fact.data["total"]["minor"] > 0
            for line in fact.data["lines"]:
                returned[fact.data["sale_id"], line["sku"]] += line["quantity"]
    assert returned
    assert all(units <= bought[line] for line, units in returned.items())


def test_mail_domains_and_phone_numbers_are_reserved_ones() -> None:
    people = Generator(Scale(households=200)).households.values()
    assert {person.email.partition("@")[2] for person in people if person.email} <= {
        "example.com",
        "example.org",
        "example.net",
    }
    assert all(person.phone[5:10] == "55501" and len(person.phone) == 12 for person in people)
    assert len({person.phone for person in people}) == 200
    assert len({person.email for person in people if person.email}) == sum(1 for person in people if person.email)


def test_the_catalogue_describes_every_product_before_it_is_sold(facts: list[Fact]) -> None:
    described = set()
    for fact in facts:
        if fact.topic == "crm.products":
            described.add(fact.key)
        elif fact.type == "crm.sale.completed.v1":
            assert described >= {line["sku"] for line in fact.data["lines"]}


def test_a_sample_holds_every_smaller_one() -> None:
    households = list(range(1, 400))
    assert set(choose(households, 20, seed=5)) <= set(choose(households, 90, seed=5))


def test_a_profile_precedes_the_mail_addresses_in_other_facts(facts: list[Fact]) -> None:
    """Otherwise one customer might become two parties: the address and the shop's number first meet in the profile."""
    profiles: dict[str, datetime] = {}
    for fact in facts:
        if fact.type == "crm.profile.submitted.v1":
            profiles.setdefault(fact.key, fact.arrives)
        elif fact.topic == "crm.ingest" and any(id_["type"] == "email" for id_ in fact.data["party"]["identities"]):
            assert profiles[fact.key] <= fact.arrives
