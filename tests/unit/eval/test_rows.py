import json
from pathlib import Path

import pytest

from eval.report import print_table, write_json
from eval.rows import Row, compare
from eval.setting import MissingError, Setting


def test_each_metric_of_ours_stands_beside_each_peer() -> None:
    rows = compare("matching", "a set", ("Rapport", {"F1": 0.9, "seconds": 2.0}), {"exact": {"F1": 0.5}, "other": {}})
    assert [(row.metric, row.value, row.peer, row.peer_value) for row in rows] == [
        ("F1", 0.9, "exact", 0.5),
        ("seconds", 2.0, "exact", None),
        ("F1", 0.9, "other", None),
        ("seconds", 2.0, "other", None),
    ]


def test_without_peers_our_figures_stand_alone() -> None:
    assert compare("triage", "a set", ("Rapport", {"accuracy": 0.9}), {}) == [
        Row("triage", "a set", "Rapport", "accuracy", 0.9)
    ]


def test_the_table_and_the_file_hold_every_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = compare("matching", "a set", ("Rapport", {"F1": 0.9}), {"exact": {"F1": 0.5}})
    print_table(rows)
    printed = capsys.readouterr().out
    assert "matching: a set" in printed
    assert "0.900" in printed
    assert "0.500" in printed
    write_json(rows, tmp_path / "rows.json")
    assert json.loads((tmp_path / "rows.json").read_text("utf-8")) == {"rows": [row.as_json() for row in rows]}


@pytest.mark.parametrize("data", [None, Path("/nonexistent")])
def test_a_set_that_is_not_there_is_named(data: Path | None) -> None:
    with pytest.raises(MissingError, match=r"febrl\.csv"):
        Setting(data).file("febrl.csv")
