"""One running system for all of these tests: embedded, and where Docker answers also with containers."""

from collections.abc import AsyncIterator, Iterator

import pytest

from deploy.embedded import EmbeddedStack
from tests.e2e.client import Client
from tests.stack import KIND, make_stack, started

KINDS = ["embedded", pytest.param("containers", marks=pytest.mark.containers)] if KIND == "embedded" else ["containers"]


@pytest.fixture(scope="package", params=KINDS)
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStack]:
    env = {"RAPPORT_KAFKA__SESSION_TIMEOUT_MS": "6000"}
    with started(make_stack(tmp_path_factory.mktemp(request.param), request.param, env=env)) as running:
        yield running


@pytest.fixture
async def client(stack: EmbeddedStack) -> AsyncIterator[Client]:
    async with Client(stack.bootstrap, {service: stack.url(service) for service in stack.services}) as connected:
        yield connected
