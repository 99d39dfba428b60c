"""Mailings at the console: what a form says is what marketing reads, and every state has its words and its acts."""

from collections.abc import Mapping
from typing import Any, get_args

import pytest

from services.console.mailings.domain import ACTS, OUTCOMES, TONES, Draft, counts_of, template_of
from services.console.shell.vocabulary import TERMS
from services.marketing.catalogue.content.template import Text
from services.marketing.catalogue.domain.reading import Source, Unreadable
from services.marketing.catalogue.domain.steps import Send
from services.marketing.mailings.domain.definition import Drafted, read_mailing
from services.marketing.mailings.domain.mailing import Act, State, lead
from services.marketing.mailings.schemas import Recipient

FORM = {"name": " spring-2026 ", "segment": "readers", "subject": "Spring", "text": "Hello {{ name }}."}


def read(**fields: str) -> Drafted:
    body = Draft({**FORM, **fields}).body()
    return read_mailing(Source("mailing.yaml", body["text"], body["templates"]))


def texts_of(drafted: Drafted) -> Mapping[str, Text]:
    (step,) = drafted.campaign.steps
    assert isinstance(step, Send)
    (content,) = step.content
    return content.texts


def test_a_form_makes_the_mailing_that_it_says() -> None:
    drafted = read(per_minute="60", description='To "readers": all', **{"subject-da": "Forår", "text-da": "Hej: {}"})
    assert (drafted.campaign.name, drafted.segment, drafted.per_minute) == ("spring-2026", "readers", 60)
    assert drafted.campaign.description == 'To "readers": all'
    assert {language: text.subject for language, text in texts_of(drafted).items()} == {"": "Spring", "da": "Forår"}
    assert template_of({"definition": drafted.campaign.model_dump(mode="json")}) == "spring-2026"


def test_a_subject_cannot_begin_the_text() -> None:
    assert texts_of(read(subject="Spring\n\nis here"))[""].subject == "Spring is here"


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"name": "a b"}, {"per_minute": "many"}, {"per_minute": "9" * 5000}, {"text": "{{"}]
)
def test_what_marketing_cannot_read_is_refused_with_the_field(wrong: dict[str, str]) -> None:
    with pytest.raises(Unreadable):
        read(**wrong)


def test_recipients_are_counted_in_one_way_each() -> None:
    found: dict[str, Any] = {"waiting": 3, "open": 0, "sent": 5, "unknown": 1, "cancelled": 0}
    counts = counts_of({**found, "skipped": {"no_consent": 2, "merged": 1}})
    assert sum(each.recipients for each in counts) == 12
    assert {each.outcome: each.recipients for each in counts}["skipped"] == 3


def test_what_is_offered_is_what_marketing_takes_and_has_words() -> None:
    acts = {state: {act for act in get_args(Act) if lead(state, act) not in {None, state}} for state in get_args(State)}
    assert {state: set(ACTS.get(state, ())) for state in acts} == acts
    assert set(TONES) == set(TERMS["mailing"]) == set(acts)
    assert set(TERMS["mailing_act"]) == set(get_args(Act))
    outcomes = set(get_args(Recipient.model_fields["outcome"].annotation))
    assert set(OUTCOMES) == set(TERMS["mailed"]) == outcomes
    assert {"same_address", "merged"} <= set(TERMS["reason"])
