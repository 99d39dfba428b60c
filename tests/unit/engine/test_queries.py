"""Statements by name, and ids."""

from pathlib import Path

import pytest

from shared.ids import derived_id, new_id
from shared.sql import load_queries, numbers


def test_a_column_of_numbers_is_one_text_whatever_their_size() -> None:
    assert (numbers([10**25, -1, 0]), numbers([])) == (f"{10**25} -1 0", "")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "queries.sql"


def test_a_statement_goes_to_the_next_name(file: Path) -> None:
    file.write_text("-- of a file\n\n-- name: one\n-- Why.\nselect $1\n\n-- name: two  \nselect 2;\n", "utf-8")
    assert dict(load_queries(file)) == {"one": "-- Why.\nselect $1", "two": "select 2;"}


def test_a_name_in_a_line_of_sql_names_nothing(file: Path) -> None:
    file.write_text("-- name: one\nselect 1 -- name: two\n", "utf-8")
    assert list(load_queries(file)) == ["one"]


def test_a_name_given_twice_is_an_error(file: Path) -> None:
    file.write_text("-- name: one\nselect 1\n-- name: one\nselect 2\n", "utf-8")
    with pytest.raises(ValueError, match="names a statement twice"):
        load_queries(file)


def test_statements_cannot_be_replaced(file: Path) -> None:
    file.write_text("-- name: one\nselect 1\n", "utf-8")
    with pytest.raises(TypeError):
        load_queries(file)["one"] = "select 2"  # type: ignore[index]  # what is tested


def test_new_ids_sort_as_they_were_drawn() -> None:
    ids = [new_id() for _ in range(1_000)]
    assert ids == sorted(set(ids))
    assert {id_.version for id_ in ids} == {7}


def test_the_same_parts_give_the_same_id_on_every_machine() -> None:
    assert str(derived_id("party", 7)) == "5ea93a6c-f1ca-50b8-9b1b-a25132971a46"
    assert derived_id("party", 7) == derived_id("party", "7")
    assert derived_id("a", "bc") != derived_id("ab", "c")
