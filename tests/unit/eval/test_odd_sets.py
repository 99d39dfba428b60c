"""Sets of other people: what can be read is measured, and what cannot is refused by a sentence that says where."""

from pathlib import Path

import pytest

from eval import lifetime
from eval.columns import find_tables, roles_of
from eval.rows import Row
from eval.series_files import read_series
from eval.setting import MissingError, Setting, UnfitError
from eval.values import Set

DAYS = [f"a,2026-{month:02}-{day:02},{day}" for month in (1, 2, 3) for day in range(1, 29)]


def written(folder: Path, lines: list[str], head: str = "series,date,value", encoding: str = "utf-8") -> Path:
    path = folder / "odd.csv"
    path.write_text("\n".join([head, *lines]) + "\n", encoding)
    return path


def read(path: Path) -> Set:
    roles = roles_of(path, Setting(path.parent))
    assert roles is not None
    return read_series(path, roles, Setting(path.parent))


@pytest.mark.parametrize(
    ("times", "spacing"),
    [
        ([f"{1950 + i}" for i in range(40)], "yearly"),
        ([f"{2000 + i // 12}-{i % 12 + 1:02}" for i in range(80)], "monthly"),
        ([f"{2000 + i // 4}-Q{i % 4 + 1}" for i in range(60)], "quarterly"),
        ([f"{2000 + i // 4}Q{i % 4 + 1}" for i in range(60)], "quarterly"),
        ([f"2026-01-{i // 24 + 1:02}T{i % 24:02}:00:00+01:00" for i in range(300)], "hourly"),
    ],
)
@pytest.mark.parametrize("parted", [",", ";"])
def test_a_set_of_any_spacing_is_read(tmp_path: Path, times: list[str], spacing: str, parted: str) -> None:
    path = written(
        tmp_path,
        [f"a{parted}{at}{parted}{i}" for i, at in enumerate(times)],
        parted.join(("series", "date", "value")),
        "utf-8-sig",
    )

    assert [each for each, _ in find_tables(Setting(tmp_path), "series")] == [path]
    found = read(path)
    assert found.name == f"{spacing}, odd"
    assert found.series == {"a": [float(i) for i in range(len(times))]}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("a,31/33/2026,1", "odd.csv: in date the day comes first in some rows"),
        ("a,31/02/2026,1", "odd.csv, line 86: '31/02/2026' is no date"),
        ("a,2026-13,1", "odd.csv, line 86: '2026-13' is no date"),
        ("a,,1", "odd.csv, line 86: '' is no date"),
        ("a,2026-04-01,many", "odd.csv, line 86: 'many' is no number"),
        ("a,0001-01-01,1", "series 'a' has 85 values for 739702 steps"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, line: str, why: str) -> None:
    with pytest.raises(UnfitError, match=why):
        read(written(tmp_path, [*DAYS, line]))


@pytest.mark.parametrize("lines", [[], ["a,2026-01-01,1"], ["a,2026-01-01"], ["a,2026-01-01,"], DAYS[:60]])
def test_too_few_values_are_refused(tmp_path: Path, lines: list[str]) -> None:
    with pytest.raises(UnfitError, match=r"daily, odd: more than 70 values of a series are needed, \d+ are there"):
        read(written(tmp_path, lines))


def test_other_files_are_not_about_series(tmp_path: Path) -> None:
    (tmp_path / "latin.csv").write_bytes("navn,værdi\nå,1\n".encode("latin1"))
    (tmp_path / "empty.csv").write_bytes(b"")
    assert find_tables(Setting(tmp_path), "series", "wide") == []
    assert find_tables(Setting(None), "series", "wide") == []


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (["1 2024-01-01 1 9.99"], "line 1: no customer"),
        (["1 20240101 9.99"], "line 1: no customer"),
        (["1 20240101 one 9.99"], "line 1: no customer"),
        ([""], "no purchase is in it"),
        (["1 20240101 -1 -9.99"], "no purchase is in it"),
        ([f"{i} {20240101 + i % 28} 1 9.99" for i in range(500)], "nobody came back"),
        ([f"{i} 2024{month:02}05 1 9.99" for i in range(200) for month in range(1, 13)], "or everybody did"),
    ],
)
def test_customers_who_teach_nothing_are_refused(tmp_path: Path, lines: list[str], why: str) -> None:
    (tmp_path / "CDNOW_odd.txt").write_text("\n".join(lines), "utf-8")
    setting = Setting(tmp_path)

    assert lifetime.measure(setting) == []
    assert len(setting.left_out) == 1
    assert why in setting.left_out[0]


def test_what_was_taken_back_is_no_purchase(tmp_path: Path) -> None:
    (tmp_path / "CDNOW_odd.txt").write_text(
        "7 20240101 1 9.99\n7 20240102 -1 -9.99\n\n 00004 7 20240103 2 0\n", "utf-8"
    )
    (days,) = lifetime.read_purchases(tmp_path / "CDNOW_odd.txt").values()
    assert sorted(day.day for day in days) == [1, 3]


def test_without_a_set_of_customers_the_task_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="CDNOW_sample"):
        lifetime.measure(Setting(tmp_path))


def test_one_set_that_is_unfit_leaves_the_others(tmp_path: Path) -> None:
    setting, row = Setting(tmp_path), Row("task", "set", "Rapport", "F1", 1.0, None, None)

    def refused() -> list[Row]:
        raise UnfitError("why")

    assert setting.attempt(refused) + setting.attempt(lambda: [row]) == [row]
    assert setting.left_out == ["why"]
