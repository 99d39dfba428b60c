"""`python -m shared.run.migrate NAME [--check]`: brings a service's database to the schema of this code.

Plain SQL files, the engine's first, then the service's, each by name and in one transaction of its own. Runs as the
owner role (`RAPPORT_DATABASE__OWNER_DSN`); the service's role gets what it needs on every schema.
"""

import argparse
import logging
import socket
import sys
import time
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from yoyo import read_migrations
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend
from yoyo.connections import parse_uri
from yoyo.migrations import Migration, default_migration_table

from shared.environment import check_names, read_variables
from shared.errors import ConfigurationError
from shared.ids import new_id
from shared.settings import ServiceSettings, names_of

ROOT = Path(__file__).resolve().parent.parent.parent
ENGINE = ROOT / "shared" / "engine" / "migrations"
_WAIT_S = 30
_LOCK = 7_262_018  # any number, the same for all

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
        return _connect(self.conninfo)

    def lock(self, timeout: int = 10) -> AbstractContextManager[None]:
        # `migrate` holds a lock of the session, which ends with its process.
        del timeout
        return nullcontext()

    def get_log_data(self, migration: Migration, operation: str = "apply") -> dict[str, object]:
        # yoyo itself looks up a user and a domain, which a container may not have.
        return {
            "id": str(new_id()),
            "migration_id": migration.id,
            "migration_hash": migration.hash,
            "username": self.connection.info.user,
            "hostname": socket.gethostname(),
            "created_at_utc": datetime.now(UTC).replace(tzinfo=None),
            "operation": operation,
        }


def migrate(name: str, dsn: str, *, check: bool = False) -> list[str]:
    """Apply what is pending and grant; the ids that were applied, or with `check` would be.

    Waits up to 30 s for the database, and for another migration of it to end.
    """
    if not (ROOT / "services" / name / "migrations").is_dir():
        raise ConfigurationError(f"there is no service {name}")
    folders = [ENGINE, ROOT / "services" / name / "migrations"]
    kind = type("Backend", (_Backend,), {"conninfo": dsn})
    with kind(parse_uri("postgresql+psycopg://"), default_migration_table) as backend:
        backend.execute("select pg_advisory_lock(:lock)", {"lock": _LOCK})
        applied = [entry for folder in folders for entry in _apply(backend, folder, check=check)]
        if not check:
            _grant(backend.connection, name)
    return applied


def _apply(backend: _Backend, folder: Path, *, check: bool) -> list[str]:
    # yoyo sorts by id over all that it is given, so each folder is applied by itself.
    known = read_migrations(str(folder))
    pending = backend.to_apply(known)
    ids = [migration.id for migration in pending]
    if not check:
        backend.apply_migrations(pending)
    return ids


def _connect(dsn: str) -> psycopg.Connection:
    """Tries again for 30 s whatever the reason: the server, the database or the role may still be in the making."""
    give_up = time.monotonic() + _WAIT_S
    try:
        conninfo = make_conninfo(dsn, connect_timeout=5)
    except psycopg.ProgrammingError:  # its message quotes the password
        raise ConfigurationError("RAPPORT_DATABASE__OWNER_DSN is not a connection string of Postgres") from None
    while True:
        try:
            return psycopg.connect(conninfo, autocommit=True)
        except psycopg.OperationalError as error:
            if time.monotonic() > give_up:
                reason = str(error).strip().splitlines()[-1]
                raise ConfigurationError(
                    f"RAPPORT_DATABASE__OWNER_DSN leads to no database within {_WAIT_S} s: {reason}"
                ) from None
            time.sleep(0.2)


def _grant(connection: psycopg.Connection, role: str) -> None:
    """Reading and writing on everything that the owner has made, for the service's role if there is one.

    Nobody makes temporary objects: they could stand in the way of those that a function of the owner means.
    """
    known = connection.execute("select 1 from pg_roles where rolname = %s and rolname <> current_user", [role])
    if not known.fetchone():
        return
    to = sql.Identifier(role)
    with connection.transaction():
        everybody = sql.SQL("revoke temporary on database {} from public, {}")
        connection.execute(everybody.format(sql.Identifier(connection.info.dbname), to))
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
    variables = read_variables()
    check_names(variables, names_of(ServiceSettings))
    dsn = variables.get(name)
    if not dsn:
        raise ConfigurationError(f"{name} is not set")
    return dsn


def main(arguments: list[str]) -> int:
    """Exit status 0 if the schema is that of the code, 1 with --check if something is pending, 2 if it cannot be."""
    parser = argparse.ArgumentParser(prog="python -m shared.run.migrate")
    parser.add_argument("name", help="a folder of services/, such as contacts")
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
