"""What the answers of a provider mean."""

from datetime import timedelta
from email.utils import format_datetime

import pytest

from services.marketing.sending.domain.call import judge, seconds_of
from services.marketing.sending.domain.verdict import MOST_ATTEMPTS, wait_before
from tests.unit.marketing.facts import NOW


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", 0),
        ("120", 120),
        ("-5", 0),
        ("1.5", 0),
        ("9" * 5_000, 999_999_999),
        ("\u0661\u0662", 0),
        (format_datetime(NOW + timedelta(minutes=2)), 120),
        (format_datetime(NOW - timedelta(days=2)), 0),
        ("Mon, 02 Mar 2026 13:00:30", 30),
        ("Wed, 31 Dec 9999 23:59:59 GMT", 1e9),
        ("next week", 0),
    ],
)
def test_how_long_a_provider_asks_to_wait(text: str, seconds: float) -> None:
    found = seconds_of(text, NOW)
    assert found == seconds if seconds < 1e9 else found > 1e9
    assert wait_before(1, found) == min(max(30.0, found), 4 * 3600.0)
    assert wait_before(MOST_ATTEMPTS, found) is None


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *((status, "accepted") for status in (200, 201, 202, 204, 299)),
        *((status, "refused") for status in (400, 401, 403, 404, 409, 410, 422, 451)),
        *((status, "later") for status in (100, 301, 307, 408, 425, 429, 500, 503, 599, 999)),
        *((status, "unsure") for status in (502, 504)),
    ],
)
def test_what_an_answer_means(status: int, kind: str) -> None:
    assert judge(status, "", NOW).kind == kind
