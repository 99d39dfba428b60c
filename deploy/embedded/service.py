"""One process of a service, migrated first and told by its environment where everything is."""

import hashlib
import http.client
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from deploy.embedded.databases import Databases
from deploy.embedded.ports import HOST
from deploy.embedded.process import ROOT, Child
from deploy.errors import StartError

_START_WITHIN = 60  # seconds


class Service:
    """Blocking. Of one service there may be several, each with a name and a port of its own."""

    def __init__(self, service: str, name: str, port: int, environment: Mapping[str, str], logs: Path) -> None:
        self.service = service
        self.port = port
        self.url = f"http://{HOST}:{port}"
        self._environment = {**environment, "RAPPORT_HTTP__HOST": HOST, "RAPPORT_HTTP__PORT": str(port)}
        self.child = Child(name, logs / f"{name}.log")

    def start(self, env: Mapping[str, str] | None = None) -> None:
        """Returns when /readyz says 200. `env` holds for this start only. Raises StartError."""
        environment = {**os.environ, **self._environment, **(env or {})}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # or each start compiles all of our code: a fifth of its time
        self.child.start((sys.executable, "-m", "shared.run.serve", self.service), environment)
        self.child.wait_ready(self.is_ready, _START_WITHIN, every=0.1)

    def is_ready(self) -> bool:
        """Whether this process, and no other on its port, says that it is."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=2)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == http.HTTPStatus.OK and self.child.listens_on(self.port)
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def migrations_mark(service: str) -> str:
    """Changes with every file that migrations are made of."""
    digest = hashlib.sha256()
    for folder in (ROOT / "shared" / "engine" / "migrations", ROOT / "services" / service / "migrations"):
        for file in sorted(folder.glob("*.sql")):
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return f"rapport migrations {digest.hexdigest()[:32]}"


def migrate(service: str, databases: Databases, logs: Path) -> None:
    """Brings the service's database to the newest schema. Raises StartError with the end of its log."""
    child = Child(f"{service}-migrate", logs / f"{service}-migrate.log")
    environment = {**os.environ, "RAPPORT_DATABASE__OWNER_DSN": databases.owner_dsn(service)}
    child.start((sys.executable, "-m", "shared.run.migrate", service), environment)
    if child.wait() != 0:
        raise StartError(f"The migrations of {service} failed.\n{child.end_of_log()}")
