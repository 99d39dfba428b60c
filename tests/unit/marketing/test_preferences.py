"""What a reader chooses on the page of a letter, and what that says."""

from datetime import timedelta
from typing import get_args
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from services.marketing.preferences.domain.choice import Place, announce, end_all, is_on, places_of, say
from services.marketing.preferences.domain.link import PreferenceLink, read_preference_link, url_of
from services.marketing.preferences.domain.page import text_version, write_page
from services.marketing.suppressions.domain import Link, sign
from shared.events.consent import Statement
from shared.events.ingest import ReportedConsent, ReportedWithdrawal
from shared.events.values import Channel
from shared.http.links import LinkExpired, LinkRefused
from tests.unit.marketing.facts import ADA, DAY, HOUR, NOW, definition

SECRET = "a secret of at least 32 characters"
LINK = PreferenceLink(UUID(int=1), ADA, NOW + 30 * DAY)
TOPICS = ("", "news", "roses")
PLACES = [Place("marketing", channel, topic) for channel in ("email", "sms") for topic in TOPICS]

_times = st.integers(-5, 5).map(lambda hours: NOW + timedelta(hours=hours))
_statements = st.lists(
    st.builds(
        Statement,
        st.uuids().map(str),
        st.just("marketing"),
        st.sampled_from(TOPICS),
        st.sampled_from(("email", "sms")),
        given=st.booleans(),
        occurred_at=_times,
        recorded_at=_times,
        expires_at=st.none() | _times,
    ),
    max_size=8,
)


@given(statements=_statements, wanted=st.fixed_dictionaries({place: st.booleans() for place in PLACES}))
def test_all_stands_as_it_was_chosen_whatever_was_said_before_and_by_which_clock(
    statements: list[Statement], wanted: dict[Place, bool]
) -> None:
    said = say(LINK, wanted, statements, NOW)
    after = [*statements, *(each.statement() for each in said)]
    assert {place: is_on(place, after, NOW) for place in wanted} == wanted
    again = say(LINK, wanted, after, NOW)
    assert {each.id for each in again} <= {each.id for each in said}
    assert {place: is_on(place, [*after, *(each.statement() for each in again)], NOW) for place in wanted} == wanted
    assert len({each.id for each in said}) == len(said) <= len(wanted)


@given(
    statements=_statements,
    wanted=st.dictionaries(st.sampled_from(PLACES), st.booleans()),
    late=_statements,
    later=st.booleans(),
)
def test_a_box_that_was_left_empty_stays_so_whatever_comes_later_from_before(
    statements: list[Statement], wanted: dict[Place, bool], late: list[Statement], later: bool
) -> None:
    """Of each topic and channel that was shown, in any order, and where the page is saved twice; what was not shown
    stands as it did.
    """
    said = [each.statement() for each in say(LINK, wanted, statements, NOW)]
    if later:
        said += [each.statement() for each in say(LINK, wanted, [*statements, *said], NOW + HOUR)]
    every = {(place.purpose, place.channel) for place in wanted if place.topic == ""}
    before = [each for each in late if each.moment < NOW - timedelta(seconds=1)]
    for known in ([*statements, *said, *before], [*before, *said, *statements]):
        for place, stands in wanted.items():
            hidden = place.topic == "" and any(
                is_on(other, statements, NOW) for other in PLACES if other[:2] == place[:2] and other not in wanted
            )
            if not stands and not hidden:
                assert not is_on(place, known, NOW)
    for place in PLACES:
        if place not in wanted and place[:2] not in every:
            after = [*statements, *said]
            assert is_on(place, after, NOW) == is_on(place, statements, NOW)


def test_all_topics_are_refused_anew_also_where_they_were_long_before() -> None:
    """A consent of between the two may be on its way, and only the page that was just saved covers it."""
    every, roses = Place("marketing", "email", ""), Place("marketing", "email", "roses")
    refused = Statement("1", "marketing", "", "email", given=False, occurred_at=NOW - DAY, recorded_at=NOW - DAY)
    between = refused._replace(event_id="2", given=True, occurred_at=NOW - HOUR, recorded_at=NOW - HOUR)
    said = [each.statement() for each in say(LINK, {every: False, roses: True}, [refused], NOW)]
    known = [refused, *said, between]
    assert (is_on(every, known, NOW), is_on(roses, known, NOW)) == (False, True)
    assert say(LINK, {every: False, roses: True}, [refused, *said], NOW) == []


def test_a_topic_that_is_kept_stands_though_the_clock_of_contacts_is_behind() -> None:
    stood = Statement("1", "marketing", "", "email", given=True, occurred_at=NOW - DAY, recorded_at=NOW - DAY)
    every, roses = Place("marketing", "email", ""), Place("marketing", "email", "roses")
    recorded = NOW - timedelta(milliseconds=500)
    told = [each.statement() for each in say(LINK, {every: False, roses: True}, [stood], NOW)]
    known = [stood, *(each._replace(recorded_at=recorded) for each in told)]
    assert (is_on(every, known, NOW), is_on(roses, known, NOW)) == (False, True)


@given(statements=_statements, chosen=st.sets(st.sampled_from(PLACES)), late=_statements)
def test_nothing_more_ends_all_also_what_is_not_shown_or_comes_later_from_before(
    statements: list[Statement], chosen: set[Place], late: list[Statement]
) -> None:
    """Whatever was known of the consents that were given until then, and in any order."""
    ended = end_all(LINK, chosen, statements, NOW)
    before = [each for each in late if each.moment < NOW]
    for after in ([*before, *statements], [*statements, *before]):
        known = [*(each.statement() for each in ended), *after]
        every = [Place("marketing", channel, topic) for channel in get_args(Channel) for topic in TOPICS]
        assert not any(is_on(place, known, NOW) for place in every)
    assert all(each.topic == "" for each in ended)
    again = end_all(LINK, chosen, [*statements, *(each.statement() for each in ended)], NOW + HOUR)
    assert [each.id for each in again] == [each.id for each in ended]


def test_offered_is_what_campaigns_need_and_what_was_said() -> None:
    said = [Statement("1", "phone calls", "", "phone", given=True, occurred_at=NOW, recorded_at=NOW)]
    campaigns = [definition(), definition("roses", topic="roses"), definition("bills", purpose="service")]
    assert places_of(campaigns, said) == [
        Place("marketing", "email", "roses"),
        Place("marketing", "email", ""),
        Place("phone calls", "phone", ""),
    ]


def test_choices_are_told_as_facts_from_outside_with_the_text_that_was_read() -> None:
    off, on = Place("marketing", "email", ""), Place("marketing", "sms", "news")
    stood = [Statement("1", "marketing", "", "email", given=True, occurred_at=NOW - DAY, recorded_at=NOW - DAY)]
    told = [announce(each, "ada@example.com", "v1") for each in say(LINK, {off: False, on: True}, stood, NOW)]
    withdrawal, consent = (each.data for each in told)
    assert isinstance(withdrawal, ReportedWithdrawal)
    assert isinstance(consent, ReportedConsent)
    assert [(each.source, each.key) for each in told] == [("/marketing/preferences", str(ADA))] * 2
    assert [identity.type for identity in withdrawal.party.identities] == ["party", "email"]
    assert [identity.type for identity in consent.party.identities] == ["party"]
    assert (withdrawal.topic, withdrawal.channel) == (None, "email")
    assert (consent.topic, consent.channel, consent.basis, consent.text_version) == ("news", "sms", "opt_in", "v1")
    assert text_version("en") != text_version("da")


def test_link_opens_its_own_page_alone_and_not_for_ever() -> None:
    token = url_of(LINK, "https://shop.example/", SECRET).removeprefix("https://shop.example/v1/preferences/")
    assert read_preference_link(token, SECRET, NOW) == LINK
    unsubscribing = sign(Link(LINK.message_id, ADA, "marketing", "", "email", LINK.expires_at), SECRET)
    for refused in (token[:-2], unsubscribing, "x"):
        with pytest.raises(LinkRefused):
            read_preference_link(refused, SECRET, NOW)
    with pytest.raises(LinkExpired):
        read_preference_link(token, SECRET, LINK.expires_at + HOUR)


@pytest.mark.parametrize("channel", get_args(Channel))
def test_every_channel_has_a_name_in_every_language(channel: str) -> None:
    names = {
        write_page(language, {Place("marketing", channel, ""): True}).split("legend>")[1] for language in ("en", "da")
    }
    assert len(names) == 2


def test_topics_that_anybody_may_have_named_are_text_on_the_page() -> None:
    page = write_page("da", {Place("<b>", "email", "<script>alert(1)</script>"): True, PLACES[0]: False})
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; (&lt;b&gt;)" in page
    assert 'lang="da"' in page
    assert "Alle andre nyheder og tilbud" in page
    assert page.count(" checked") == 1
