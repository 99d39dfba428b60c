"""Waiting for a machine's work."""

import os

import pytest

from tests import patience
from tests.patience import Patience


@pytest.mark.parametrize(("load", "lasting"), [(0.0, [89, 1]), (2.0, [89, 1]), (16.0, [89, 600, 30, 1])])
def test_a_second_counts_for_what_could_be_done_in_it(
    load: float, lasting: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = 1_000.0
    monkeypatch.setattr(patience, "monotonic", lambda: moment)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(os, "getloadavg", lambda: (load, 0.0, 0.0))
    waiting = Patience(90)
    answers = []
    for seconds in lasting:
        moment += seconds
        answers.append(waiting.lasts)
    assert answers == [True] * (len(lasting) - 1) + [False]
