"""Two parties that are one: what either of them said, has open or stands against it, counts for both."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from shared.engine.event import Event
from tests.integration.marketing.running import Marketing
from tests.unit.marketing.facts import (
    ADA,
    BOB,
    CAY,
    DAY,
    HOUR,
    NOW,
    boundary,
    consent,
    definition,
    described,
    dispute,
    sale,
)


def withdrawal(party: UUID) -> Event[Any]:
    return consent(party, given=False, at=NOW - HOUR)


async def outcome(marketing: Marketing, sale_id: str) -> tuple[str, list[str]] | None:
    """Why the follow-up of a sale was skipped, and by what; None where it was cleared."""
    (row,) = await marketing.rows(
        "select m.reason, m.deciding_event_ids::text[] as by from message m join sale s using (trigger_event_id) "
        f"where s.sale_id = '{sale_id}'"
    )
    return None if row["reason"] is None else (row["reason"], row["by"])


@pytest.mark.parametrize(
    ("said", "reason"), [(withdrawal, "no_consent"), (boundary, "boundary"), (dispute, "dispute_open")]
)
@pytest.mark.parametrize(("teller", "buyer"), [(ADA, BOB), (BOB, ADA), (ADA, CAY), (CAY, BOB)])
async def test_what_stands_of_one_counts_for_every_other_until_the_merge_is_undone(
    teller: UUID, buyer: UUID, said: Callable[[UUID], Event[Any]], reason: str, marketing: Marketing
) -> None:
    """Bob is merged into Ada, and Cay into Bob."""
    against = said(teller)
    await marketing.publish(definition())
    await marketing.heard(*(consent(party) for party in (ADA, BOB, CAY)), against)
    await marketing.heard(described(ADA), described(BOB, merged_into=ADA), described(CAY, merged_into=BOB))
    await marketing.heard(sale("merged", buyer))
    await marketing.pass_time(NOW + DAY)
    assert await outcome(marketing, "merged") == (reason, [against.id])

    await marketing.heard(described(BOB, version=2), described(CAY, version=2), described(ADA, version=2))
    await marketing.heard(sale("apart", buyer, at=NOW + DAY))
    await marketing.pass_time(NOW + 2 * DAY)
    assert await outcome(marketing, "apart") is None


async def test_a_consent_of_one_allows_a_letter_to_the_other(marketing: Marketing) -> None:
    await marketing.publish(definition())
    await marketing.heard(consent(ADA), described(ADA), described(BOB, merged_into=ADA), sale("merged", BOB))
    await marketing.pass_time(NOW + DAY)
    assert await outcome(marketing, "merged") is None
