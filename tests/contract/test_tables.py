"""Every table of a service says what becomes of it when a party is erased and after a restore, and the code agrees."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from shared.engine.archive import read_tables
from shared.run.discovery import SERVICES, subscriptions_of
from tests.contract.test_house_rules import ROOT
from tests.contract.test_rebuild import PROJECTIONS

CREATED = re.compile(r"^create table ([\w.]+)(?! partition of)[ (]", re.MULTILINE)
DROPPED = re.compile(r"^drop table ([\w.]+)", re.MULTILINE)
COLUMNS = re.compile(
    r"^create table ([\w.]+) \([^\S\n]*(?:--[^\n]*)?\n((?:(?!^create ).)*?)^\)", re.MULTILINE | re.DOTALL
)
ERASED = {"erasure", "tombstone", "pseudonym", "nobody"}
RESTORED = {"facts", "taken back", "rebuilt", "computed", "backup"}

Row = tuple[str, str, dict[str, Any]]


def migrations(service: str) -> str:
    folder = ROOT / "services" / service / "migrations"
    return "\n".join(path.read_text("utf-8") for path in sorted(folder.glob("*.sql")))


def created(written: str) -> set[str]:
    return set(CREATED.findall(written)) - set(DROPPED.findall(written))


def columns_of(written: str) -> dict[str, str]:
    """Of each table the lines of its columns."""
    found = dict(COLUMNS.findall(written))
    crammed = created(written) - found.keys()
    assert not crammed, (
        f"{', '.join(sorted(crammed))}: in `create table` each column stands on a line of its own, and the closing "
        "bracket begins one"
    )
    return found


def declared(service: str) -> Iterator[Row]:
    """Capability, table, and what becomes of it."""
    path = ROOT / "services" / service / "tables.yaml"
    capabilities = yaml.safe_load(path.read_text("utf-8")) if path.is_file() else {}
    for capability, tables in capabilities.items():
        for table, fates in tables.items():
            yield capability, table, fates


def handler_text(service: str, name: str) -> str:
    path = ROOT / "services" / service / "handlers" / f"{name}.py"
    return path.read_text("utf-8") if path.is_file() else ""


@pytest.mark.parametrize("service", SERVICES)
def test_every_table_says_what_becomes_of_it(service: str) -> None:
    rows = list(declared(service))
    assert sorted(table for _, table, _ in rows) == sorted(created(migrations(service))), (
        f"services/{service}/tables.yaml"
    )
    for capability, table, fates in rows:
        assert (ROOT / "services" / service / capability / "queries.sql").is_file(), f"{table}: no such capability"
        assert fates.keys() - {"archived"} == {"erased", "restored"}, table
        assert fates["erased"] in ERASED, table
        assert fates["restored"] in RESTORED, table


@pytest.mark.parametrize("service", SERVICES)
def test_an_erasure_reaches_every_table_with_personal_data(service: str) -> None:
    """A capability whose tables are emptied by the tombstone of a party has a line in the handler that takes it."""
    handler = handler_text(service, "parties")
    erasing = ROOT / "services" / service / "privacy" / "commands" / "__init__.py"
    erasure = erasing.read_text("utf-8") if erasing.is_file() else ""
    for capability, table, fates in declared(service):
        if fates["erased"] == "tombstone":
            assert "Tombstone" in handler, f"{table}: no handler of {service} takes the tombstone of a party"
            assert re.search(rf"\b{capability}\.\w+\(tx", handler), f"{table}: handlers/parties.py leaves it out"
        if fates["erased"] == "erasure":
            assert re.search(rf"\b{capability}\.forget\(tx", erasure), f"{table}: privacy/commands leaves it out"


@pytest.mark.parametrize("service", SERVICES)
def test_an_archive_reaches_every_table_that_names_a_party(service: str) -> None:
    """By columns that there are; a table whose rows belong to those of another names one that is reached itself."""
    columns, archived = columns_of(migrations(service)), read_tables(service)
    for _, table, fates in declared(service):
        if fates["erased"] != "nobody":
            assert table in archived, f"{table} holds something of parties: say where, by `archived`"
    for table, found in archived.items():
        for column in (*found.columns, *([found.key] if found.other else [])):
            assert re.search(rf"^    {column} ", columns[table], re.MULTILINE), f"{table} has no {column}"
        if found.other:
            assert found.other in archived, f"{table}: nobody is found by {found.other}"
            other = columns[found.other]
            assert re.search(rf"^    {found.other_key} ", other, re.MULTILINE), f"{found.other}: no {found.other_key}"


@pytest.mark.parametrize("service", SERVICES)
def test_a_table_of_nobody_names_no_party(service: str) -> None:
    columns = columns_of(migrations(service))
    for _, table, fates in declared(service):
        names_party = (
            re.search(r"^    (party_id|low_id|from_party_id|into_party_id) ", columns[table], re.MULTILINE) is not None
        )
        if fates["erased"] == "nobody":
            assert not names_party, f"{table} has a party_id"
        if fates["erased"] == "pseudonym":
            assert names_party, f"{table} names no party"


@pytest.mark.parametrize("service", SERVICES)
def test_after_a_restore_every_table_comes_back_as_it_says(service: str) -> None:
    recovery = handler_text(service, "recovery")
    schemas = {each.schema for each in subscriptions_of(service) if each.schema is not None}
    for capability, table, fates in declared(service):
        in_projection = table.rpartition(".")[0] in schemas
        assert (fates["restored"] == "rebuilt") == in_projection, f"{table}: tables of projections are rebuilt"
        if fates["restored"] == "taken back":
            assert re.search(rf"\b{capability}\.\w+\(tx", recovery), f"{table}: handlers/recovery.py leaves it out"


@pytest.mark.parametrize("written", ["create table a (id integer);", "create table a (\n    id integer);"])
def test_a_table_that_is_written_otherwise_is_named(written: str) -> None:
    sound = "create table b (  -- what is (not) read\n    id integer\n);\n"
    assert columns_of(sound) == {"b": "    id integer\n"}
    for both in (f"{written}\n{sound}", f"{sound}{written}\n"):
        with pytest.raises(AssertionError, match=r"^a: .* on a line of its own"):
            columns_of(both)


def test_every_projection_is_rebuilt_and_compared() -> None:
    projections = [each for service in SERVICES for each in subscriptions_of(service) if each.kind == "projection"]
    assert {each.group for each in projections} == {each.group for each in PROJECTIONS.values()}
