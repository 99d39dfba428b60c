"""Which fences are written while nothing comes."""

import random
from collections.abc import Collection, Mapping

import pytest

from shared.engine.ledger import Place
from shared.engine.parking import Breaker
from shared.engine.places import Places
from shared.engine.reading import FenceStore, Passed
from tests.simulation.source import SimulatedSource, Trouble
from tests.simulation.world import Log
from tests.unit.engine.memory import _pause
from tests.unit.engine.test_health import PLACE, nothing


@pytest.mark.parametrize(
    ("stream", "follows_time", "behind", "written"),
    [
        (False, True, False, True),
        (False, True, True, True),
        (False, False, False, False),
        (False, False, True, True),
        (True, True, False, False),
        (True, True, True, True),
    ],
)
async def test_an_idle_place_is_written_where_time_counts_or_its_fence_is_behind(
    *, stream: bool, follows_time: bool, behind: bool, written: bool
) -> None:
    passed: dict[Place, Passed] = {}

    async def advance(idle: Mapping[Place, Passed]) -> Collection[Place]:
        passed.update(idle)
        return idle

    source = SimulatedSource(Log(), random.Random(1), _pause, Trouble(random.Random(1), 0), lambda: 1.0, {})
    source.assign([PLACE])
    source.positions[PLACE] = 1
    source.polls[PLACE] = 5.0, 1
    places = Places(
        "a.group",
        source,
        FenceStore(nothing, nothing, advance),
        Breaker,
        lambda: 1.0,
        probe_after=1,
        stream=stream,
        follows={PLACE[0]} if follows_time else (),
    )
    places.positions.place(PLACE, 1, 0 if behind else 1)

    assert await places._advance_idle()

    assert (PLACE in passed) == written
    assert places.positions.fences[PLACE] == 1
    if written:
        assert (passed[PLACE].at is not None) == (follows_time and not stream)
