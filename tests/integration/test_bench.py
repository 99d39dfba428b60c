"""Every work of the bench at tiny sizes: figures of such runs say nothing, that they are there does."""

import json
from pathlib import Path

import pytest

from bench import yardstick
from bench.__main__ import WORKS, Work
from bench.gates import GATES, Gate
from bench.mailings import bound_by
from bench.report import print_table, write_json
from bench.rows import Row
from bench.setting import Sizes

pytestmark = [pytest.mark.stack, pytest.mark.slow]
TINY = Sizes(
    full=False,
    parties=200,
    engine_events=2_000,
    relay_events=2_000,
    rounds=1,
    customers=50,
    sales=200,
    viewed=100,
    found_among=200,
    timers=1_000,
    audited=1_000,
    readers=100,
    series=20,
    scored=100,
    seconds=2,
)
# The pages are asked for on the demo's data, and playing it takes minutes: `make bench` has them.
WITHOUT_THE_DEMO = [each for each in WORKS if each[0][0] != "pages"]
BESIDE_A_PEER = {"engine", "relay", "main job beside 60 readers", "360 view"}


@pytest.mark.parametrize(
    ("names", "work"), WITHOUT_THE_DEMO, ids=lambda value: value[0] if isinstance(value, tuple) else ""
)
async def test_a_work_gives_its_rows(
    names: tuple[str, ...], work: Work, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = await work(TINY)

    write_json(rows, 1.0, tmp_path / "bench.json")
    print_table(rows, 1.0, full=True)
    written = json.loads((tmp_path / "bench.json").read_text("utf-8"))["rows"]
    assert [row["work"] for row in written] == list(names)
    shown = capsys.readouterr().out
    for row in written:
        assert row["rate"] > 0
        assert (row["ratio"] is not None) == (row["work"] in BESIDE_A_PEER)
        assert row["work"] in shown


@pytest.mark.parametrize(
    ("gate", "value", "held", "told"),
    [
        (Gate("rate", "≥", 15_000, 20_000), 8_000, True, "rate ≥ 7,500 (15,000)"),
        (Gate("rate", "≥", 15_000, 20_000), 7_000, False, "rate ≥ 7,500 (15,000)"),
        (Gate("p50_ms", "≤", 60, 40), 119.0, True, "p50_ms ≤ 120 (60)"),
        (Gate("cores", "≤", 1.2, 0.6), 2.5, False, "cores ≤ 2.4 (1.2)"),
        (Gate("ratio", "≥", 0.85, 1.0), 0.84, False, "ratio ≥ 0.85"),
        (Gate("growth", "≤", 1.2, 1.1), 1.3, False, "growth ≤ 1.2"),
    ],
)
def test_absolute_gates_are_scaled_to_the_machine(gate: Gate, value: float, held: bool, told: str) -> None:
    row = Row("relay", **({gate.figure: value} if gate.figure != "growth" else {"more": {"growth": value}}))

    assert gate.holds(row, 0.5) is held
    assert gate.told(0.5) == told


async def test_the_bare_loop_is_measured_where_no_engine_was() -> None:
    assert await yardstick.measure(TINY) > 0
    assert yardstick.found([Row("engine", 1.0, peer_rate=2.0)]) == 2.0
    assert yardstick.found([Row("relay", 1.0)]) is None


def test_every_gate_belongs_to_a_work() -> None:
    assert set(GATES) == {name for names, _ in WORKS for name in names}


@pytest.mark.parametrize(
    ("rate", "process_us", "postgres_us", "bound"),
    [
        (1_650.0, 500.0, 200.0, "bounded by its pace of 100,000 a minute; it takes the process 82% of a core"),
        (1_000.0, 950.0, 200.0, "bounded by the process, which is one core; it takes the process 95% of a core"),
        (
            400.0,
            500.0,
            200.0,
            "bounded by what it waits for, not by a core of its own; it takes the process 20% of a core",
        ),
    ],
)
def test_a_mailing_says_what_bounds_it(rate: float, process_us: float, postgres_us: float, bound: str) -> None:
    assert bound_by(rate, process_us, postgres_us).startswith(bound)
