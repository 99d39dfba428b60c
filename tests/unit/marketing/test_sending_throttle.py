"""The rate at which the recipients of a domain are written to."""

from itertools import accumulate

from hypothesis import given, strategies as st

from services.marketing.sending.domain.throttle import ANY, MINUTE_S, MOST_DOMAINS, Throttle

PAUSES = st.lists(st.one_of(st.just(0.0), st.floats(0, 90)), min_size=1, max_size=60)


@given(PAUSES, st.integers(1, 5))
def test_no_minute_has_more_letters_than_are_allowed_and_none_waits_without_need(
    pauses: list[float], most: int
) -> None:
    throttle, gone = Throttle({"a.example": most}), list[float]()
    for now in accumulate(pauses):
        within = [at for at in gone if at + MINUTE_S > now]
        wait = throttle.wait("eve@A.example", now)
        assert (wait == 0.0) == (len(within) < most)
        if wait == 0.0:
            gone.append(now)


@given(st.integers(1, 600), st.integers(0, 50), st.floats(0, 5))
def test_those_that_are_put_off_come_again_at_the_rate(most: int, waiting: int, late: float) -> None:
    """Each at its own time, at which it goes, also where the sender is late by some seconds."""
    throttle = Throttle({ANY: most})
    assert [throttle.wait("a@x.example", 0.0) for _ in range(most)] == [0.0] * most
    times = [throttle.wait("a@x.example", 0.0) for _ in range(waiting)]
    assert times == sorted(set(times))
    assert all(MINUTE_S <= at <= MINUTE_S + number * 1.1 * MINUTE_S / most + 1e-6 for number, at in enumerate(times))
    came = [at + late * (number % 2) for number, at in enumerate(times)]
    assert [throttle.wait("a@x.example", at) for at in sorted(came)] == [0.0] * waiting


def test_nobody_waits_for_more_than_an_hour_to_be_looked_at_again() -> None:
    throttle = Throttle({ANY: 1})
    waits = [throttle.wait("a@x.example", 0.0) for _ in range(100)]
    assert (waits[-1], throttle.wait("a@x.example", 3_600.0)) == (3_600.0, 0.0)


def test_domains_are_told_apart_and_those_that_nobody_limits_are_free() -> None:
    named, others = Throttle({"a.example": 1}), Throttle({"a.example": 2, ANY: 1})
    assert [named.wait(each, 0) > 0 for each in ("1@a.example", "2@a.example", "1@b.example", "2@b.example")] == [
        False, True, False, False,
    ]  # fmt: skip
    assert [others.wait(each, 0) > 0 for each in ("1@a.example", "2@a.example", "1@b.example", "1@c.example")] == [
        False, False, False, False,
    ]  # fmt: skip
    assert [others.wait(each, 0) > 0 for each in ("3@a.example", "2@b.example", "2@c.example")] == [True] * 3


def test_a_million_domains_do_not_stay_in_memory() -> None:
    throttle = Throttle({ANY: 1})
    for number in range(3 * MOST_DOMAINS):
        throttle.wait(f"a@{number}.example", number * 0.1)
    assert len(throttle._domains) <= MOST_DOMAINS
