"""What a process remembers of its database, and what it does not take for one that went back."""

import pytest

from shared.engine.ledger import Fence
from shared.engine.remembered import Identity, Remembered, WentBack


def identity(written: int, system: str = "one", recoveries: int = 0) -> Identity:
    return Identity(system, 16384, written, recoveries)


def test_answers_to_several_connections_may_come_in_any_order() -> None:
    remembered = Remembered()
    before = remembered.known()
    remembered.check_identity(identity(200), before)
    remembered.check_identity(identity(100), before)
    with pytest.raises(WentBack, match="ends at 150, and was at 200"):
        remembered.check_identity(identity(150), remembered.known())


@pytest.mark.parametrize(
    "found", [identity(50), identity(300, system="another")], ids=["a log that ends before", "another"]
)
def test_a_database_that_went_back_is_noticed_and_stays_noticed(found: Identity) -> None:
    remembered = Remembered()
    remembered.check_identity(identity(100), None)
    with pytest.raises(WentBack):
        remembered.check_identity(found, remembered.known())
    with pytest.raises(WentBack):
        remembered.check_identity(identity(400), remembered.known())
    remembered.forget()
    remembered.check_identity(identity(10), remembered.known())


def test_a_fence_that_is_being_stopped_may_be_moved_at_once() -> None:
    remembered, place = Remembered(), ("crm.sales", 3)
    remembered.keep_fences("support.tickets", {place: Fence(10)})
    remembered.forget_fence("support.tickets", place)
    remembered.check_fences("support.tickets", {place: Fence(0)})
    remembered.keep_fences("support.tickets", {place: Fence(10)})
    with pytest.raises(WentBack):
        remembered.check_fences("support.tickets", {place: Fence(0)})


def test_a_fence_that_moved_on_while_it_was_read_is_no_setback() -> None:
    """A new connection reads without a lock while a batch commits; only what was known before counts."""
    remembered, place = Remembered(), ("crm.agreements", 0)
    remembered.keep_fences("contacts.timeline", {place: Fence(52)})
    before = remembered.known_fences("contacts.timeline")
    remembered.keep_fences("contacts.timeline", {place: Fence(53)})
    remembered.check_fences("contacts.timeline", {place: Fence(52)}, before)
    with pytest.raises(WentBack):
        remembered.check_fences("contacts.timeline", {place: Fence(51)}, before)


def test_whoever_missed_a_recovery_notices_it_and_begins_anew() -> None:
    remembered = Remembered()
    remembered.check_identity(identity(100), None)
    with pytest.raises(WentBack, match="recovered meanwhile"):
        remembered.check_identity(identity(200, recoveries=1), remembered.known())
    assert remembered.recoveries == 0, "what it notes must not stand above the recovery that it missed"
    remembered.forget()
    remembered.check_identity(identity(200, recoveries=1), remembered.known())
    remembered.check_recovery(None, 1)


def test_a_recovery_that_was_missed_is_no_setback_of_the_database() -> None:
    """Told to others, it would stand there after the recovery and hold everybody back for good."""
    remembered = Remembered()
    remembered.check_identity(identity(100), None)
    remembered.forget()  # it waited for a recovery with the connections that it had
    with pytest.raises(WentBack, match="recovered meanwhile"):
        remembered.check_fences("support.tickets", {("crm.requests", 0): Fence(10, recoveries=1)})
    with pytest.raises(WentBack, match="recovered meanwhile"):
        remembered.check_identity(identity(200, recoveries=1), remembered.known())
    assert remembered.setback is None


def test_what_is_noticed_stands_by_the_recoveries_that_were_known_then() -> None:
    """A recovery that came since has dealt with it."""
    remembered = Remembered()
    remembered.check_identity(identity(100), None)
    with pytest.raises(WentBack):
        remembered.check_identity(identity(50), remembered.known())
    with pytest.raises(WentBack):
        remembered.check_identity(identity(200, recoveries=1), None)
    assert remembered.recoveries == 0
    assert remembered.setback == "its log ends at 50, and was at 100 before"


def test_nothing_may_be_written_during_a_recovery_and_may_be_after_it() -> None:
    remembered = Remembered()
    with pytest.raises(WentBack, match="being recovered"):
        remembered.check_recovery(None, 0, under_way=True)
    remembered.check_recovery(None, 0)
    with pytest.raises(WentBack, match="its log"):
        remembered.check_recovery("its log ends before", 0)
