"""`make bench`: figures beside their peers. SCALE=full for the sizes that CI leaves out, JSON=file for programs."""

import argparse
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop

from bench import (
    articles,
    audit,
    changes,
    contacts,
    customers,
    cut,
    desk,
    engine,
    follow_ups,
    frauds,
    mailings,
    main_job,
    matching,
    pages,
    relay,
    screen,
    sums,
    timers,
    view,
    yardstick,
)
from bench.gates import GATES, verdicts
from bench.report import print_table, write_json
from bench.rows import Row
from bench.setting import CI, FULL, Sizes, quieten, say

Work = Callable[[Sizes], Awaitable[list[Row]]]
WORKS: tuple[tuple[tuple[str, ...], Work], ...] = (
    (("engine", "engine with timeline and outbox"), engine.measure),
    (("relay",), relay.measure),
    (
        ("main job", "main job at 200/s", "main job beside 60 readers", "main job with ready-made campaigns"),
        main_job.measure,
    ),
    (("sums",), sums.measure),
    (("cut",), cut.measure),
    (("fraud.assessed",), frauds.measure),
    (("changes",), changes.measure),
    (("screen",), screen.measure),
    (("pages",), pages.measure),
    (("360 view",), view.measure),
    (("create contacts", "create contacts in batches"), contacts.create),
    (("find by e-mail",), contacts.find),
    (("search", "customers"), customers.measure),
    (("one record matched",), matching.measure),
    (("timers",), timers.measure),
    (("audit",), audit.measure),
    (("mailings",), mailings.measure),
    (("enrolments", "segments", "frequency caps"), follow_ups.measure),
    (("triage and routing",), desk.measure_triage),
    (("queue", "clocks"), desk.measure_reading),
    (("suggestions",), articles.measure),
)


async def measure(sizes: Sizes, only: list[str]) -> list[Row]:
    """The rows of the works that are asked for, all of them where none is."""
    rows: list[Row] = []
    for names, work in WORKS:
        if not only or set(names) & set(only):
            say(", ".join(names))
            rows += await work(sizes)
    return rows


async def answer(sizes: Sizes, only: list[str]) -> tuple[list[Row], float]:
    """The rows, and how fast this machine is beside the one for which absolute gates are written."""
    rows = await measure(sizes, only)
    return rows, (yardstick.found(rows) or await yardstick.measure(sizes)) / yardstick.EXPECTED


def main() -> int:
    """Exit status 0: everything was measured. The table says which gates were missed; `--strict` makes it 1 then."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", action="append", default=[], choices=sorted(GATES), metavar="WORK")
    parser.add_argument("--strict", action="store_true", help="exit status 1 where a gate is missed")
    arguments = parser.parse_args()
    full = os.environ.get("SCALE") == "full"
    quieten()
    rows, speed = uvloop.run(answer(FULL if full else CI, arguments.only))
    print_table(rows, speed, full=full)
    if file := os.environ.get("JSON"):
        write_json(rows, speed, Path(file))
    missed = [row for row in rows if any(held is False for _, held in verdicts(row, speed, full=full))]
    return 1 if missed and arguments.strict else 0


if __name__ == "__main__":
    sys.exit(main())
