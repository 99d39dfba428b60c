"""Who of a mailing's recipients is written to, and how fast."""

from dataclasses import replace
from datetime import timedelta
from typing import get_args
from uuid import UUID

from hypothesis import given, strategies as st

from services.marketing.catalogue.domain.campaign import Campaign
from services.marketing.copies.domain import Party
from services.marketing.mailings.domain.mailing import Act, Mailing, State, after, lead, pace
from services.marketing.mailings.domain.release import Outcome, Recipient, release
from services.marketing.suppressions.domain import hash_of
from shared.ids import derived_id
from tests.unit.marketing.facts import DAY, NOW, definition

CAMPAIGN = Campaign(definition("spring", trigger="segment.entered", follow_up=False), 1)
MAILING = Mailing("spring", 1, "readers", 600, "running")
PLACES = st.sampled_from(["a@example.com", "b@example.com", "c@example.com", None])


def party(n: int, email: str | None, into: int | None = None) -> Party:
    return Party(derived_id(n), 1, email=email, merged_into=None if into is None else derived_id(into))


def recipient(rank: int, email: str | None) -> Recipient:
    hashed = bytes.fromhex(hash_of(email)) if email else None
    return Recipient(derived_id(rank), rank, str(derived_id("entered", rank)), hashed)


@given(
    st.lists(st.tuples(PLACES, PLACES, st.integers(0, 9), st.booleans()), min_size=1, max_size=8),
    st.lists(st.sampled_from(["sent", "skipped", "unknown"]), min_size=8, max_size=8),
    st.integers(1, 8),
)
def test_no_address_and_no_party_is_written_to_twice_and_all_end(
    given_: list[tuple[str | None, str | None, int, bool]], outcomes: list[Outcome], most: int
) -> None:
    """Whatever addresses they had when it began and have now, whoever was merged, in steps of whatever size."""
    rows = {rank: recipient(rank, before) for rank, (before, _, _, _) in enumerate(given_, 1)}
    parties, survivors = {}, {}
    for rank, (_, now, into, merged) in enumerate(given_, 1):
        # Into one that is never merged itself: a later one that stays, or somebody who is no recipient.
        stays = into == 0 or into > len(given_) or not given_[into - 1][3]
        parties[derived_id(rank)] = party(rank, now, into if merged and stays else None)
        if merged and stays:
            survivors[derived_id(rank)] = derived_id(into)
            parties.setdefault(derived_id(into), party(into, "d@example.com"))
    written: list[tuple[UUID, str | None]] = []
    for _ in range(3 * len(rows)):
        turn = [each for each in rows.values() if each.outcome is None and each.released_at is None][:most]
        others = [each for each in rows.values() if each not in turn]
        for each in release(CAMPAIGN, turn, others, parties, survivors, NOW).recipients:
            ended = each
            if each.released_at is not None and each.written_to is not None and each.outcome is None:
                outcome = outcomes[each.rank - 1]
                if outcome != "skipped":
                    written.append((each.written_to, parties[each.written_to].email))
                ended = replace(each, outcome=outcome)
            rows[each.rank] = ended
    assert all(each.outcome for each in rows.values())
    assert len({party for party, _ in written}) == len(written)
    assert len({address for _, address in written}) == len(written)


def test_pace_is_kept_over_any_pauses_and_catches_up_a_second_at_most() -> None:
    released, mailing, now = 0, MAILING, NOW
    for _ in range(1_200):
        room, since = pace(mailing, now)
        released += room
        mailing = replace(mailing, next_at=after(mailing, since, room))
        now += timedelta(milliseconds=50)
    assert 600 <= released <= 600 + 11
    assert pace(mailing, now + DAY)[0] == 11
    assert pace(replace(mailing, per_minute=100_000), now + DAY)[0] == 500
    assert pace(replace(mailing, per_minute=1, next_at=None), now)[0] == 1


def test_every_act_leads_somewhere_or_is_refused() -> None:
    led = {(state, act): lead(state, act) for state in get_args(State) for act in get_args(Act)}
    assert {key: to for key, to in led.items() if to is not None} == {
        ("draft", "start"): "running",
        ("running", "pause"): "paused",
        ("paused", "pause"): "paused",
        ("paused", "resume"): "running",
        ("running", "resume"): "running",
        ("draft", "cancel"): "cancelled",
        ("running", "cancel"): "cancelled",
        ("paused", "cancel"): "cancelled",
        ("cancelled", "cancel"): "cancelled",
    }
