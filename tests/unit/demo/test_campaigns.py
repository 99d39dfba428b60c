from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from demo.oracle.campaigns import Campaign, Message, MessageKey, conclude_messages, load_campaigns
from demo.oracle.ledger import fold
from demo.play import letters
from demo.play.play import CAMPAIGNS
from demo.world.facts import Fact
from services.marketing.catalogue.files import load_definition, load_definitions

NOON = datetime(2017, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
THANKS = Campaign("thanks", True, 0, True, 7 * DAY, frozenset(), frozenset(), "any", (2 * DAY,))
MEALS = Campaign("meals", True, 5, True, 7 * DAY, frozenset(), frozenset(["MEAT"]), "any", (DAY, 7 * DAY))
NOTICE = Campaign("notice", False, 0, False, 7 * DAY, frozenset(["web"]), frozenset(), "full", (DAY,))
USD = "USD"


def fact(verb: str, hours: float, data: Mapping[str, Any], *, mail: bool = True) -> Fact:
    at = NOON + timedelta(hours=hours)
    identities = [{"type": "external", "system": "shop", "value": "7"}]
    if mail:
        identities.append({"type": "email", "value": "ada@example.com"})
    data = {"party": {"identities": identities}, **data}
    return Fact("crm.ingest", f"crm.{verb}.v1", f"{verb}-{hours}", "/shop", "7", at, at, data)


def sale(*, mail: bool = True, channel: str = "in_person", sku: str = "A") -> Fact:
    line = {"sku": sku, "quantity": 1, "unit_price": {"minor": 500, "currency": USD}}
    total = {"minor": 500, "currency": USD}
    return fact("sale.completed", 0, {"sale_id": "b", "channel": channel, "total": total, "lines": [line]}, mail=mail)


def consent(hours: float, *, given: bool = True, mail: bool = True) -> Fact:
    verb = "consent.given" if given else "consent.withdrawn"
    return fact(verb, hours, {"purpose": "marketing", "channel": "email"}, mail=mail)


def refund(hours: float, minor: int = 500) -> Fact:
    return fact("sale.refunded", hours, {"sale_id": "b", "total": {"minor": minor, "currency": USD}, "lines": []})


def outcomes(facts: list[Fact], *campaigns: Campaign) -> dict[tuple[str, int], str]:
    found = conclude_messages(fold(facts), campaigns)
    return {(key.campaign, key.step): message.outcome for key, message in found.items()}


def test_with_consent_and_address_it_is_sent_after_its_wait() -> None:
    assert conclude_messages(fold([consent(-5), sale()]), [THANKS]) == {
        MessageKey("/shop", "b", "thanks", 1): Message(NOON + 2 * DAY, "sent")
    }


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        ([sale()], "no_consent"),
        ([consent(47), sale()], "sent"),
        ([consent(49), sale()], "no_consent"),
        ([consent(-5), consent(47, given=False), sale()], "no_consent"),
        ([consent(-5), consent(49, given=False), sale()], "sent"),
        ([consent(-5), sale(), refund(47, 1)], "refunded"),
        ([consent(-5), sale(), refund(49)], "sent"),
        ([consent(-5, mail=False), sale(mail=False)], "no_address"),
        ([sale(mail=False)], "no_consent"),
        ([consent(-5), sale().late(NOON + 8 * DAY)], "expired"),
        ([consent(-5), sale().late(NOON + 6 * DAY)], "sent"),
        ([consent(-5), consent(120, given=False), sale().late(NOON + 6 * DAY)], "no_consent"),
        ([consent(-5), consent(140, given=False), sale().late(NOON + 6 * DAY)], "sent"),
        ([consent(-5), sale().late(NOON + 6 * DAY), refund(120)], "refunded"),
        ([consent(-5), consent(-5, given=False), sale()], "no_consent"),
    ],
)
def test_what_happened_until_it_is_due_or_was_recorded_decides(facts: list[Fact], outcome: str) -> None:
    assert outcomes(facts, THANKS) == {("thanks", 1): outcome}


def test_while_it_waits_a_day_for_an_address_a_refund_still_ends_it() -> None:
    facts = [consent(-5, mail=False), sale(mail=False), refund(60)]
    facts[2].data["party"]["identities"].pop()
    assert outcomes(facts, THANKS) == {("thanks", 1): "refunded"}


def test_only_a_refund_of_all_of_it_ends_a_message_that_says_full() -> None:
    web = sale(channel="web")
    assert outcomes([web, refund(3, 499)], NOTICE)["notice", 1] == "sent"
    assert outcomes([web, refund(3, 499), refund(4, 1)], NOTICE)["notice", 1] == "refunded"


def described(sku: str, department: str) -> Fact:
    return Fact(
        "crm.products", "crm.product.described.v1", sku, "/catalogue", sku, NOON, NOON, {"category": [department]}
    )


def test_the_follow_up_of_the_highest_priority_takes_the_sale_and_others_stand_beside_it() -> None:
    meat = [described("A", "MEAT"), consent(-5), sale(channel="web")]
    assert outcomes(meat, MEALS, THANKS, NOTICE) == {("meals", 1): "sent", ("meals", 2): "sent", ("notice", 1): "sent"}


def test_a_skipped_step_ends_its_enrolment() -> None:
    meat = [described("A", "MEAT"), consent(-5), sale(), refund(30)]
    assert outcomes(meat, MEALS) == {("meals", 1): "sent", ("meals", 2): "refunded"}
    assert outcomes([*meat, refund(3, 1)], MEALS) == {("meals", 1): "refunded"}


def test_a_sale_that_nothing_matches_is_told_so() -> None:
    assert outcomes([sale()], NOTICE) == {("", 0): "no_campaign"}


def test_what_follows_from_something_else_takes_no_sale() -> None:
    assert outcomes([sale()], replace(THANKS, of_sales=False)) == {("", 0): "no_campaign"}


def asked(hours: float) -> Fact:
    return fact("support.requested", hours, {"channel": "email", "sale_id": "b"})


@pytest.mark.parametrize(
    ("opened", "resolved", "outcome", "or_else"),
    [
        (None, None, "sent", ""),
        (47, None, "sent", "ticket_open"),
        (49, None, "sent", ""),
        (-200, None, "ticket_open", ""),
        (-400, -200, "sent", ""),
        (-400, 40, "sent", "ticket_open"),
    ],
)
def test_a_request_silences_a_letter_once_marketing_must_have_heard_of_it(
    opened: float | None, resolved: float | None, outcome: str, or_else: str
) -> None:
    ledger = fold([consent(-500), sale(), *([asked(opened)] if opened is not None else [])])
    for ticket in ledger.customers["7"].tickets:
        ticket.resolved_at = NOON + timedelta(hours=resolved) if resolved is not None else None
    found = conclude_messages(ledger, [replace(THANKS, heeds_tickets=True)])
    (message,) = found.values()
    assert (message.outcome, message.or_else) == (outcome, or_else)
    assert message.standing("ticket_open").outcome == ("ticket_open" if "ticket_open" in {outcome, or_else} else "sent")
    assert message.standing("no_consent").outcome == outcome


OFFER = replace(THANKS, name="offer", follow_up=False, left_by=frozenset(["sale.completed", "sale.refunded"]))


def another(hours: float) -> Fact:
    line = {"sku": "A", "quantity": 1, "unit_price": {"minor": 500, "currency": USD}}
    total = {"minor": 500, "currency": USD}
    return fact("sale.completed", hours, {"sale_id": "c", "channel": "web", "total": total, "lines": [line]})


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        ([sale(), another(48)], "exited"),
        ([sale(), another(49)], "sent"),
        ([another(-1), sale()], "sent"),
        ([sale(), another(-1).late(NOON + DAY)], "exited"),
        ([sale(), another(40).late(NOON + 3 * DAY)], "sent"),
        ([sale(), refund(40, 1)], "exited"),
        ([sale().late(NOON + 8 * DAY)], "expired"),
    ],
)
def test_an_offer_is_not_made_to_who_has_bought_again(facts: list[Fact], outcome: str) -> None:
    found = conclude_messages(fold([consent(-5), *facts]), [OFFER])
    (message,) = [each for key, each in found.items() if (key.sale_id, key.campaign) == ("b", "offer")]
    assert message.outcome == outcome


def test_the_demos_campaigns_are_read_as_marketing_reads_them() -> None:
    files = [load_definition(file) for file in letters.TUTORIALS]
    read = [*load_definitions(CAMPAIGNS), *load_definitions(letters.READY_MADE), *files]
    definitions = {definition.name: definition for definition in read}
    mine = {campaign.name: campaign for campaign in load_campaigns(CAMPAIGNS, letters.READY_MADE, *letters.TUTORIALS)}
    assert mine.keys() == definitions.keys()
    for name, campaign in mine.items():
        definition = definitions[name]
        assert campaign.waits == tuple(step.wait for step in definition.sends.values())
        assert (campaign.follow_up, campaign.priority) == (definition.follow_up, definition.priority)
        assert (campaign.max_age, campaign.refunded) == (definition.max_age, definition.skip.refunded)
        assert campaign.needs_consent == definition.needs_consent
        assert campaign.of_sales == (definition.trigger.event == "sale.completed")
        assert campaign.heeds_tickets == definition.skip.ticket_open
        assert campaign.left_by == {heard.event for heard in definition.exit_on}
        # Which of several letters comes to be depends on what became of the one before.
        assert not (campaign.of_sales and campaign.heeds_tickets and len(campaign.waits) > 1)


def test_campaigns_are_ordered_by_priority(tmp_path: Path) -> None:
    for name, priority in (("b", 1), ("a", 1), ("c", 2)):
        text = f"name: {name}\npriority: {priority}\nsteps: [{{wait: P1D}}]\n"
        (tmp_path / f"{name}.yaml").write_text(text, "utf-8")
    assert [campaign.name for campaign in load_campaigns(tmp_path)] == ["c", "a", "b"]
