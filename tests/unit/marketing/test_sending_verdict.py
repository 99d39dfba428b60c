"""What answers of a mail server mean, and how long to wait after them."""

import pytest

from services.marketing.sending.domain.verdict import MOST_ATTEMPTS, wait_before
from shared.mail.smtp import answered


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (250, "accepted"),
        (421, "later"),
        (451, "later"),
        (550, "refused"),
        (554, "refused"),
        (354, "lost"),
        (-1, "lost"),
    ],
)
def test_only_4xx_and_5xx_say_that_nothing_was_accepted(code: int, kind: str) -> None:
    assert answered(code).kind == kind


def test_waits_double_up_to_four_hours_and_end() -> None:
    waits = [wait_before(number) for number in range(1, MOST_ATTEMPTS + 1)]
    assert waits[:3] == [30.0, 60.0, 120.0]
    assert max(wait for wait in waits if wait) == 4 * 3600
    assert waits[-1] is None
