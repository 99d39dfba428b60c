"""`python -m shared.migrate NAME [--check]`: brings a service's database to the schema of this code.

Plain SQL files, the engine's first, then the service's, each by name and in one transaction of its own. Runs as the
owner role (`RAPPORT_DATABASE__OWNER_DSN`); the service's role gets what it needs on every schema.
"""

import argparse
import logging
import os
import sys
import time
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from yoyo import read_migrations
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend
from yoyo.connections import parse_uri
from yoyo.migrations import MigrationList, default_migration_table

from shared.errors import ConfigurationError
from shared.settings import secret_files

ROOT = Path(__file__).resolve().parent.parent
ENGINE = ROOT / "shared" / "engine" / "migrations"
_WAIT_S = 30
# Any number will do, as long as every migration of a database takes the same.
_LOCK = 7_262_018

_GRANTS = """
select nspname as schema,
       array(select relname from pg_class where relnamespace = n.oid and relkind in ('r', 'p', 'v', 'm')
             and relname not like '%yoyo%' and relowner = (select oid from pg_roles where rolname = current_user)
             order by relname) as tables,
       array(select relname from pg_class where relnamespace = n.oid and relkind = 'S'
             and relowner = (select oid from pg_roles where rolname = current_user) order by relname) as sequences
from pg_namespace n
where nspname !~ '^pg_' and nspname <> 'information_schema' and has_schema_privilege(oid, 'usage')
order by nspname
"""


class _Backend(PostgresqlPsycopgBackend):  # type: ignore[misc]
    """yoyo's, on a libpq connection string as it is: yoyo's own URLs know neither sockets nor lists of hosts."""

    conninfo = ""

    def connect(self, dburi: object) -> psycopg.Connection:
        del dburi
        return psycopg.connect(self.conninfo, autocommit=True)


def migrate(name: str, dsn: str, *, check: bool = False) -> list[str]:
    """Apply what is pending and grant; the ids that were applied, or with `check` would be.

    Waits up to 30 s for the database, and for another migration of it to end.
    """
    folders = [ENGINE, ROOT / "services" / name / "migrations"]
    with _connect(dsn) as guard:
        # Held by the session: a process that dies lets go of it, unlike a row of yoyo's lock table.
        guard.execute("select pg_advisory_lock(%s)", [_LOCK])
        with _backend(dsn) as backend:
            applied = [entry for folder in folders for entry in _apply(backend, folder, check=check)]
        if not check:
            _grant(guard, name)
    return applied


def _apply(backend: _Backend, folder: Path, *, check: bool) -> list[str]:
    """One folder at a time, since yoyo sorts by id over all that it is given."""
    known = read_migrations(str(folder)) if folder.is_dir() else MigrationList()
    pending = backend.to_apply(known)
    ids = [migration.id for migration in pending]
    if not check:
        backend.apply_migrations(pending)
    return ids


def _backend(dsn: str) -> _Backend:
    kind = type("Backend", (_Backend,), {"conninfo": dsn})
    backend: _Backend = kind(parse_uri("postgresql+psycopg://"), default_migration_table)
    backend.init_database()
    return backend


def _connect(dsn: str) -> psycopg.Connection:
    give_up = time.monotonic() + _WAIT_S
    while True:
        try:
            return psycopg.connect(make_conninfo(dsn, connect_timeout=5), autocommit=True)
        except psycopg.OperationalError as error:
            # A refused password or a missing database will not change by waiting.
            if error.sqlstate and not error.sqlstate.startswith(("08", "57")):
                raise ConfigurationError(
                    f"the database refuses RAPPORT_DATABASE__OWNER_DSN: {error.sqlstate}"
                ) from None
            if time.monotonic() > give_up:
                raise ConfigurationError(
                    f"no database answers at RAPPORT_DATABASE__OWNER_DSN within {_WAIT_S} s"
                ) from None
            time.sleep(0.2)


def _grant(connection: psycopg.Connection, role: str) -> None:
    """Reading and writing on everything that the owner has made, for the service's role if there is one."""
    if not connection.execute("select 1 from pg_roles where rolname = %s and rolname <> current_user", [role]).fetchone():
        return
    to = sql.Identifier(role)
    with connection.transaction():
        for schema, tables, sequences in connection.execute(_GRANTS).fetchall():
            within = sql.Identifier(schema)
            connection.execute(sql.SQL("grant usage on schema {} to {}").format(within, to))
            for kind, names, rights in (
                ("table", tables, "select, insert, update, delete"),
                ("sequence", sequences, "usage, select"),
            ):
                if names:
                    things = sql.SQL(", ").join(sql.Identifier(schema, name) for name in names)
                    connection.execute(
                        sql.SQL("grant {} on {} {} to {}").format(sql.SQL(rights), sql.SQL(kind), things, to)
                    )


def _owner_dsn() -> str:
    name = "RAPPORT_DATABASE__OWNER_DSN"
    dsn = os.environ.get(name) or secret_files().get(name.lower())
    if not dsn:
        raise ConfigurationError(f"{name} is not set")
    return dsn


def main(arguments: list[str]) -> int:
    """Exit status 0 if the schema is that of the code, 1 with --check if something is pending, 2 if it cannot be."""
    parser = argparse.ArgumentParser(prog="python -m shared.migrate")
    parser.add_argument("name", help="contacts, marketing, support or forecasting")
    parser.add_argument("--check", action="store_true", help="only say what is pending")
    chosen = parser.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING)
    try:
        applied = migrate(chosen.name, _owner_dsn(), check=chosen.check)
    except (ConfigurationError, psycopg.Error) as error:
        sys.stderr.write(f"{chosen.name} cannot be migrated: {error}\n")
        return 2
    verb = "pending" if chosen.check else "applied"
    sys.stdout.write(f"{chosen.name}: {verb} {', '.join(applied)}\n" if applied else f"{chosen.name}: up to date\n")
    return 1 if chosen.check and applied else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
