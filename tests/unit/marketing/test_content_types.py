"""What kind of content a campaign or a mailing is: said or derived, and refused where the rest of it says otherwise."""

from typing import Any

import pytest

from services.marketing.catalogue.domain.content_type import type_of, videos_of
from services.marketing.catalogue.domain.reading import Source, Unreadable, read
from services.marketing.catalogue.files import load_definitions
from services.marketing.mailings.domain.definition import read_mailing
from services.marketing.settings import OWN_CAMPAIGNS
from tests.unit.marketing.facts import definition, send

CAMPAIGN = """
name: ferns
{said}
trigger: sale.completed
steps:
  - wait: P1D
    content: [{{template: ferns}}]
"""
FIRST, SECOND = (f'{{{{ "https://shop.example/{step}" | tracked("{step}") }}}}' for step in ("water", "repot"))
BOTH = f"{FIRST} {SECOND}"
HTML = "<mjml><mj-body><mj-section><mj-column><mj-text>{}</mj-text></mj-column></mj-section></mj-body></mjml>"


def campaign(said: str, body: str = "Hello", **others: str) -> Source:
    texts = {"ferns.txt": f"Subject: Ferns\n\n{body}\n", **others}
    return Source("ferns.yaml", CAMPAIGN.format(said=said), texts)


def complaints_of(source: Source, reads: Any = read) -> list[str]:
    try:
        reads(source)
    except Unreadable as error:
        return [str(each) for each in error.problems]
    return []


@pytest.mark.parametrize(
    ("fields", "mailing", "expected"),
    [
        ({}, False, "announcement"),
        ({}, True, "newsletter"),
        ({"purpose": "service"}, False, "transactional"),
        ({"purpose": "service"}, True, "transactional"),
        ({"purpose": "service", "steps": [send("P1D"), {**send("P1D"), "survey": "nps"}]}, False, "survey"),
        ({"type": "newsletter"}, False, "newsletter"),
        ({"type": "announcement", "purpose": "service"}, True, "announcement"),
    ],
)
def test_type_that_is_not_said_follows_from_the_rest(fields: Any, mailing: bool, expected: str) -> None:
    if any(step.get("survey") for step in fields.get("steps", ())):
        fields["steps"][1]["content"] = [{"template": "t", "texts": {"": {"subject": "s", "body": "{{ survey_url }}"}}}]
    assert type_of(definition(**fields), mailing=mailing) == expected


def test_definition_of_before_keeps_its_hash_and_a_type_changes_it() -> None:
    before = definition()
    assert before.digest() == "5bd3f4afddc12ae9f1b81ab59349e43565889ae3b74f942a9aa0a6884b0ea893"
    assert not {"type", "tutorial"} & before.document().keys()
    assert definition(type="announcement").digest() != before.digest()


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        (campaign("type: transactional"), "ferns.yaml:3: type: what is transactional needs no consent"),
        (campaign("type: survey"), "ferns.yaml:3: type: a survey has a step"),
        (campaign("type: video"), "ferns.yaml:3: type: no template shows a video"),
        (campaign("type: tutorial"), "ferns.yaml:3: type: a tutorial names its steps"),
        (campaign("type: poem"), "ferns.yaml:3: type: Input should be 'announcement'"),
        (campaign("type: tutorial\ntutorial: [water]"), "ferns.yaml:4: tutorial.0: no template has a link"),
        (campaign("tutorial: [water]", BOTH), "ferns.yaml:3: tutorial: only `type: tutorial`"),
        (campaign("type: tutorial\ntutorial: [water, water]", BOTH), "ferns.yaml:4: tutorial.1: stands there twice"),
        (
            campaign("type: tutorial\ntutorial: [water, repot]", BOTH, **{"ferns.da.txt": f"Subject: B\n\n{FIRST}\n"}),
            "ferns.yaml:8: steps.0.content.0.template: ferns.da.txt has no link of repot, as another text",
        ),
        (
            campaign("type: tutorial\ntutorial: [water, repot]", BOTH, **{"ferns.mjml": HTML.format(SECOND)}),
            "ferns.yaml:8: steps.0.content.0.template: ferns.mjml has no link of water, as another text",
        ),
    ],
)
def test_type_that_contradicts_is_refused_with_its_place(source: Source, complaint: str) -> None:
    (said,) = complaints_of(source)
    assert said.startswith(complaint)


FILM = '{{{{ "{}" | video("{}") }}}}'
GOOD_FILM = FILM.format("https://films.example/ferns.mp4", "film")


@pytest.mark.parametrize(
    "wrong",
    [
        FILM.format("https://films.example/a.mp4", ""),
        FILM.format("https://films.example;script-src/a.mp4", "film"),
        FILM.format("https://films.example, https://evil.example/a.mp4", "film"),
        FILM.format("https://user@films.example/a.mp4", "film"),
        FILM.format("//films.example/a.mp4", "film"),
        FILM.format("ftp://films.example/a.mp4", "film"),
        FILM.format("javascript:alert(1)", "film"),
        FILM.format("https://films.example/a.mp4", "x" * 61),
        FILM.format("https://films.example/a.mp4", " "),
        '{{ "https://films.example/a.mp4" | video("film", "film") }}',
        '{{ "https://films.example/a.mp4" | video("film", more=1) }}',
        '{{ "https://films.example/a.mp4" | video(*[name]) }}',
        '{{ "https://films.example/a.mp4" | tracked(*[name]) }}',
        '{{ "https://films.example/a.mp4" | truncate("film") }}',
        "{{ name - 1 }}",
        '{{ "https://films.example/a.mp4" | video(name) }}',
        '{{ name | video("film") }}',
    ],
)
def test_video_is_an_address_of_one_origin_and_a_label(wrong: str) -> None:
    assert len(complaints_of(campaign("", wrong))) == 1


def test_video_is_shown_by_every_text_of_its_content() -> None:
    assert complaints_of(campaign("type: video", GOOD_FILM)) == []
    (said,) = complaints_of(campaign("type: video", GOOD_FILM, **{"ferns.da.txt": "Subject: B\n\nHej\n"}))
    assert said.startswith("ferns.yaml:7: steps.0.content.0.template: ferns.da.txt has no link of film")


def test_tutorial_may_be_spread_over_letters_and_have_other_links() -> None:
    body = BOTH + '{{ "https://shop.example" | tracked }} {{ "https://shop.example/x" | tracked(label="x") }}'
    danish = {"ferns.da.txt": f"Subject: Bregner\n\n{BOTH}\n", "ferns.mjml": HTML.format(BOTH)}
    assert complaints_of(campaign("type: tutorial\ntutorial: [water, repot]", body, **danish)) == []
    letters = {"second.txt": f"Subject: Ferns\n\n{SECOND}\n"}
    source = campaign("type: tutorial\ntutorial: [water, repot]", FIRST, **letters)
    spread = Source(source.file, source.text + "  - {wait: P1D, content: [{template: second}]}\n", source.templates)
    assert complaints_of(spread) == []


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ("type: survey", "m.yaml:4: type: a survey has a step"),
        ("type: transactional", "m.yaml:4: type: what is transactional"),
        ("type: tutorial\ntutorial: [water, repot]", "m.yaml:3: template: m.da.txt has no link of repot"),
        ("type: announcement", ""),
        ("", ""),
    ],
)
def test_mailing_is_refused_at_its_own_fields(said: str, complaint: str) -> None:
    texts = {"m.txt": f"Subject: M\n\n{BOTH}\n", "m.da.txt": f"Subject: M\n\n{FIRST}\n"}
    found = complaints_of(Source("m.yaml", f"name: m\nsegment: all\ntemplate: m\n{said}\n", texts), read_mailing)
    assert [each[: len(complaint)] for each in found] == ([complaint] if complaint else [])


def test_ready_made_guides_are_a_tutorial_a_video_and_a_reminder() -> None:
    guides = {each.name: each for each in load_definitions(OWN_CAMPAIGNS / "ready-made" / "guides")}
    assert {name: each.type for name, each in guides.items()} == {
        "first-plant": "tutorial", "repotting": "video", "repot-yearly": None,
    }  # fmt: skip
    assert videos_of(guides["repotting"]) == ["repotting"]
