"""The rules by which frauds are found (`fraud_rules.yaml`), checked when the service starts."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from shared.errors import ConfigurationError

DEFAULT = Path(__file__).with_name("fraud_rules.yaml")
MOST_POINTS = 100
Signal = Literal[
    "party_sales_1h",
    "party_sales_24h",
    "device_sales_1h",
    "device_sales_24h",
    "card_sales_1h",
    "card_sales_24h",
    "address_sales_24h",
    "device_parties_30d",
    "card_parties_30d",
    "address_parties_30d",
    "device_cards_24h",
    "device_cards_30d",
    "coupon_parties_30d",
    "party_refunds_90d",
    "refunded_share_90d",
    "linked_refunds_90d",
    "known_sales",
    "new_party",
    "new_device",
    "new_card",
    "new_address",
    "times_usual",
    "details_changed_7d",
    "linked_frauds",
    "linked_genuine",
]
SIGNALS: tuple[Signal, ...] = get_args(Signal)
Band = Literal["low", "medium", "high"]
UNLIKE_OTHERS = "unlike_others"
"""The reason that the forest gives."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rule(_Model):
    """`points` where every input of `least` has so much or more; the first of them stands with the reason."""

    reason: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,60}$")]
    points: Annotated[int, Field(strict=True, ge=-MOST_POINTS, le=MOST_POINTS)]
    least: Annotated[dict[Signal, float], Field(min_length=1)]


class Bands(_Model):
    """The fewest points of each band; fewer are low."""

    medium: Annotated[int, Field(strict=True, ge=1, le=MOST_POINTS)]
    high: Annotated[int, Field(strict=True, ge=1, le=MOST_POINTS)]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.high <= self.medium:
            raise ValueError("high takes more points than medium")
        return self


class FraudRules(_Model):
    """Every reason is given by one rule. `forest`: the most points that an isolation forest gives to what is unlike the
    others; it is not asked where that is 0.
    """

    version: Annotated[str, Field(pattern=r"^[\w.-]{1,40}$")]
    bands: Bands
    forest: Annotated[int, Field(strict=True, ge=0, le=MOST_POINTS)] = 0
    rules: Annotated[tuple[Rule, ...], Field(min_length=1, max_length=200)]

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        reasons = [rule.reason for rule in self.rules]
        if len({*reasons}) != len(reasons):
            raise ValueError("two rules give one reason")
        if UNLIKE_OTHERS in reasons:
            raise ValueError(f"{UNLIKE_OTHERS} is the reason that the forest gives")
        return self


def read_rules(path: Path = DEFAULT) -> FraudRules:
    """The rules of a file. Raises ConfigurationError with each field that cannot be accepted."""
    try:
        read = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, RecursionError, yaml.YAMLError) as error:
        raise ConfigurationError(f"the fraud rules {path} cannot be read: {type(error).__name__}") from None
    if not isinstance(read, Mapping):
        raise ConfigurationError(f"the fraud rules {path} cannot be used: they hold no fields")
    try:
        return FraudRules.model_validate(read)
    except ValidationError as error:
        said = "; ".join(f"{'.'.join(map(str, each['loc'])) or 'rules'}: {each['msg']}" for each in error.errors())
        raise ConfigurationError(f"the fraud rules {path} cannot be used: {said}") from None
