"""How much is applied at once: as much as takes a bounded time."""

from typing import Any

import pytest

from shared.engine.applier import Applied
from shared.engine.reader import Reader
from shared.engine.reading import Portion, Taken
from shared.errors import Transient
from tests.unit.engine.records import outside
from tests.unit.engine.test_health import PLACE, Moment, moment, reader  # noqa: F401  the fixtures


def test_quick_records_are_taken_by_more_and_more() -> None:
    portion = Portion(2, 1_000)
    sizes = []
    for _ in range(6):
        sizes.append(portion.records)
        portion.took(portion.records, 0.1)
    assert sizes == [100, 200, 400, 800, 1_000, 1_000]


@pytest.mark.parametrize(("took", "records"), [(2.0, 100), (1.0, 100), (4.0, 50), (40.0, 5), (1e9, 1)])
def test_slow_ones_by_as_many_as_fit(took: float, records: int) -> None:
    portion = Portion(2, 1_000)
    portion.took(100, took)
    assert portion.records == records


def test_a_few_that_are_quick_say_nothing_of_many_and_a_few_that_are_slow_do() -> None:
    portion = Portion(2, 1_000)
    portion.took(3, 0.0)
    assert portion.records == 100
    portion.took(3, 6.0)
    assert portion.records == 1


def test_of_fewer_than_it_begins_with_none_are_invented() -> None:
    assert Portion(2, 10).records == 10


class Slow:
    """Takes a second a record; a transaction of more than ten is ended by the database."""

    def __init__(self, clock: Moment) -> None:
        self.clock, self.done, self.failed = clock, list[list[int]](), list[int]()

    async def __call__(self, records: Any, *_: object) -> Applied:
        self.clock.now += len(records)
        if len(records) > 10:
            self.failed.append(len(records))
            raise Transient
        self.done.append([record.offset for record in records])
        return Applied()


async def test_what_the_database_ended_is_tried_by_fewer_and_every_record_once(
    reader: Reader,  # noqa: F811
    moment: Moment,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    topic, partition = PLACE
    records = tuple(outside(place=(partition, offset), topic=topic) for offset in range(30))
    slow = Slow(moment)
    monkeypatch.setattr(reader.applier, "apply", slow)
    reader.portion = Portion(2, 30)
    for _ in range(2):
        begin = reader.places.positions.done[PLACE]
        reader.places.positions.receive(Taken(records[begin:], {PLACE: (begin, 30)}))
        await reader._apply_parts(records[begin:])
    assert len(slow.failed) == 1
    assert [offset for portion in slow.done for offset in portion] == list(range(30))
    assert {len(portion) for portion in slow.done} <= {1, 2}
