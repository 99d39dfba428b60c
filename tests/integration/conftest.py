"""One Postgres for all integration tests that need no Kafka."""

from collections.abc import Iterator

import pytest

from deploy.embedded.databases import Databases
from deploy.embedded.folder import Folder
from deploy.embedded.ports import free_port
from deploy.embedded.postgres import Postgres


@pytest.fixture(scope="session")
def postgres_folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return Folder(tmp_path_factory.mktemp("postgres"))


@pytest.fixture(scope="session")
def databases(postgres_folder: Folder) -> Iterator[Databases]:
    """Empty; `migrated(databases, "contacts")` of tests.stack adds one of a service."""
    folder = postgres_folder
    # nobody pulls its plug, and plans must not depend on when it last looked at its tables
    unsafe = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off"}
    server = Postgres(folder.path / "postgres", folder.logs, free_port(set()), folder.secret("postgres"), unsafe)
    server.prepare()
    server.start()
    yield Databases(server, folder)
    server.child.stop(10)
