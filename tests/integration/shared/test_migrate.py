"""Migrations on a real Postgres: once each, the engine's first, by the owner, for the service's role."""

import os
import re
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from shared.errors import ConfigurationError
from shared.run import migrate as subject
from shared.run.migrate import migrate
from tests.integration.shared.conftest import Base

TRICKY = """-- A comment; with a semicolon.
create schema history_v1;
create table history_v1.line (id bigint generated always as identity, note text default 'a;b');
create view line as select * from history_v1.line;
create function touch() returns trigger language plpgsql as $$
begin
    if new.note = 'x;y' then
        new.note := $q$quoted; 100%$q$;
    end if;
    return new;
end;
$$;
create trigger touch before insert on history_v1.line for each row execute function touch();
do $body$ begin perform 1; perform 2; end $body$;
insert into history_v1.line (note) values ('50% of ''it'''), ('x;y');
"""


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """The engine's and the service's migrations, empty."""
    engine, service = tmp_path / "engine", tmp_path / "services" / "support" / "migrations"
    engine.mkdir()
    service.mkdir(parents=True)
    monkeypatch.setattr(subject, "ENGINE", engine)
    monkeypatch.setattr(subject, "ROOT", tmp_path)
    return engine, service


def test_the_real_ones_apply_once(database: Base) -> None:
    applied = migrate("support", database.owner)
    assert applied[0] == "0001_engine"
    assert len(applied) > 1
    assert migrate("support", database.owner) == []
    with psycopg.connect(database.service) as connection:
        connection.execute("insert into idempotency (key, operation, request_hash) values ('k', 'o', 'h')")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("drop table idempotency")


def test_the_engine_comes_first_whatever_the_names(folders: tuple[Path, Path], database: Base) -> None:
    engine, service = folders
    (engine / "0009_engine.sql").write_text("create table base (id int primary key);")
    (service / "0001_first.sql").write_text("create table further (id int references base);")
    (service / "0002_second.sql").write_text("alter table further add column note text;")
    assert migrate("support", database.owner, check=True) == ["0009_engine", "0001_first", "0002_second"]
    assert migrate("support", database.owner) == ["0009_engine", "0001_first", "0002_second"]
    (engine / "0010_engine.sql").write_text("alter table base add column note text;")
    assert migrate("support", database.owner) == ["0010_engine"]


def test_bodies_of_functions_and_text_stay_whole(folders: tuple[Path, Path], database: Base) -> None:
    (folders[1] / "0001_tricky.sql").write_text(TRICKY)
    migrate("support", database.owner)
    with psycopg.connect(database.service) as connection:
        connection.execute("insert into history_v1.line (note) values ('x;y')")
        rows = connection.execute("select id, note from line order by id").fetchall()
    assert rows == [(1, "50% of 'it'"), (2, "quoted; 100%"), (3, "quoted; 100%")]


def test_one_that_fails_leaves_nothing_of_itself(folders: tuple[Path, Path], database: Base) -> None:
    (folders[1] / "0001_good.sql").write_text("create table good (id int);")
    broken = folders[1] / "0002_broken.sql"
    broken.write_text("create table half (id int); select 1/0;")
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate("support", database.owner)
    broken.write_text("create table half (id int);")
    assert migrate("support", database.owner) == ["0002_broken"]


def test_replicas_that_start_together_do_not_collide(database: Base) -> None:
    with ThreadPoolExecutor(3) as replicas:
        results = list(replicas.map(lambda _: migrate("support", database.owner), range(3)))
    assert sorted(map(len, results))[:2] == [0, 0]
    assert any(results)


def test_a_database_that_is_not_up_yet_is_waited_for(database: Base) -> None:
    with psycopg.connect(database.superuser.replace("/support", "/postgres"), autocommit=True) as connection:
        connection.execute("alter role support_owner connection limit 0")
        later = threading.Timer(0.5, lambda: connection.execute("alter role support_owner connection limit -1"))
        later.start()
        assert migrate("support", database.owner)
        later.join()


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("support", ("support_owner:secret@", "support_owner:hunter2@"), "password authentication failed"),
        ("support", ("/support$", "/elsewhere"), "elsewhere.* does not exist"),
        ("support", ("postgresql://", "hunter2://"), "not a connection string"),
        ("suport", ("", ""), "no service suport"),
    ],
)
def test_what_is_wrong_is_said_without_secrets(
    name: str, change: tuple[str, str], says: str, database: Base, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject, "_WAIT_S", 0.3)
    with pytest.raises(ConfigurationError, match=says) as refused:
        migrate(name, re.sub(*change, database.owner))
    assert "hunter2" not in str(refused.value)
    assert "secret" not in str(refused.value)


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "shared.run.migrate", *arguments],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_checks_applies_and_finds_nothing_left(database: Base, tmp_path: Path) -> None:
    (tmp_path / "rapport_database__owner_dsn").write_text(database.owner + "\n")
    by_file, by_variable = {"RAPPORT_SECRETS_DIR": str(tmp_path)}, {"RAPPORT_DATABASE__OWNER_DSN": database.owner}
    pending = command("support", "--check", **by_variable)
    assert (pending.returncode, pending.stdout.split(",")[0]) == (1, "support: pending 0001_engine")
    assert command("support", **by_file).returncode == 0
    assert command("support", "--check", **by_variable).stdout == "support: up to date\n"


def test_the_command_names_the_variable_that_is_missing() -> None:
    failed = command("support")
    assert failed.returncode == 2
    assert failed.stderr == "support cannot be migrated: RAPPORT_DATABASE__OWNER_DSN is not set\n"
