"""Campaigns in files: what is accepted, and what is said about the rest."""

from pathlib import Path
from typing import Any

import pytest

from services.marketing.catalogue.domain.definition import Definition
from services.marketing.catalogue.files import load_definitions
from services.marketing.settings import OWN_CAMPAIGNS
from shared.errors import ConfigurationError
from tests.unit.marketing.facts import definition

GOOD = """
name: thanks
trigger: sale.completed
steps:
  - wait: PT1M
    content: [{template: thanks}]
"""


def folder(tmp_path: Path, text: str = GOOD, template: str = "Subject: Thanks\n\nHello {{ name }}\n") -> Path:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "thanks.txt").write_text(template)
    (tmp_path / "thanks.yaml").write_text(text)
    return tmp_path


def test_own_campaigns_can_be_read_and_one_follows_every_sale() -> None:
    definitions = {each.name: each for each in load_definitions(OWN_CAMPAIGNS)}
    thanks = definitions["thanks"]
    assert thanks.follow_up
    assert thanks.when is None
    assert all(each.priority > thanks.priority for each in definitions.values() if each is not thanks)
    assert set(thanks.sends[1].content[0].texts) == {"", "da"}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (GOOD.replace("name: thanks", "name: No Good"), "thanks.yaml:2: name: String should match"),
        (GOOD.replace("PT1M", "soon"), "steps.0.wait: Input should be a valid timedelta"),
        (GOOD.replace("PT1M", "-PT1M"), "steps.0.wait: Input should be greater than or equal to"),
        (GOOD.replace("trigger: sale.completed", "trigger: moon.rose"), "thanks.yaml:3: trigger.event: is none of"),
        (GOOD + "follow-up: true\n", "follow-up: Extra inputs are not permitted"),
        (GOOD + "max_age: P0D\n", "max_age: Input should be greater than"),
        (GOOD.replace("[{template: thanks}]", "[{template: thanks, when: {skus: [A]}}]"), "steps.0.content: the last"),
        (GOOD.replace("[{template: thanks}]", "[]"), "steps.0.content: Tuple should have at least 1 item"),
        (GOOD.replace("[{template: thanks}]", "[3]"), "steps.0.content.0: Input should be a valid dictionary"),
        (
            GOOD.replace("template: thanks", "template: gone"),
            "thanks.yaml:6: steps.0.content.0.template: template gone is missing",
        ),
        ("- a list", "is no mapping"),
        ("name: [", "cannot be read"),
        ("name: a\nwhen: \x06", "thanks.yaml:2: definition: holds a character that no YAML may hold"),
        (
            GOOD.replace("PT1M", "P300D") + "  - {wait: P100D, content: [{template: thanks}]}\n",
            "must not exceed a year",
        ),
    ],
)
def test_error_names_the_file_and_the_field(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_definitions(folder(tmp_path, text))
    assert "thanks.yaml" in str(refused.value)
    assert complaint in str(refused.value)


@pytest.mark.parametrize(
    ("template", "complaint"),
    [
        ("Hello", "thanks.txt: the first line is `Subject: …`"),
        ("Subject: Hello\n\n", "thanks.txt: the first line is `Subject: …`"),
        ("Subject: Hello\n\n{{ email }}", "texts..body: knows no email; it may use bought_on, first_name"),
        ("Subject: {% if %}\n\nHello", "texts..subject: is no template"),
        ("Subject: Hello\n\n{{ products[0] }}", "texts..body: is no template that can be rendered"),
        ("Subject: Hello\n\n{{ name.__class__.__mro__ }}", "texts..body: is no template that can be rendered"),
    ],
)
def test_template_that_would_fail_for_a_customer_is_refused(tmp_path: Path, template: str, complaint: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_definitions(folder(tmp_path, template=template))
    assert complaint in str(refused.value)


def test_empty_folder_and_two_of_a_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="holds no campaign"):
        load_definitions(tmp_path)
    folder(tmp_path)
    (tmp_path / "other.yaml").write_text(GOOD)
    with pytest.raises(ConfigurationError, match="defines thanks twice"):
        load_definitions(tmp_path)


@pytest.mark.parametrize("change", [{"priority": 1}, {"skip": {"refunded": "any"}}, {"topic": "news"}])
def test_digest_changes_with_everything_that_is_said(change: dict[str, Any]) -> None:
    assert definition(**change).digest() != definition().digest()
    assert definition().digest() == definition().digest()


def test_definition_survives_its_document_and_is_not_checked_again() -> None:
    document = definition().document()
    assert Definition.model_validate(document) == definition()
    document["steps"][0]["content"][0]["texts"][""]["body"] = "{{ a_name_of_older_days }}"
    assert Definition.model_validate(document, context={"stored": True}).name == "thanks"


def test_texts_by_language_need_one_for_everybody() -> None:
    content = [{"template": "t", "texts": {"da": {"subject": "s", "body": "b"}}}]
    with pytest.raises(ValueError, match="without a language"):
        definition(steps=[{"wait": "PT1H", "content": content}])


FLOW = """
name: cart-left
trigger: {event: product.chosen, where: {intent: carted}}
entry: {key: sku, again: P7D}
exit_on: [{event: sale.completed, match: {lines.sku: sku}}]
steps:
  - wait_for: {event: sale.completed, match: {lines.sku: sku}, within: PT4H, restart: true, otherwise: remind}
    go: end
  - {id: remind, wait: PT0S, content: [{template: thanks}]}
lasts: P7D
"""
SEND = "{wait: P1D, content: [{template: thanks}]}"


NOTHING_COMMON = FLOW.replace("{lines.sku: sku}}]", "{skus: sku}}]")
ALIAS = FLOW.replace("{lines.sku: sku}}]", "&a {lines.sku: sku}}]").replace(
    "match: {lines.sku: sku}, w", "match: *a, w"
)


def flow_of(*steps: str, **fields: str) -> str:
    lines = ["name: thanks", *(f"{name}: {text}" for name, text in {"trigger": "ticket.resolved", **fields}.items())]
    return "\n".join([*lines, "steps:", *(f"  - {step}" for step in steps)])


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (FLOW.replace("intent: carted", "intnt: carted"), ":3: trigger.where.intnt: product.chosen has no field intnt"),
        (FLOW.replace("carted}}", "cartd}}"), ":3: trigger.where.intent: intent is one of viewed, carted, requested"),
        (FLOW.replace("key: sku", "key: color"), ":4: entry.key: product.chosen has no field color"),
        (NOTHING_COMMON, ":5: exit_on.0.match.skus: sale.completed has no field skus"),
        (FLOW.replace("otherwise: remind", "otherwise: gone"), ":7: steps.0.wait_for.otherwise: no step is called"),
        (FLOW.replace("lasts: P7D\n", ""), ":6: steps: steps that may be taken more than once need `lasts`"),
        (FLOW.replace("otherwise: remind", "otherwise: end"), ":9: steps.1: no step leads here"),
        (FLOW + "steps: []\n", ":11: steps: stands there twice"),
        (ALIAS, ": an anchor is used a second time"),
        (flow_of(SEND, filter="{party.sails: 3}"), ":3: filter.party.sails: knows no party.sails; of a party"),
        (flow_of(SEND, filter="{any: [{sales: 3}]}"), ":3: filter.any.0.sales: knows no sales: it may ask for trigger"),
        (flow_of(SEND, filter="{party.sales: {more: 3}}"), ":3: filter: party.sales.more: a test is one of"),
        (flow_of(SEND, filter="{not: []}"), ":3: filter: not: a condition is a mapping"),
        (flow_of("{id: a, tag: {add: [x]}}", "{branch: [{go: a}]}", SEND), ": leads back to itself without a wait"),
        (flow_of("{exit: enough}", SEND), ":5: steps.1: no step leads here"),
        (flow_of("{split: [{percent: 70}, {percent: 31}]}", SEND), ":4: steps.0.split: the shares come to more than"),
        (flow_of("{split: [{percent: 7, holdout: true, go: end}]}", SEND), "split.0: a holdout goes nowhere"),
        (flow_of(SEND, when="{skus: [A]}"), ":3: when: ticket.resolved names no products"),
        (flow_of(SEND, follow_up="true"), ":2: trigger: a follow-up is triggered by every sale.completed"),
        (flow_of("{wait_for: {event: ticket.opened, within: P1D}}", SEND, trigger="sale.completed", follow_up="true"),
         ":5: steps.0: a follow-up begins with its message"),
        (flow_of("{wait: P1D, contents: []}"), ":4: steps.0.contents: Extra inputs"),
        (flow_of("{" * 3_000), "cannot be read"),
    ],
)  # fmt: skip
@pytest.mark.slow
def test_flow_that_cannot_be_meant_is_refused_by_line_and_field(tmp_path: Path, text: str, complaint: str) -> None:
    load_definitions(folder(tmp_path, FLOW))
    (tmp_path / "thanks.yaml").write_text(text)
    with pytest.raises(ConfigurationError) as refused:
        load_definitions(tmp_path)
    assert complaint in str(refused.value)


def test_a_follow_up_may_hold_out_and_go_on(tmp_path: Path) -> None:
    text = flow_of(
        SEND,
        "{wait_for: {event: ticket.opened, within: P1D}, go: end}",
        trigger="sale.completed",
        follow_up="true",
        holdout="10",
    )
    (found,) = load_definitions(folder(tmp_path, text))
    assert found.is_flow
    assert found.hears == {"sale.completed", "ticket.opened"}
    assert found.longest_wait.days == 2
    assert Definition.model_validate(found.document(), context={"stored": True}) == found
