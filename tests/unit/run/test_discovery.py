"""What a front is told of services."""

import pytest

from shared.run import discovery


def test_a_front_is_told_of_the_services_that_its_settings_ask_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting that a front does not know would keep it from starting."""
    asked = discovery.shown_by("console")
    assert {"contacts", "marketing"} <= set(asked)
    monkeypatch.setattr(discovery, "SERVICES", (*discovery.SERVICES, "greeting"))
    assert discovery.shown_by("console") == asked
