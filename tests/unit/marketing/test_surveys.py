"""Answers, their sums, and the link by which they are given."""

from datetime import timedelta

import pytest
from hypothesis import given, strategies as st

from services.marketing.catalogue.domain.steps import Survey
from services.marketing.suppressions.domain import Link, sign
from services.marketing.surveys.domain.counting import SaleAsked, Sum, answer_of, score_of, sums_of
from services.marketing.surveys.domain.link import (
    SCALES,
    SurveyLink,
    announce_reply,
    read_survey_link,
    reply_of,
    url_of,
)
from shared.errors import Invalid
from shared.events.ingest import ReportedInteraction, ReportedSurvey
from shared.http.links import LinkExpired, LinkRefused
from tests.unit.marketing.facts import ADA, BOB, DAY, NOW, answered, flow, send

SECRET = "a secret of at least 32 characters"
ASKED = SurveyLink(ADA, "nps", NOW + DAY)


@pytest.mark.parametrize(
    ("survey", "values", "score"),
    [
        ("csat", [5, 4, 3, 1], 50.0),
        ("csat", [1], 0.0),
        ("nps", [10, 9, 8, 7, 6, 0], 0.0),
        ("nps", [10, 10, 0], 33.3),
        ("nps", [6], -100.0),
        ("ces", [7, 2, 2], 3.67),
    ],
)
def test_a_score_is_what_the_field_means_by_it(survey: Survey, values: list[int], score: float) -> None:
    answers = [answer_of(answered(value, survey=survey, sale_id=None)) for value in values]
    (sums,) = sums_of(answers, {}).values()
    assert score_of(survey, sums) == score


answers_of_sales = st.lists(
    st.builds(
        answered,
        st.integers(1, 5),
        st.sampled_from([ADA, BOB]),
        sale_id=st.sampled_from(["s-1", "s-2", None]),
        at=st.integers(0, 3).map(lambda days: NOW + days * DAY),
    )
)
SALES = {(ADA, "s-1"): SaleAsked("web", ["A", "B", "A"]), (BOB, "s-2"): SaleAsked("phone", [])}


@given(given=answers_of_sales, cut=st.integers(0, 10))
def test_sums_of_parts_add_up_to_the_sums_of_all(given: list[object], cut: int) -> None:
    answers = [answer_of(each) for each in given]  # type: ignore[arg-type]
    whole: dict[object, Sum] = {}
    for part in (answers[:cut], answers[cut:]):
        for key, sums in sums_of(part, SALES).items():
            kept = whole.setdefault(key, Sum())
            kept.answers += sums.answers
            kept.total += sums.total
            kept.high += sums.high
            kept.low += sums.low
    assert whole == sums_of(answers, SALES)
    assert sum(sums.answers for (_, _, _, sku), sums in sums_of(answers, SALES).items() if not sku) == len(answers)


def token_of(link: SurveyLink) -> str:
    return url_of(link, "https://shop.example/", SECRET).rpartition("/")[2]


def test_a_link_opens_its_own_survey_until_it_is_too_old() -> None:
    assert url_of(ASKED, "https://shop.example/", SECRET).startswith("https://shop.example/v1/surveys/answers/")
    assert read_survey_link(token_of(ASKED), SECRET, NOW) == ASKED
    with pytest.raises(LinkExpired):
        read_survey_link(token_of(ASKED), SECRET, NOW + DAY)
    other = sign(Link(ADA, ADA, "marketing", "", "email", NOW + DAY), SECRET)
    for token, secret in [(other, SECRET), (token_of(ASKED), SECRET * 2), (token_of(ASKED), ""), ("x", SECRET)]:
        with pytest.raises(LinkRefused):
            read_survey_link(token, secret, NOW)


@pytest.mark.parametrize("survey", ["csat", "nps", "ces"])
def test_every_value_that_is_offered_is_taken_and_a_low_one_is_a_contact_too(survey: Survey) -> None:
    first, last = SCALES[survey]
    link, low = SurveyLink(ADA, survey, NOW + timedelta(days=1)), []
    for value in range(first, last + 1):
        told = announce_reply(reply_of(link, value, ADA, "s", NOW), "s-1")
        assert isinstance(told[0].data, ReportedSurvey)
        assert (told[0].data.value, told[0].data.about.sale_id if told[0].data.about else None) == (value, "s-1")
        low += [value for each in told[1:] if isinstance(each.data, ReportedInteraction)]
        assert {each.source for each in told} == {"/marketing/surveys"}
        assert len({each.id for each in told}) == len(told)
    assert low == list(range(first, {"csat": 2, "nps": 6, "ces": 3}[survey] + 1))
    for value in (first - 1, last + 1):
        with pytest.raises(Invalid):
            reply_of(link, value, ADA, "s", NOW)


def test_a_text_that_cannot_be_answered_is_refused() -> None:
    with pytest.raises(ValueError, match="survey_url"):
        flow("f", "sale.completed", send("PT1H", survey="csat"))
    assert "survey" not in flow("f", "product.chosen", send("PT1H")).document()["steps"][0]
