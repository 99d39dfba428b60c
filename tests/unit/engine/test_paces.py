"""How long a reader gathers: by who waits for what it does."""

from typing import Literal

import pytest

from shared.engine.subscription import Subscription
from shared.engine.wiring import pace_ms
from shared.events.ingest import INGEST
from shared.events.sales import SALES
from shared.settings import EngineSettings

PROCESS, PROJECTION = "process", "projection"


@pytest.mark.parametrize(
    ("kind", "topics", "waited_for", "paced", "pace"),
    [
        (PROCESS, [INGEST], True, False, 40),
        (PROCESS, [SALES], True, False, 10),
        (PROCESS, [INGEST, SALES], True, False, 10),
        (PROCESS, [SALES], True, True, 40),
        (PROCESS, [SALES], False, False, 200),
        (PROCESS, [SALES], False, True, 200),
        (PROJECTION, [SALES], True, True, 200),
    ],
)
def test_a_reader_gathers_by_who_waits(
    kind: Literal["process", "projection"],
    topics: list[str],
    waited_for: bool,
    paced: bool,
    pace: int,
) -> None:
    subscription = Subscription("forecasting.any", kind=kind, topics=topics, waited_for=waited_for, paced=paced)
    assert pace_ms(subscription, EngineSettings()) == pace
