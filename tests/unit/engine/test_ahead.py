"""What is decoded while other records are applied: each once, in order, whatever becomes of those others."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from shared.engine.ahead import Ahead
from shared.engine.applier import Applied
from shared.engine.decode import Decoded
from shared.engine.event import Record
from shared.engine.reader import Reader
from shared.engine.reading import Portion, Taken
from shared.errors import Transient
from tests.unit.engine.records import outside
from tests.unit.engine.test_health import PLACE, moment, reader  # noqa: F401  the fixtures

RECORDS = [outside(place=(0, offset)) for offset in range(400)]


class Counted:
    """Verdicts that say nothing; how many were given at once, and what stops them."""

    def __init__(self, broken: int | None = None) -> None:
        self.sizes: list[int] = []
        self.broken = broken

    def __call__(self, records: Sequence[Record]) -> list[Decoded]:
        self.sizes.append(len(records))
        if any(record.offset == self.broken for record in records):
            raise LookupError
        return [Decoded(record, str(record.offset)) for record in records]

    @property
    def number(self) -> int:
        return sum(self.sizes)


@given(st.lists(st.tuples(st.integers(1, 150), st.integers(0, 5)), min_size=1, max_size=8))
@pytest.mark.slow
def test_each_is_decoded_once_and_in_order_however_many_are_taken(portions: list[tuple[int, int]]) -> None:
    async def run() -> list[str]:
        found, rest = [], RECORDS
        for size, turns in portions:
            portion, rest = rest[:size], rest[size:]
            found += [each.id for each in ahead.take(portion)]
            ahead.begin(rest[:size])
            for _ in range(turns):
                await asyncio.sleep(0)
            ahead.end()
        return found

    decode = Counted()
    ahead = Ahead(decode)
    taken = sum(size for size, _ in portions)
    assert asyncio.run(run()) == [str(offset) for offset in range(min(taken, len(RECORDS)))]
    assert decode.number <= taken + max(size for size, _ in portions)


async def test_it_goes_on_by_a_few_a_turn_and_not_beyond_the_end() -> None:
    decode = Counted()
    ahead = Ahead(decode)
    ahead.begin(RECORDS[:120])
    for _ in range(9):
        await asyncio.sleep(0)
    assert decode.sizes == [50, 50, 20]
    ahead.begin(RECORDS[:400])
    await asyncio.sleep(0)
    ahead.end()
    for _ in range(9):
        await asyncio.sleep(0)
    assert decode.number == 170


async def test_what_cannot_be_decoded_comes_again_to_who_asks_for_it() -> None:
    told: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["exception"]))
    ahead = Ahead(Counted(broken=60))
    ahead.begin(RECORDS[:120])
    for _ in range(9):
        await asyncio.sleep(0)
    ahead.end()
    assert [type(each) for each in told] == [LookupError]
    assert [each.id for each in ahead.take(RECORDS[:50])] == [str(offset) for offset in range(50)]
    with pytest.raises(LookupError):
        ahead.take(RECORDS[50:100])


async def test_what_failed_is_decoded_anew_and_the_rest_is_what_was_decoded_meanwhile(
    reader: Reader,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    topic, partition = PLACE
    records = tuple(outside(place=(partition, offset), topic=topic) for offset in range(300))
    given_to: list[tuple[int, bool]] = []

    async def apply(portion: Sequence[Record], _: object, decoded: Sequence[Decoded] | None) -> Applied:
        assert decoded is None or [each.record for each in decoded] == list(portion)
        given_to.append((portion[0].offset, decoded is not None))
        for _turn in range(5):
            await asyncio.sleep(0)
        if len(given_to) == 1:
            raise Transient
        return Applied()

    monkeypatch.setattr(reader.applier, "apply", apply)
    reader.reading, reader.portion = replace(reader.reading, bytes=1_000_000), Portion(2, 300)
    reader.places.positions.receive(Taken(records, {PLACE: (0, 300)}))
    await reader._apply_parts(records)
    assert given_to == [(0, True), (0, False), (100, True)]
    assert reader.places.positions.done[PLACE] == 300
