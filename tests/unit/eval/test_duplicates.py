"""Ours beside its peers on one set."""

import pytest

from eval.dirty import write_down
from eval.duplicates import _measure_set
from eval.labelled import Labelled
from services.contacts.matching.domain.traits import read_traits


@pytest.mark.slow
def test_a_peer_that_cannot_be_trained_on_a_set_leaves_the_others_measured(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody's birthday is known, so that splink finds no pairs to begin with."""
    pytest.importorskip("splink")
    records = []
    for each in write_down(60, 1):
        given, _, family = each.name.rpartition(" ")
        plain = {"given": given, "family": family, "birth": None, "street": each.street, "postal": each.postal}
        rest = {"town": each.town, "email": None, "phone": None}
        traits = read_traits(name=each.name, lines=[each.street], postal=each.postal, town=each.town)
        records.append(Labelled(traits, each.truth, plain | rest))

    rows = _measure_set("no birthdays", records)

    assert {row.peer for row in rows} == {"exact name and birth date", None}
    assert "splink cannot be trained on no birthdays, and is left out" in capsys.readouterr().err
