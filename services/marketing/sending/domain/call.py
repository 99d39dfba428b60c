"""What a provider of SMS or social media is asked to send, and what its answer means."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from services.marketing.catalogue.content.formats import choose_language, writing_locale
from services.marketing.sending.domain.attempt import Attempt
from services.marketing.sending.domain.letter import Letter
from services.marketing.sending.domain.verdict import Verdict

_LATER = frozenset({408, 425, 429})
_GATEWAY = frozenset({502, 504})
"""Who answers so does not know what became of the request."""


def write_call(attempt: Attempt, values: Mapping[str, Any]) -> Letter:
    """The text with the `values` of letters. The same input gives the same bytes. Raises jinja2.TemplateError where
    the template fails.
    """
    message, addressee, content = attempt.message, attempt.addressee, attempt.content
    assert addressee is not None
    language = choose_language(content.texts, addressee.locale)
    locale = writing_locale(language, addressee.locale)
    text = content.texts[language].render({**values, "locale": locale})
    asked = {
        "type": "message.send",
        "timestamp": attempt.dispatch.decided_at.isoformat(),
        "data": {
            "message_id": str(message.id),
            "channel": message.channel,
            "to": addressee.email,
            "text": text.body.strip(),
            "locale": locale.replace("_", "-"),
            "campaign": attempt.campaign.name,
            "unsubscribe_url": values["unsubscribe_url"] or None,
        },
    }
    body = json.dumps(asked, ensure_ascii=False, separators=(",", ":"))
    return Letter(message.id, attempt.dispatch.number, addressee.email, body.encode())


def judge(status: int, retry_after: str, now: datetime) -> Verdict:
    """2xx: taken. 4xx: refused, but for those that say later. Anything else may be better later: a redirect, which is
    not followed, once the settings are, and an error of the server once it is mended.
    """
    reason = f"http_{status}"
    if status // 100 == 2:
        return Verdict("accepted", status, reason=reason)
    if status // 100 == 4 and status not in _LATER:
        return Verdict("refused", status, reason=reason)
    return Verdict("unsure" if status in _GATEWAY else "later", status, seconds_of(retry_after, now), reason)


def seconds_of(retry_after: str, now: datetime) -> float:
    """So many seconds, or until a date (RFC 9110); 0 where it is neither."""
    text = retry_after.strip()
    if text.isascii() and text.isdecimal():
        return float(text[:9])
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - now).total_seconds())
