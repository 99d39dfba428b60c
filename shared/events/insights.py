"""`crm.insights`: forecasts and trends, keyed by series; scores, frauds, actions, by party; warnings, by both.

What is suggested for products stands in `suggestions.py`.
"""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from shared.events.contract import contract
from shared.events.erasure import Forgotten
from shared.events.money import Money
from shared.events.topic import topic
from shared.events.values import Instant

INSIGHTS = topic(
    "crm.insights",
    owner="forecasting",
    about="Forecasts, trends, scores, warnings, frauds, prices, orders and what to do next.",
    cleanup="keep",
    key="the party id; the series for forecasts, trends and warnings of what is sold; the SKU for prices and orders;"
    " the name of a model",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastPoint:
    """One bucket ahead; `at` is its start, amounts in the series' unit."""

    at: Instant
    mean: float
    lo80: float
    hi80: float
    lo95: float
    hi95: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """Quality over rolling origins, beside the naive forecast; coverages are shares from 0 to 1."""

    mase: float
    smape: float
    coverage80: float
    coverage95: float
    baseline_mase: float


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorUsed:
    """A series of `crm.indicators` that a forecast rests on: how much of what it adds is put on, from 0 to 1, and what
    that is in all weeks together, in the forecast's unit.
    """

    series: str
    weight: float
    effect: float


@contract(INSIGHTS, "crm.forecast.published.v1", key="series", subject="forecast/{forecast_id}", minor=1)
@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastPublished:
    """A forecast of one series made at `cut`; never rewritten, a newer one names it in `supersedes`."""

    forecast_id: UUID
    series: str
    cut: Instant
    horizon: int
    unit: str
    points: list[ForecastPoint]
    model: str
    recorded_at: Instant
    backtest: Backtest | None = None
    supersedes: UUID | None = None
    indicator: IndicatorUsed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """What one input had and what it added to the score."""

    input: str
    value: float
    effect: float | None = None


@contract(INSIGHTS, "crm.score.computed.v1", key="party_id", subject="party/{party_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreComputed:
    """A score of a party as of `as_of`, with its inputs and the model that made it."""

    party_id: UUID
    score: str
    value: float
    band: str
    model: str
    as_of: Instant
    contributions: list[Contribution]
    recorded_at: Instant


@contract(INSIGHTS, "crm.warning.raised.v1", key="about", subject="warning/{warning_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class WarningRaised:
    """Something may go wrong, or does: said once, until `warning.cleared`. `about` is the party's id, or the series.

    `contributions` are what was known before `as_of`, of which `model` made it. `severity` is from 0 to 1, as each
    `kind` has it. `until`: by then what it foretells has come or not.
    """

    warning_id: UUID
    kind: str
    about: str
    severity: float
    as_of: Instant
    contributions: list[Contribution]
    recorded_at: Instant
    until: Instant | None = None
    model: str | None = None
    party_id: UUID | None = None
    sku: str | None = None


@contract(INSIGHTS, "crm.warning.cleared.v1", key="about", subject="warning/{warning_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class WarningCleared:
    """It is over: `because` the party `bought` or `used_again`, it `came_true`, or what it told of is `over`.

    `lead_days` of one that came true: how much earlier it was than a rule that waits until the harm is done.
    """

    warning_id: UUID
    kind: str
    about: str
    because: str
    recorded_at: Instant
    lead_days: int | None = None
    party_id: UUID | None = None
    sku: str | None = None


@contract(INSIGHTS, "crm.trend.detected.v1", key="series", subject="trend/{trend_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class TrendDetected:
    """What is sold changes, since the week of `since`: said once, until `trend.cleared`. `change` is by how much of
    itself the series lies off, `chance` the probability of that without a trend.
    """

    trend_id: UUID
    series: str
    kind: str
    change: float
    chance: float
    since: Instant
    as_of: Instant
    contributions: list[Contribution]
    model: str
    recorded_at: Instant
    sku: str | None = None


@contract(INSIGHTS, "crm.trend.cleared.v1", key="series", subject="trend/{trend_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class TrendCleared:
    """It is `over`, it `turned`, or it has lasted so long that it is what is usual: `settled`."""

    trend_id: UUID
    series: str
    kind: str
    because: str
    recorded_at: Instant
    sku: str | None = None


@contract(INSIGHTS, "crm.model.promoted.v1", key="model", subject="promotion/{promotion_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPromoted:
    """Somebody chose which model of a name is used: that of `cut`, or the newest of each cut where that is null.

    Of two the higher `version` holds.
    """

    promotion_id: UUID
    model: str
    promoted_by: str
    version: int
    recorded_at: Instant
    cut: Instant | None = None


@contract(INSIGHTS, "crm.fraud.assessed.v1", key="party_id", subject="sale/{sale_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class FraudAssessed:
    """How much a sale, or a refund of it, looks like fraud: `points` from 0 to 100 by `rules`, and the `band` of them.

    `event_id` is the `ce_id` of what was assessed. `contributions` are the rules that counted, and what the isolation
    forest of the version `forest` gave, with the inputs that were unlike those of others.
    Each sale is told that says how it was ordered or paid; of others and of refunds only what is no low risk.
    """

    assessment_id: UUID
    fact: Literal["sale", "refund"]
    event_id: UUID
    party_id: UUID
    origin: str
    sale_id: str
    points: int
    band: Literal["low", "medium", "high"]
    contributions: list[Contribution]
    rules: str
    recorded_at: Instant
    forest: str | None = None


@contract(INSIGHTS, "crm.fraud.judged.v1", key="party_id", subject="sale/{sale_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class FraudJudged:
    """A person said what an assessed sale or refund was; of two verdicts that of the higher `version` holds."""

    assessment_id: UUID
    event_id: UUID
    party_id: UUID
    origin: str
    sale_id: str
    verdict: Literal["fraud", "genuine"]
    points: int
    band: Literal["low", "medium", "high"]
    judged_by: str
    version: int
    recorded_at: Instant


@contract(INSIGHTS, "crm.action.suggested.v1", key="party_id", subject="action/{action_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class ActionSuggested:
    """What to do next about a party: `bought_again`, `goes_with` (of `because_of`) or `win_back`, by the product `sku`.

    `expected`: what it brings on average, in the minor unit of `value`; the product of its `contributions`.
    """

    action_id: UUID
    party_id: UUID
    action: str
    sku: str
    expected: float
    value: Money
    contributions: list[Contribution]
    expires_at: Instant
    recorded_at: Instant
    because_of: str | None = None


@contract(INSIGHTS, "crm.action.accepted.v1", key="party_id", subject="action/{action_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class ActionAccepted:
    """A suggestion is being followed, and not made again for 28 days."""

    action_id: UUID
    party_id: UUID
    action: str
    sku: str
    answered_by: str
    recorded_at: Instant


@contract(INSIGHTS, "crm.action.declined.v1", key="party_id", subject="action/{action_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class ActionDeclined:
    """A suggestion is not followed, and not made again for 28 days."""

    action_id: UUID
    party_id: UUID
    action: str
    sku: str
    answered_by: str
    recorded_at: Instant


@contract(INSIGHTS, "crm.erasure.confirmed.v1", key="party_id", subject="party/{party_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureConfirmed(Forgotten):
    """The service has forgotten an erased party; see there what it counts."""
