"""One Postgres for all integration tests that need no Kafka."""

from collections.abc import Iterator

import pytest

from deploy.embedded.databases import Databases
from deploy.embedded.folder import Folder
from deploy.embedded.ports import free_port
from deploy.embedded.postgres import Postgres


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Empty; `migrated(databases, "contacts")` of tests.stack adds one of a service."""
    folder = Folder(tmp_path_factory.mktemp("postgres"))
    logs = folder.path / "logs"
    # nobody pulls its plug, and plans must not depend on when it last looked at its tables
    unsafe = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off"}
    server = Postgres(folder.path / "postgres", logs, free_port(set()), folder.secret("postgres"), unsafe)
    server.prepare()
    server.start()
    yield Databases(server, folder)
    server.child.stop(10)
