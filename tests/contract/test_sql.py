"""Statements are named, described and laid out by one rule; only a store, or what stands for one, names their file."""

import ast
import logging
import re
from pathlib import Path

import pytest
from sqlfluff.core import FluffConfig, Linter

from shared.http.paging import LONGEST_PAGE
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


BOUND = re.compile(r"\blimit (\d+)\n\) as page\b")


def test_what_bounds_a_page_is_the_longest_one_and_one_more() -> None:
    """A literal, since the planner makes little of a limit that is an argument; see `list_waiting` of support."""
    bounds = {
        f"{relative(path)}: {name}": int(bound)
        for path in NAMED
        for name, statement in load_queries(path).items()
        for bound in BOUND.findall(statement)
    }
    assert len(bounds) >= 2
    assert {where: bound for where, bound in bounds.items() if bound != LONGEST_PAGE + 1} == {}


# Outside of services a room has no store.py: the module that keeps the room's tables.
STORES = {
    "shared/engine/actions.py",
    "shared/engine/change_log.py",
    "shared/engine/postgres.py",
    "shared/engine/postgres_relay.py",
    "shared/engine/rebuild.py",
    "shared/http/archive.py",
    "shared/http/idempotency.py",
    "shared/http/limits.py",
}


def test_only_a_store_names_its_statements() -> None:
    readers = {relative(path) for path in python("services", "shared", "tools") if _loads_statements(path)}
    assert {path for path in readers if not re.fullmatch(r"services/\w+/[\w/]+/store\.py", path)} == STORES


def _loads_statements(path: Path) -> bool:
    return path.name != "sql.py" and any(name == "load_queries" for name, _ in calls(path))


# The statements of a service's capability are its store's alone; those of the engine are shared out among its modules.
ENGINE = [path for path in NAMED if path.parts[len(ROOT.parts)] == "shared"]


@pytest.mark.parametrize("path", ENGINE, ids=relative)
def test_a_statement_is_run_by_one_module(path: Path) -> None:
    runners: dict[str, set[str]] = {name: set() for name in load_queries(path)}
    for module in python("shared", "tools"):
        for name in _statements_run(module) & runners.keys():
            runners[name].add(relative(module))
    assert {name: modules for name, modules in runners.items() if len(modules) != 1} == {}


def _statements_run(module: Path) -> set[str]:
    """The names by which a module takes statements out of a mapping of them, whatever it calls the mapping."""
    tree = ast.parse(module.read_text("utf-8"))
    mappings = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name == "SQL"
    } | {"SQL"}
    taken = [
        node.slice
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id in mappings
    ]
    named = {part.value for part in taken if isinstance(part, ast.Constant) and isinstance(part.value, str)}
    assert len({ast.dump(part) for part in taken}) == len(named), f"{relative(module)} computes the name of a statement"
    return named


@pytest.mark.parametrize("path", [path for path in NAMED if path.parts[len(ROOT.parts)] == "services"], ids=relative)
def test_a_store_stands_beside_its_statements(path: Path) -> None:
    store = path.with_name("store.py")
    assert store.is_file()
    assert _loads_statements(store)
