"""Kafka and Postgres for tests, embedded or in containers: `TEST_STACK=embedded|containers`.

A conftest that wants the shared servers imports the fixture: `from tests.stack import servers  # noqa: F401`.
"""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from deploy.embedded import EmbeddedStack
from deploy.embedded.databases import Databases
from shared.run.migrate import migrate
from tests import containers

KIND = os.environ.get("TEST_STACK") or "embedded"


def make_stack(folder: Path, kind: str = KIND, **options: Any) -> EmbeddedStack:
    """Not started yet; `options` as for EmbeddedStack. Skips the test, with the reason, where Docker is no help."""
    if kind == "embedded":
        return EmbeddedStack(folder, **options)
    if kind != "containers":
        raise ValueError(f"TEST_STACK={kind}: use embedded or containers")
    if reason := containers.why_not():
        pytest.skip(f"the containers part was not run: {reason}")
    return containers.ContainerStack(folder, **options)


@contextmanager
def started(stack: EmbeddedStack) -> Iterator[EmbeddedStack]:
    """Up inside the body. For fixtures that are not async themselves."""
    try:
        asyncio.run(stack.start())
        yield stack
    finally:
        asyncio.run(stack.stop())


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStack]:
    """Kafka with its topics, and Postgres; `await servers.ensure_databases("contacts")` adds a migrated database."""
    with started(make_stack(tmp_path_factory.mktemp("servers"), services=())) as stack:
        yield stack


def migrated(databases: Databases, service: str) -> str:
    """Makes the service's database as it is in operation; answers with its owner's DSN, since tests truncate.

    For fixtures that are not async themselves.
    """
    asyncio.run(databases.ensure([service]))
    migrate(service, databases.owner_dsn(service))
    return databases.owner_dsn(service)
