"""What readiness says of a reader: the cause that is known, and else the brokers' silence."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from shared.engine.applier import Applier
from shared.engine.health import PARKED_RECORDS, check_reader, check_service
from shared.engine.housekeeping import Housekeeping
from shared.engine.reader import Reader
from shared.engine.reading import FenceStore, Reading, Taken
from shared.errors import Transient
from tests.simulation.source import SimulatedSource, Trouble
from tests.simulation.world import Log
from tests.unit.engine.memory import _pause, database
from tests.unit.engine.records import HEARS, WALL

PLACE = ("crm.sales", 0)


class Moment:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


async def nothing(*_: object) -> Any:
    raise AssertionError("readiness asks nobody")


@pytest.fixture
def moment(monkeypatch: pytest.MonkeyPatch) -> Moment:
    moment = Moment()
    monkeypatch.setattr("shared.engine.places.time.time", moment)
    return moment


@pytest.fixture
def reader(moment: Moment) -> Reader:
    """One partition, read up to its end just now."""
    dice = random.Random(1)
    source = SimulatedSource(Log(), dice, _pause, Trouble(dice, 0), moment, {})
    source.assign([PLACE])
    source.positions[PLACE] = 0
    source.polls[PLACE] = moment.now, 0
    reader = Reader(
        applier=Applier(HEARS, database(), stream=False, wall=lambda: WALL, is_infrastructure=lambda _: True),
        fences=FenceStore(nothing, nothing, nothing),
        reading=Reading(10, 1_000, 0, 1, 1, 1, 1),
        source=source,
        is_infrastructure=lambda error: isinstance(error, Transient),
        applied=lambda _: None,
        stream=False,
        clock=moment,
    )
    reader.assigned_once = True
    reader.places.positions.place(PLACE, 0, 0)
    return reader


def take_something(reader: Reader) -> None:
    reader.places.positions.receive(Taken((), {PLACE: (0, 1)}))


def lose_everything(reader: Reader) -> None:
    setattr(reader.source, "places", frozenset())  # noqa: B010  of the simulated source
    reader.places.forget()


def begin_without_brokers(reader: Reader) -> None:
    reader.assigned_once = False
    reader.errors["fetching"] = "NodeNotReadyError"


CAUSES: dict[str, tuple[Callable[[Reader], object], str, str]] = {
    "brokers": (lambda _: None, "failing", "the brokers do not answer"),
    "database": (
        lambda reader: reader.errors.update(applying="ConnectionRefusedError"),
        "failing",
        "no progress for 20 s, applying: ConnectionRefusedError",
    ),
    "a batch that hangs": (take_something, "ok", ""),
    "a pause": (
        lambda reader: reader.places.pause(PLACE, "lost: sequence 3"),
        "degraded",
        "1 partitions stopped, crm.sales/0 first: lost: sequence 3",
    ),
    "a restart": (
        lambda reader: setattr(reader, "restarted", "its loop ended"),
        "failing",
        "started again: its loop ended",
    ),
    "no topic": (
        lambda reader: setattr(reader.source, "gone", ["crm.sales"]),
        "failing",
        "Kafka has no topic crm.sales",
    ),
    "nothing assigned": (
        lose_everything,
        "ok",
        "standby: other members have every partition",
    ),
    "no assignment yet": (
        begin_without_brokers,
        "failing",
        "waiting for its first assignment, fetching: NodeNotReadyError",
    ),
}


@pytest.mark.parametrize("cause", CAUSES)
def test_readiness_tells_the_cause(reader: Reader, moment: Moment, cause: str) -> None:
    bring_about, state, detail = CAUSES[cause]
    assert check_reader(reader).state == "ok"
    bring_about(reader)
    moment.now += 20
    found = check_reader(reader)
    assert (found.state, found.detail) == (state, detail)


def test_a_reader_without_progress_is_stuck_unless_the_cause_is_known(reader: Reader, moment: Moment) -> None:
    take_something(reader)
    moment.now += reader.reading.patience + 1
    assert reader.stuck() == "no progress for 61 s"
    reader.errors["applying"] = "ConnectionRefusedError"
    assert reader.stuck() is None
    reader.errors.clear()
    reader.closing = True
    assert reader.stuck() is None, "a service that ends starts nothing again"


@pytest.mark.parametrize(("parked", "state"), [(PARKED_RECORDS - 1, "ok"), (PARKED_RECORDS, "degraded")])
def test_very_many_parked_records_degrade_a_service(parked: int, state: str) -> None:
    kept: Any = Housekeeping.__new__(Housekeeping)
    kept.seen_database_at, kept.outbox_age, kept.parked, kept.set_aside = 1e12, 0.0, parked, 0
    found = {check.name: check.state for check in check_service(None, kept, [])}
    assert found["parking"] == state
