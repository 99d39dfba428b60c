"""`make eval DATA=folder`: measured quality beside its peers. JSON=file for programs.

Sets that are not in the folder, or cannot be measured, are left out and named; everything else is measured, and shown
as it comes. Each task can be asked for alone.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from eval import (
    articles,
    churn,
    cost,
    cross_sell,
    duplicates,
    forecasts,
    fraud,
    health,
    indicators,
    lifetime,
    prices,
    reorders,
    trends,
    triage,
    warnings,
)
from eval.columns import parse_columns, tell_strange
from eval.report import print_table, write_json
from eval.rows import Row
from eval.setting import MissingError, Setting, say

TASKS: dict[str, Callable[[Setting], list[Row]]] = {
    "duplicates": duplicates.measure,
    "forecasts": forecasts.measure,
    "simulated": forecasts.measure_simulated,
    "customers": lifetime.measure,
    "drawn-customers": lifetime.measure_drawn,
    "churn": churn.measure,
    "drawn-churn": churn.measure_drawn,
    "health": health.measure,
    "warnings": warnings.measure,
    "trends": trends.measure,
    "prices": prices.measure,
    "reorders": reorders.measure,
    "cross-sell": cross_sell.measure,
    "indicators": indicators.measure,
    "cost": cost.measure,
    "fraud": fraud.measure,
    "triage": triage.measure,
    "articles": articles.measure,
}


def main() -> int:
    """Exit status 0 where every set was measured, 3 where one was missing or could not be."""
    parser = argparse.ArgumentParser(
        prog="python -m eval", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", nargs="?", type=Path, default=os.environ.get("DATA") or None, help="folder of the sets")
    parser.add_argument("--only", action="append", choices=sorted(TASKS), help="one task; may be said again")
    parser.add_argument("--seed", type=int, default=1)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="of triage a part; others as ever")
    size.add_argument("--full", action="store_true", help="of triage everything, however long it takes")
    parser.add_argument(
        "--minutes", type=float, default=5.0, help="triage begins nothing that would end later (default: %(default)s)"
    )
    parser.add_argument(
        "--columns",
        action="append",
        default=[],
        metavar="[FILE:]ROLE=COLUMN,…",
        help="which column of a file is what, where its name does not say it; may be said again",
    )
    chosen = parser.parse_args()
    try:
        columns = parse_columns(chosen.columns)
    except ValueError as error:
        parser.error(str(error))
    rows: list[Row] = []
    missing: list[str] = []
    told: list[Row] = []

    def tell(some: Sequence[Row]) -> None:
        told.extend(some)
        print_table(some)

    data = chosen.data and Path(chosen.data)
    setting = Setting(data, chosen.seed, chosen.quick, chosen.full, chosen.minutes, tell, columns)
    for name in chosen.only or TASKS:
        say(name)
        try:
            found = TASKS[name](setting)
        except MissingError as error:
            missing.append(f"{name} was not measured. {error}")
        else:
            rows += found
            print_table([row for row in found if row not in told])
    tell_strange(setting)
    if file := os.environ.get("JSON"):
        write_json(rows, Path(file))
    for line in (*missing, *setting.left_out):
        say(line)
    return 3 if missing or setting.left_out else 0


if __name__ == "__main__":
    sys.exit(main())
