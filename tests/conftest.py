"""For all tests: how two workers share them, how many examples a property has, and that none is judged by speed.

In CI the examples are the same each time, so that a change is judged by what it changes; elsewhere they are new.
"""

import os

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

settings.register_profile(
    "rapport",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    max_examples=int(os.environ.get("PROPERTY_EXAMPLES", "100")),
    derandomize="CI" in os.environ,
    print_blob=True,
)
settings.load_profile("rapport")

WHOLE = ("tests/integration/engine/", "tests/browser/", "tests/e2e/", "tests/interop/")
"""Folders whose files share a stack and what they leave on it: one worker runs them, in their order."""
LONGEST = (
    "tests/contract/test_http.py",
    "tests/integration/test_bench.py",
    "tests/integration/engine/",
    "tests/faults/test_under_faults.py",
    "tests/faults/test_restore.py",
    "tests/browser/",
)
"""What is begun with, so that the workers end together."""
ON_A_NEW_SYSTEM = "tests/e2e/test_readme.py"
"""Before others of its folder: the README is read by people whose system has done nothing yet."""


def piece_of(nodeid: str) -> str:
    """What is never shared between two workers: a file, or a whole folder."""
    file = nodeid.partition("::")[0]
    return next((folder for folder in WHOLE if file.startswith(folder)), file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """For `-n 2 --dist loadfile`."""
    if config.getvalue("dist") != "loadfile":
        return None
    config.option.loadscopereorder = False  # the number of its tests says little about how long a file takes
    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = piece_of
    return scheduler


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {piece: place for place, piece in enumerate(LONGEST)}
    items.sort(
        key=lambda item: (
            places.get(piece_of(item.nodeid), len(places)),
            not item.nodeid.startswith(ON_A_NEW_SYSTEM),
        )
    )
