"""The evaluation of triage: sets as others write them, and an end to the time that it takes."""

from pathlib import Path

import pytest

from eval.setting import Setting
from eval.triage import measure, read


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        ("text,category\nDark,lamp\n", [("Dark", "lamp")]),
        ("\ufeffcategory,id,text\nlamp,1,Mørk\n lamp ,2,Σβηστό\n", [("Mørk", "lamp"), ("Σβηστό", "lamp")]),
        ("text,category\na,Out-of-Scope\nb,NONE\nc,\nd\n", [("a", "oos"), ("b", "oos"), ("c", "oos"), ("d", "oos")]),
        ('text,category\n,lamp\n"a\nb",lamp\n', [("", "lamp"), ("a\nb", "lamp")]),
        ("text,category\n", []),
    ],
)
def test_sets_are_read_however_their_columns_and_strange_requests_are_written(
    tmp_path: Path, content: str, texts: list[tuple[str, str]]
) -> None:
    file = tmp_path / "a_train.csv"
    file.write_text(content, "utf-8")
    assert read(file, Setting(tmp_path)) == texts


def test_what_there_is_no_time_for_is_named_and_a_set_of_one_category_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, rows in {"mute": ",x\n!,y\n", "one": "dark,x\n", "two": "dark,x\nlate,y\n"}.items():
        for part in ("train", "test"):
            (tmp_path / f"{name}_{part}.csv").write_text(f"text,category\n{rows}", "utf-8")
    assert measure(Setting(tmp_path, minutes=0)) == []
    told = capsys.readouterr().err
    assert "mute (bounded), all: left out, it has no words to learn from" in told
    assert "one (bounded): left out, it needs two categories" in told
    assert "two (bounded), 20 a category, Rapport: left out" in told
    assert "drawn in two languages, 1 a category, Rapport: left out" in told
