"""The catalogue of metrics: each described, in seconds, records or events, without a label that could hold an id."""

import pytest
from prometheus_client import Counter, Gauge, Histogram

from shared.telemetry import metrics

CATALOGUE = {name: value for name, value in vars(metrics).items() if isinstance(value, Counter | Gauge | Histogram)}
LABELS = {"service", "group", "topic", "outcome", "timer", "worker", "method", "route", "status", "version"}


@pytest.mark.parametrize("metric", CATALOGUE.values(), ids=CATALOGUE)
def test_a_metric_is_described_and_labelled_by_kinds(metric: Counter | Gauge | Histogram) -> None:
    assert metric._name.startswith("rapport_")
    assert metric._documentation.endswith(".")
    assert set(metric._labelnames) <= LABELS


def test_records_count_by_outcome() -> None:
    handled = metrics.RECORDS.labels("contacts.ingest", "crm.ingest", "handled")
    before = handled._value.get()
    handled.inc(500)
    assert handled._value.get() == before + 500
