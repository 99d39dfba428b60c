import hashlib
from collections import Counter
from datetime import datetime

import pytest

import shared.events  # noqa: F401 - registers the contracts
from demo.world.facts import Fact
from demo.world.generator import Generator, Scale
from demo.world.journey import Journey, choose
from shared.events.contract import find_contract

SCALE = Scale(households=15)


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


@pytest.mark.slow
def test_the_same_seed_makes_the_same_bytes(facts: list[Fact]) -> None:
    assert digest(list(Generator(SCALE))) == digest(facts)


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


def test_every_kind_of_fact_occurs(facts: list[Fact]) -> None:
    assert len({fact.type for fact in facts}) == 10


def test_keys_and_headers_carry_no_personal_data(generator: Generator, facts: list[Fact]) -> None:
    """Senders know a customer by a number that says nothing."""
    numbers = {str(number) for number in generator.households}
    for fact in facts:
        assert fact.key in (generator.products if fact.topic == "crm.products" else numbers)
        text = b" ".join(value for _, value in fact.headers()).decode()
        assert "@" not in text
        assert "+1" not in text


def test_a_larger_sample_tells_the_same_of_the_smaller_ones_households(facts: list[Fact]) -> None:
    smaller = Generator(Scale(households=3))
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
