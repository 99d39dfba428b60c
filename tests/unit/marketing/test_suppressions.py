"""What the link of a letter says, and what it ends."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import jwt
import pytest

from services.marketing.suppressions.domain import (
    SOURCE,
    Link,
    Links,
    announce_withdrawal,
    read_link,
    sign,
    suppress,
)
from shared.events.consent import Statement, deciding
from shared.http.links import LinkExpired, LinkRefused
from tests.unit.marketing.facts import ADA, DAY, HOUR, NOW

SECRET, OTHER = "a secret of at least 32 characters", "another secret of 32 characters!!"
LINK = Link(UUID(int=1), ADA, "marketing", "", "email", NOW + 30 * DAY)


def statement(name: str, *, given: bool, ago: timedelta = DAY, topic: str = "") -> Statement:
    return Statement(name, "marketing", topic, "email", given=given, occurred_at=NOW - ago, recorded_at=NOW - ago)


def test_token_says_what_was_signed() -> None:
    token = sign(LINK, SECRET)
    assert read_link(token, SECRET, NOW) == LINK
    assert token == sign(LINK, SECRET)
    assert Links("https://shop.example/", SECRET, DAY).url(LINK) == f"https://shop.example/v1/unsubscribe/{token}"


@pytest.mark.parametrize(
    "token",
    [
        "",
        "no token",
        sign(LINK, OTHER),
        sign(LINK, SECRET)[:-2],
        jwt.encode({"sub": str(UUID(int=1)), "aud": "unsubscribe", "exp": 9e9}, SECRET, algorithm="HS256"),
        jwt.encode({"sub": "staff-1", "aud": "rapport", "exp": 9e9}, SECRET, algorithm="HS256"),
        jwt.encode({"sub": str(UUID(int=1)), "aud": "unsubscribe", "exp": 9e9}, "", algorithm="none"),
    ],
)
@pytest.mark.parametrize("secret", [SECRET, ""])
def test_token_of_anybody_else_is_refused(token: str, secret: str) -> None:
    with pytest.raises(LinkRefused):
        read_link(token, secret, NOW)


def test_link_works_until_it_expires() -> None:
    token = sign(LINK, SECRET)
    assert read_link(token, SECRET, LINK.expires_at - HOUR) == LINK
    with pytest.raises(LinkExpired):
        read_link(token, SECRET, LINK.expires_at)


def test_link_ends_the_consent_that_stands_and_asking_twice_is_asking_once() -> None:
    allowed = statement("yes", given=True)
    first = suppress(LINK, [allowed], NOW)
    assert suppress(LINK, [allowed], NOW + HOUR) == replace(first, suppressed_at=NOW + HOUR)
    assert suppress(LINK, [allowed, first.statement()], NOW + HOUR) == replace(first, suppressed_at=NOW + HOUR)


def test_link_is_obeyed_where_a_consent_of_before_is_still_on_its_way() -> None:
    before = [statement("yes", given=True, ago=2 * DAY), statement("no", given=False)]
    under_way = statement("again", given=True, ago=HOUR)
    suppression = suppress(LINK, before, NOW)
    decides = deciding([*before, under_way, suppression.statement()], "marketing", "", "email")
    assert decides == suppression.statement()


def test_link_of_an_old_letter_ends_a_consent_that_was_given_anew() -> None:
    first = suppress(LINK, [statement("yes", given=True)], NOW - HOUR)
    again = statement("again", given=True, ago=HOUR / 2)
    second = suppress(LINK, [first.statement(), again], NOW)
    assert second.id != first.id


def test_link_ends_a_consent_by_a_clock_that_is_ahead() -> None:
    ahead = statement("ahead", given=True, ago=-HOUR)
    suppression = suppress(LINK, [ahead], NOW)
    said = deciding([ahead, suppression.statement()], "marketing", "", "email")
    assert said is not None
    assert not said.given


def test_link_of_a_letter_about_one_topic_ends_that_topic() -> None:
    news = replace(LINK, topic="news")
    suppression = suppress(news, [statement("yes", given=True)], NOW)
    assert suppression.topic == "news"


@pytest.mark.parametrize(("topic", "told"), [("", None), ("news", "news")])
def test_withdrawal_is_told_under_its_own_name(topic: str, told: str | None) -> None:
    suppression = suppress(replace(LINK, topic=topic), [], NOW)
    emission = announce_withdrawal(suppression, "ada@example.com")
    assert (emission.id, emission.source, emission.key) == (suppression.id, SOURCE, str(ADA))
    assert emission.data.topic == told  # type: ignore[attr-defined]
