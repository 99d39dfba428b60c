"""One running contacts for all clients of other languages and all generated ones."""

from collections.abc import AsyncIterator, Iterator

import pytest

from deploy.embedded import EmbeddedStack
from tests.e2e.client import Client
from tests.stack import make_stack, started


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStack]:
    with started(make_stack(tmp_path_factory.mktemp("interop"), services=("contacts",))) as running:
        yield running


@pytest.fixture
async def outside(stack: EmbeddedStack) -> AsyncIterator[Client]:
    async with Client(stack.bootstrap, {"contacts": stack.url("contacts")}) as connected:
        yield connected
