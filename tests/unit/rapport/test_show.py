import tomllib

import pytest
from typer.testing import CliRunner

from deploy.embedded.process import ROOT
from shared.version import VERSION
from tools.rapport.cli import app
from tools.rapport.show import as_table


def test_what_is_read_by_a_program_has_one_line_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    as_table("Rows", [{"key": "k" * 300, "detail": "d " * 300}], ("key", "detail"), "")
    title, head, row = capsys.readouterr().out.splitlines()
    assert (title.strip(), head.split()) == ("Rows", ["key", "detail"])
    assert row.split() == ["k" * 300, *["d"] * 300]


def test_the_version_is_that_of_the_project() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"] == VERSION
    assert CliRunner().invoke(app, ["--version"]).stdout == f"rapport {VERSION}\n"
