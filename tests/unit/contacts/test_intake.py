import json
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, get_args
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from services.contacts.intake.domain import announce_fact, check, text_of
from services.contacts.intake.domain.sales import (
    Revised,
    Stamp,
    Standing,
    announce_revision,
    canonical,
    judge,
    revise,
    sale_hash,
    state_of,
)
from shared.errors import BadRecord
from shared.events.contract import contract_of, contracts
from shared.events.ingest import INGEST, Reported, ReportedProfile, ReportedSale
from shared.events.money import MOST_MINOR
from shared.events.values import IdentityUsed

STAMP = Stamp(UUID(int=1), 3, datetime(2026, 1, 1, tzinfo=UTC), "/shop", IdentityUsed(type="email", id="i-1"))
PARTY = {"identities": [{"type": "email", "value": "ada@example.com"}], "name": "Ada Holm"}
PRICE = {"minor": 500, "currency": "DKK"}
SALE: dict[str, Any] = {
    "party": PARTY,
    "sale_id": "s-1",
    "channel": "web",
    "total": PRICE,
    "lines": [{"sku": "A", "quantity": 1, "unit_price": PRICE, "discount": {"minor": 0, "currency": "DKK"}}],
}
FACTS: dict[str, dict[str, Any]] = {
    "product.chosen": {"party": PARTY, "sku": "A", "channel": "web", "intent": "viewed"},
    "sale.completed": SALE,
    "sale.refunded": {"party": PARTY, "sale_id": "s-1", "total": PRICE, "reason": "damaged"},
    "interaction.recorded": {"party": PARTY, "channel": "phone", "direction": "inbound", "summary": "private"},
    "support.requested": {"party": PARTY, "channel": "email", "subject": "Help", "body": "broke"},
    "survey.answered": {"party": PARTY, "survey": "nps", "value": 9, "text": "private"},
    "consent.given": {"party": PARTY, "purpose": "marketing", "channel": "email", "evidence": "private"},
    "consent.withdrawn": {"party": PARTY, "purpose": "marketing", "channel": "email"},
}


def fact(type_: str, **changes: Any) -> Any:
    [contract] = [entry for entry in contracts() if (entry.topic, entry.type) == (INGEST, f"crm.{type_}.v1")]
    return contract.adapter.validate_python({**FACTS[type_], **changes})


@pytest.mark.parametrize("type_", FACTS)
def test_a_fact_is_published_under_its_type_with_everything_but_the_person(type_: str) -> None:
    data = fact(type_)
    published: Any = announce_fact(data, STAMP)
    assert contract_of(type(published)).type == f"crm.{type_}.v1"
    assert (published.party_id, published.party_version, published.origin) == (STAMP.party_id, 3, "/shop")
    assert (published.recorded_at, published.identity_used) == (STAMP.recorded_at, STAMP.identity_used)
    for field in fields(data):
        if hasattr(published, field.name):
            assert getattr(published, field.name) == getattr(data, field.name)
    text = contract_of(type(published)).adapter.dump_json(published)
    assert b"Ada" not in text
    assert b"ada@" not in text
    assert b"private" not in text


def test_every_reported_fact_but_the_profile_is_published() -> None:
    by_another_way = {contract_of(model).type for model in (ReportedProfile, *get_args(Revised))}
    reported = {contract_of(model).type for model in get_args(Reported)} - by_another_way
    assert reported == {f"crm.{type_}.v1" for type_ in FACTS}


@pytest.mark.parametrize(
    ("type_", "kind"),
    [("interaction.recorded", "summary"), ("survey.answered", "answer"), ("consent.given", "evidence")],
)
def test_texts_are_kept_apart_and_announced(type_: str, kind: str) -> None:
    data = fact(type_)
    assert text_of(data) == (kind, "private")
    published: Any = announce_fact(data, STAMP)
    assert getattr(published, "has_text", False) or getattr(published, "has_evidence", False)


@pytest.mark.parametrize("type_", ["consent.withdrawn", "sale.completed", "support.requested"])
def test_a_fact_without_a_text_of_ours_keeps_none(type_: str) -> None:
    assert text_of(fact(type_)) is None


EUR = {"minor": 1, "currency": "EUR"}
HUGE = {"minor": MOST_MINOR // 1_000_000 + 1, "currency": "DKK"}


@pytest.mark.parametrize(
    ("type_", "changes", "reason"),
    [
        ("sale.completed", {"total": EUR}, "mixed_currencies"),
        ("sale.completed", {"lines": [{**SALE["lines"][0], "discount": EUR}]}, "mixed_currencies"),
        ("sale.completed", {"total": {"minor": -1, "currency": "DKK"}}, "negative_amount"),
        ("sale.refunded", {"total": {"minor": -1, "currency": "DKK"}}, "negative_amount"),
        ("sale.completed", {"lines": [{**SALE["lines"][0], "quantity": 1_000_000, "unit_price": HUGE}]}, "amount"),
        ("survey.answered", {"survey": "csat", "value": 8}, "survey_value"),
        ("survey.answered", {"survey": "ces", "value": 0}, "survey_value"),
    ],
)
def test_what_nobody_could_use_is_refused_with_a_stable_reason(type_: str, changes: Any, reason: str) -> None:
    with pytest.raises(BadRecord) as caught:
        check(fact(type_, **changes))
    assert caught.value.reason == reason


@pytest.mark.parametrize("type_", FACTS)
def test_sound_facts_pass(type_: str) -> None:
    check(fact(type_))


def hashed(**changes: Any) -> bytes:
    sale = fact("sale.completed", **changes)
    assert isinstance(sale, ReportedSale)
    return sale_hash(sale)


def test_equal_sales_have_equal_hashes_and_others_others() -> None:
    line = SALE["lines"][0]
    other = {**line, "sku": "B"}
    same = [
        hashed(),
        hashed(party={"identities": []}),
        hashed(lines=[{**line, "discount": None}]),
        hashed(store=""),
    ]
    assert hashed(lines=[line, other, line]) == hashed(lines=[line, line, other])
    assert hashed(lines=[line, line]) != hashed(lines=[line])
    others = [
        hashed(channel="phone"),
        hashed(store="cph"),
        hashed(total={"minor": 501, "currency": "DKK"}),
        hashed(lines=[{**line, "quantity": 2}]),
        hashed(lines=[{**line, "discount": {"minor": 1, "currency": "DKK"}}]),
        hashed(lines=[line, line]),
    ]
    assert len(set(same)) == 1
    assert len({same[0], *others}) == 1 + len(others)


def test_the_hash_of_a_sale_never_changes() -> None:
    """Stored hashes are compared for years."""
    assert hashed().hex() == "84288fd8c3d64b972143ce39d0a37836"


@pytest.mark.parametrize(
    ("said", "published", "has_text"),
    [(None, None, False), ("damaged", "damaged", False), ("she called from her new address", None, True)],
)
def test_the_reason_of_a_refund_is_published_as_a_word_and_never_as_a_sentence(
    said: str | None, published: str | None, *, has_text: bool
) -> None:
    refund = fact("sale.refunded", reason=said)
    published_refund: Any = announce_fact(refund, STAMP)
    assert (published_refund.reason, published_refund.has_text) == (published, has_text)
    assert (text_of(refund) is not None) == has_text


STANDING = Standing(UUID(int=1), UUID(int=2), datetime(2026, 1, 1, tzinfo=UTC), 2, b"", None)


def revision(type_: str, revision: int, **changes: Any) -> Any:
    [contract] = [entry for entry in contracts() if (entry.topic, entry.type) == (INGEST, f"crm.sale.{type_}.v1")]
    given = SALE if type_ == "amended" else {"party": PARTY, "sale_id": "s-1"}
    return contract.adapter.validate_python({**given, "revision": revision, **changes})


@pytest.mark.parametrize(
    ("told", "judged"),
    [(revision("amended", 3), "holds"), (revision("cancelled", 3), "holds"), (revision("amended", 1 + 1), "known")],
)
def test_the_higher_of_two_revisions_holds(told: Any, judged: str) -> None:
    standing = revise(STANDING._replace(revision=1), revision("amended", 2))
    assert judge(standing, UUID(int=1), told) == judged


def test_a_revision_is_published_with_what_it_replaces() -> None:
    sale = fact("sale.completed")
    before = STANDING._replace(revision=1, state=state_of(sale))
    amended: Any = announce_revision(revision("amended", 2, channel="phone", tax=PRICE), STAMP, before)
    assert (amended.replaces, amended.channel, amended.tax) == (state_of(sale), "phone", sale.total)
    gone: Any = announce_revision(revision("cancelled", 3, reason="she moved"), STAMP, before)
    assert (gone.reason, gone.has_text, gone.sold_at) == (None, True, before.sold_at)


@pytest.mark.parametrize("name", ["subtotal", "tax", "shipping", "discounts"])
def test_the_parts_of_a_total_count_and_nothing_is_none_of_them(name: str) -> None:
    assert hashed(**{name: {"minor": 0, "currency": "DKK"}}) == hashed()
    assert hashed(**{name: PRICE}) != hashed()
    assert hashed(coupon="SPRING") != hashed()
    with pytest.raises(BadRecord):
        check(fact("sale.completed", **{name: EUR}))


TEXTS = st.text() | st.text(st.characters(max_codepoint=0x7F))


@given(st.recursive(TEXTS | st.none() | st.integers(-(2**53), 2**53), st.lists))
@pytest.mark.slow
def test_what_a_sale_is_told_apart_by_is_written_as_ever(content: object) -> None:
    """Hashes of it are kept for years."""
    assert canonical(content) == json.dumps(content, separators=(",", ":")).encode()
