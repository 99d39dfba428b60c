"""Settings of forecasting: `RAPPORT_FORECASTING__…`."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from pydantic import Field

from services.forecasting.fraud_forest import Newest
from services.forecasting.fraud_rules import DEFAULT, FraudRules, read_rules
from shared.events.values import TimeZone
from shared.settings import Group, HttpSettings, ServiceSettings


class ForecastingSettings(Group):
    """When models are fitted again, and on how much.

    `refit_every` is a duration of whole weeks (`P7D`, `P28D`); the cuts lie on one grid of Mondays, 00:00 UTC.
    `most_series` are forecast, those that sold most; a cut says how many it left out.
    `backtests` are the rolling origins behind a published backtest, 4 weeks apart. Where many series are new, they are
    fitted by `processes` side by side until `fitting_budget` is spent; a series has fewer origins then.
    A suggested price lies at most `price_step` of the price away from it, and at least `price_margin` of the cost above
    the cost. A reorder point suffices until the delivery after next with the probability `service_level`.
    `zone` is the operator's, and `store_zones` are those of stores elsewhere, by their names: what `zone=local` means
    where sales are added up.
    `fraud_rules` is a file that is taken instead of `fraud_rules.yaml`, `fraud_shadow` one that is tried beside it.
    """

    refit_every: timedelta = Field(default=timedelta(days=7), ge=timedelta(days=7))
    backtests: int = Field(default=6, ge=0, le=26)
    history_weeks: int = Field(default=156, ge=12, le=1040)
    most_series: int = Field(default=2000, ge=1, le=10_000)
    fitted_parties: int = Field(default=50_000, ge=100)
    processes: int = Field(default=2, ge=1, le=64)
    fitting_budget: timedelta = Field(default=timedelta(minutes=8), gt=timedelta(0))
    poll_s: float = Field(default=1.0, gt=0)
    price_step: float = Field(default=0.1, gt=0, le=0.5)
    price_margin: float = Field(default=0.05, ge=0, le=10)
    service_level: float = Field(default=0.95, ge=0.5, le=0.999)
    zone: TimeZone = "UTC"
    store_zones: dict[str, TimeZone] = Field(default={})
    fraud_rules: Path | None = None
    fraud_shadow: Path | None = None


class Settings(ServiceSettings):
    """Frozen; built once in create_app."""

    http: HttpSettings = HttpSettings(port=8104)
    forecasting: ForecastingSettings = ForecastingSettings()


class Context(NamedTuple):
    """What handlers and routes of forecasting find as `tx.context`."""

    fraud_rules: FraudRules
    newest_forest: Newest
    fraud_shadow: FraudRules | None = None
    zone: str = "UTC"
    store_zones: Mapping[str, str] = MappingProxyType({})

    def zone_of(self, store: str | None) -> str:
        """Where a store is, or the operator."""
        return self.store_zones.get(store or "", self.zone)


def create_context(settings: ForecastingSettings) -> Context:
    """Raises ConfigurationError where a file of rules cannot be used."""
    shadow = settings.fraud_shadow
    rules = read_rules(settings.fraud_rules or DEFAULT)
    read = read_rules(shadow) if shadow else None
    return Context(rules, Newest(), read, settings.zone, settings.store_zones)
