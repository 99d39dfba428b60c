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
    assert set(thanks.steps[0].content[0].texts) == {"", "da"}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (GOOD.replace("name: thanks", "name: No Good"), "name: String should match"),
        (GOOD.replace("PT1M", "soon"), "steps.0.wait: Input should be a valid timedelta"),
        (GOOD.replace("PT1M", "-PT1M"), "steps.0.wait: Input should be greater than or equal to"),
        (GOOD.replace("trigger: sale.completed", "trigger: moon.rose"), "trigger: Input should be 'sale.completed'"),
        (GOOD + "follow-up: true\n", "follow-up: Extra inputs are not permitted"),
        (GOOD + "max_age: P0D\n", "max_age: Input should be greater than"),
        (GOOD.replace("[{template: thanks}]", "[{template: thanks, when: {skus: [A]}}]"), "steps.0.content: the last"),
        (GOOD.replace("[{template: thanks}]", "[]"), "steps.0.content: Tuple should have at least 1 item"),
        (GOOD.replace("[{template: thanks}]", "[3]"), "steps.0.content.0: Input should be a valid dictionary"),
        (GOOD.replace("template: thanks", "template: gone"), "template gone is missing: write"),
        ("- a list", "is no mapping"),
        ("name: [", "cannot be read"),
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
