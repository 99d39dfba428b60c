"""The breaker, and the search for the events that cannot be applied."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from shared.engine.event import Event
from shared.engine.ledger import EngineTransaction
from shared.engine.parking import Breaker, BreakerOpen, Isolation, refusal_of
from shared.engine.subscription import TopicHandler
from shared.errors import BadRecord, Conflict, NoIdentity, Oversized, Transient
from tests.unit.engine.records import WALL

PLACE = ("crm.sales", 3)


def opens(breaker: Breaker, *, place: tuple[str, int] = PLACE) -> bool:
    try:
        breaker.failed(place)
    except BreakerOpen as opened:
        assert opened.place == place
        return True
    return False


def test_the_twentieth_failure_of_a_hundred_keys_opens_it() -> None:
    breaker = Breaker()
    assert [opens(breaker) for _ in range(20)] == [False] * 19 + [True]


@pytest.mark.parametrize(("handled", "open_"), [(80, True), (81, False), (500, False)])
def test_keys_that_were_handled_push_old_failures_out(handled: int, *, open_: bool) -> None:
    breaker = Breaker()
    for _ in range(19):
        breaker.failed(PLACE)
    breaker.succeeded(PLACE, handled)
    assert opens(breaker) is open_


def test_each_place_has_a_window_of_its_own() -> None:
    breaker = Breaker()
    for _ in range(19):
        breaker.failed(PLACE)
    assert not opens(breaker, place=("crm.sales", 4))
    assert opens(breaker)


def test_after_a_probe_one_failure_opens_it_and_one_success_closes_it() -> None:
    breaker = Breaker()
    breaker.probe(PLACE)
    assert opens(breaker)
    breaker.probe(PLACE)
    breaker.succeeded(PLACE, 1)
    assert [opens(breaker) for _ in range(20)] == [False] * 19 + [True]


def test_a_copy_is_not_touched_by_what_is_undone() -> None:
    breaker = Breaker()
    breaker.failed(PLACE)
    breaker.probe(("crm.sales", 4))
    before = breaker.copy()
    for _ in range(18):
        breaker.failed(PLACE)
    assert [opens(before) for _ in range(19)] == [False] * 18 + [True]
    assert opens(before, place=("crm.sales", 4))


class _DatabaseError(Exception):
    sqlstate, constraint_name = "23505", None


@pytest.mark.parametrize(
    ("error", "reason", "detail", "unexpected"),
    [
        (BadRecord("merged", "into another"), "merged", "into another", False),
        (
            BadRecord("survey_value", "nps takes 0 to 10", field="value"),
            "survey_value",
            "value: nps takes 0 to 10",
            False,
        ),
        (BadRecord("long", "x" * 900), "long", "x" * 500, False),
        (Conflict("sale 7"), "conflict", "sale 7", False),
        (Oversized("too many"), "oversized", "too many", False),
        (_DatabaseError("Ada Holm exists"), "data_error", "SQLSTATE 23505", True),
        (KeyError("Ada Holm"), "unexpected", "KeyError", True),
    ],
)
def test_only_our_own_words_are_kept(error: Exception, reason: str, detail: str, unexpected: bool) -> None:
    refusal = refusal_of(error, "crm.sales")
    assert (refusal.reason, refusal.detail, refusal.unexpected) == (reason, detail, unexpected)


def test_a_broken_constraint_is_named() -> None:
    error = _DatabaseError()
    error.constraint_name = "sale_pkey"  # type: ignore[assignment]  # as Postgres does
    assert refusal_of(error, "crm.sales").detail == "SQLSTATE 23505 on sale_pkey"


@pytest.mark.parametrize(
    ("state", "topic", "unexpected"),
    [
        ("22003", "crm.ingest", False),
        ("22003", "crm.sales", False),
        ("23505", "crm.products", False),
        ("54000", "crm.indicators", False),
        ("21000", "crm.ingest", False),
        ("23505", "crm.sales", True),
        ("54000", "crm.parties", True),
    ],
)
def test_what_a_sender_can_bring_about_is_never_unexpected(state: str, topic: str, *, unexpected: bool) -> None:
    error = _DatabaseError()
    error.sqlstate = state
    assert refusal_of(error, topic).unexpected is unexpected
    assert refusal_of(ZeroDivisionError(), topic).unexpected


def test_only_a_refusal_that_says_so_leaves_its_key_alone() -> None:
    errors = (BadRecord("no"), BadRecord("no", holds=False), Conflict("other"), NoIdentity(), KeyError())
    assert [refusal_of(error, "crm.ingest").holds for error in errors] == [True, False, False, False, True]


class Effects:
    """What a transaction with savepoints would hold."""

    def __init__(self) -> None:
        self.stand: list[str] = []
        self.tries: list[list[str]] = []

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        before = list(self.stand)
        try:
            yield
        except BaseException:
            self.stand = before
            raise


Errors = dict[str, Exception]


def isolation(effects: Effects, errors: Errors, *, alone: bool = False) -> Isolation:
    """Its handler takes every event but those in `errors`, where it has taken some before."""

    async def handle(events: Sequence[Event[Any]], tx: Any) -> None:
        tx.tries.append([event.id for event in events])
        for event in events:
            if event.id in errors:
                raise errors[event.id]
            tx.stand.append(event.id)

    handler = TopicHandler("crm.sales", cast("Callable[..., Awaitable[None]]", handle), {}, False, {})
    tx = cast("EngineTransaction", effects)
    return Isolation(handler, tx, Breaker(), lambda error: isinstance(error, Transient), alone)


def events(*ids: str) -> list[Event[Any]]:
    """`a2` is of key a; `-5` has no key. Offsets in the order given."""
    return [
        Event(
            id_, "", "", WALL, WALL, "crm.sales", 3, offset, None if id_[0] == "-" else id_[0].encode(), id_, None, None
        )
        for offset, id_ in enumerate(ids)
    ]


async def test_one_bad_key_parks_with_its_later_events_and_the_others_stand() -> None:
    effects = Effects()
    found = isolation(effects, {"c2": BadRecord("no")})
    await found.apply(events("a1", "b1", "c1", "c2", "d1", "c3", "a2"))
    assert sorted(effects.stand) == ["a1", "a2", "b1", "c1", "d1"]
    assert [(event.id, refusal.reason) for event, refusal in found.refused] == [("c2", "no"), ("c3", "behind")]


async def test_keys_are_halved_until_one_is_left_whose_events_are_tried_one_by_one() -> None:
    effects = Effects()
    found = isolation(effects, {"c2": BadRecord("no")})
    await found.apply(events("a1", "b1", "c1", "d1", "c2"))
    assert effects.tries == [["a1", "b1", "c1", "d1", "c2"], ["a1", "b1"], ["c1", "d1", "c2"], ["c1"], ["c2"], ["d1"]]


async def test_order_of_the_log_is_kept_within_what_is_tried_together() -> None:
    effects = Effects()
    await isolation(effects, {}).apply(events("a1", "b1", "a2", "b2"))
    assert effects.stand == ["a1", "b1", "a2", "b2"]


async def test_an_event_without_key_is_alone() -> None:
    effects = Effects()
    found = isolation(effects, {"-1": BadRecord("no")})
    await found.apply(events("-1", "-2", "-3"))
    assert effects.stand == ["-2", "-3"]
    assert [event.id for event, _ in found.refused] == ["-1"]


async def test_a_refusal_that_does_not_hold_parks_its_event_alone() -> None:
    effects = Effects()
    found = isolation(effects, {"a2": Conflict("other"), "a4": BadRecord("no")})
    await found.apply(events("a1", "a2", "a3", "a4", "a5"))
    assert effects.stand == ["a1", "a3"]
    assert [(event.id, refusal.reason) for event, refusal in found.refused] == [
        ("a2", "conflict"),
        ("a4", "no"),
        ("a5", "behind"),
    ]


async def test_an_empty_key_is_none() -> None:
    effects = Effects()
    lone = events("a1", "a2")
    for event in lone:
        event.key = b""
    await isolation(effects, {"a1": BadRecord("no")}).apply(lone)
    assert effects.stand == ["a2"]


async def test_refused_input_never_counts_against_the_breaker() -> None:
    found = isolation(Effects(), {f"{key}1": BadRecord("no") for key in KEYS})
    await found.apply(events(*(f"{key}1" for key in KEYS)))
    assert len(found.refused) == len(KEYS) > 20


async def test_bugs_count_once_a_key_and_open_the_breaker() -> None:
    found = isolation(Effects(), {f"{key}1": KeyError() for key in KEYS[:19]})
    await found.apply(events(*(f"{key}{number}" for key in KEYS[:19] for number in (1, 2))))
    assert len(found.refused) == 38
    with pytest.raises(BreakerOpen):
        await isolation(Effects(), {f"{key}1": KeyError() for key in KEYS}).apply(events(*(f"{k}1" for k in KEYS)))


@pytest.mark.parametrize(("error", "alone"), [(Transient("not now"), True), (Oversized("too many"), False)])
async def test_what_is_no_fault_of_the_event_passes_through(error: Exception, alone: bool) -> None:
    effects = Effects()
    with pytest.raises(type(error)):
        await isolation(effects, {"b1": error}, alone=alone).apply(events("a1", "b1"))


async def test_an_event_that_emits_too_much_all_alone_is_refused() -> None:
    found = isolation(Effects(), {"a1": Oversized("too many")}, alone=True)
    await found.apply(events("a1"))
    assert [(event.id, refusal.reason) for event, refusal in found.refused] == [("a1", "oversized")]


async def test_nothing_is_no_work() -> None:
    effects = Effects()
    await isolation(effects, {}).apply([])
    assert not effects.tries


KEYS = "abcdefghijklmnopqrstuvwxyz"
