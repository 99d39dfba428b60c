"""Statements are named, described and laid out by one rule; only a store, or what stands for one, names their file."""

import logging
import re
from pathlib import Path

import pytest
from sqlfluff.core import FluffConfig, Linter

from shared.sql import load_queries
from tests.contract.test_house_rules import ROOT, calls, python, tracked

FILES = tracked("*.sql")
NAMED = [path for path in FILES if "-- name: " in path.read_text("utf-8")]
logging.getLogger("sqlfluff").setLevel(logging.WARNING)  # a failure would show the whole tree of every statement
LINTER = Linter(FluffConfig.from_root(overrides={"nocolor": True}))
NAME = re.compile(r"^-- name: \w+\n", re.MULTILINE)


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", NAMED, ids=relative)
def test_every_statement_is_described(path: Path) -> None:
    silent = [name for name, statement in load_queries(path).items() if not re.match(r"-- \S+ \S+", statement)]
    assert silent == []


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_sql_is_laid_out_as_sqlfluff_has_it(path: Path) -> None:
    """A named statement needs no semicolon for the driver, but sqlfluff does, to see where the next one begins."""
    text = path.read_text("utf-8")
    begins = [found.start() for found in NAME.finditer(text)] or [0]
    parts = [text[begin:end].rstrip().removesuffix(";") for begin, end in zip(begins, [*begins[1:], None], strict=True)]
    head = text[: begins[0]]
    linted = LINTER.lint_string(head + ";\n\n".join(parts) + ";\n", fname=relative(path))
    assert [f"{each.line_no}: {each.rule_code()} {each.desc()}" for each in linted.get_violations()] == []


# Outside of services a room has no store.py: the module that keeps the room's tables.
STORES = {
    "shared/engine/postgres.py",
    "shared/engine/postgres_relay.py",
    "shared/engine/rebuild.py",
    "shared/http/idempotency.py",
}


def test_only_a_store_names_its_statements() -> None:
    readers = {relative(path) for path in python("services", "shared", "tools") if _loads_statements(path)}
    assert {path for path in readers if not re.fullmatch(r"services/\w+/[\w/]+/store\.py", path)} == STORES


def _loads_statements(path: Path) -> bool:
    return path.name != "sql.py" and any(name == "load_queries" for name, _ in calls(path))


@pytest.mark.parametrize("path", [path for path in NAMED if path.parts[len(ROOT.parts)] == "services"], ids=relative)
def test_a_store_stands_beside_its_statements(path: Path) -> None:
    store = path.with_name("store.py")
    assert store.is_file()
    assert _loads_statements(store)
