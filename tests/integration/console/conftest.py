"""What the console's pages need beside its code."""

import pytest

from deploy.assets.fetch import fetch_assets


@pytest.fixture(scope="session", autouse=True)
def _assets() -> None:
    """As `make run` lays them."""
    fetch_assets(print)
