"""The links of a letter, each signed for its reader."""

from functools import partial

from services.marketing.engagement.domain.link import TrackedLink, url_of as tracked_url_of, video_url_of
from services.marketing.preferences.domain.link import PreferenceLink, url_of as preferences_url_of
from services.marketing.sending.domain.attempt import Attempt
from services.marketing.sending.domain.letter import Urls
from services.marketing.suppressions.domain import Link, Links
from services.marketing.surveys.domain.link import SurveyLink, url_of as survey_url_of
from shared.events.consent import topic_of


def urls_of(attempt: Attempt, links: Links) -> Urls:
    """None where nothing is set up to follow them. What needs no consent has no link to take it back by."""
    if not links.public_url:
        return {}
    message, definition, at = attempt.message, attempt.campaign.definition, attempt.dispatch.decided_at
    expires_at = at + links.valid
    urls: Urls = {"link_to": partial(_tracked_url, attempt, links), "video_to": partial(_video_url, attempt, links)}
    if definition.needs_consent:
        assert message.channel is not None
        topic = topic_of(definition.topic)
        link = Link(message.id, message.party_id, definition.purpose, topic, message.channel, expires_at)
        urls["unsubscribe_url"] = links.url(link)
        choosing = PreferenceLink(message.id, message.party_id, expires_at)
        urls["preferences_url"] = preferences_url_of(choosing, links.public_url, links.secret)
    if attempt.survey is not None:
        asking = SurveyLink(message.id, attempt.survey, expires_at)
        urls["survey_url"] = survey_url_of(asking, links.public_url, links.secret)
    if any(text.html is not None for text in attempt.content.texts.values()):
        urls["opened_url"] = _tracked_url(attempt, links, "", "")
    return urls


def _tracked_url(attempt: Attempt, links: Links, url: str, label: str) -> str:
    return tracked_url_of(_tracked(attempt, links, url, label), links.public_url, links.secret)


def _video_url(attempt: Attempt, links: Links, url: str, label: str) -> str:
    return video_url_of(_tracked(attempt, links, url, label), links.public_url, links.secret)


def _tracked(attempt: Attempt, links: Links, url: str, label: str) -> TrackedLink:
    at = attempt.dispatch.decided_at
    return TrackedLink(attempt.message.id, url, label, at, at + links.valid)
