"""What a sale or refund has in common with others, the points that rules give for it, and what is said of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.forecasting.fraud_forest import Forest, inputs_of
from services.forecasting.fraud_rules import MOST_POINTS, UNLIKE_OTHERS, Band, FraudRules, Signal
from shared.engine.event import Emission, Event, caused_id
from shared.events.insights import Contribution, FraudAssessed, FraudJudged
from shared.events.sales import SaleCompleted, SaleRefunded

Signals = dict[Signal, float]
Verdict = Literal["fraud", "genuine"]
Fact = Event[SaleCompleted | SaleRefunded]


@dataclass(frozen=True, slots=True)
class Points:
    """By one version of the rules: the sum, its band, and each rule that counted, with what its first input had.

    `forest` is the version of the one that was asked, if any.
    """

    rules: str
    points: int
    band: Band
    reasons: tuple[Contribution, ...]
    forest: str | None = None


@dataclass(frozen=True, slots=True)
class Assessment:
    """Of one event. `shadow` is what other rules would have said, which nobody acts on."""

    event: Fact
    told: Points
    shadow: Points | None = None

    @property
    def assessment_id(self) -> UUID:
        """Only few are told, and so need one."""
        return caused_id(self.event, "fraud")

    @property
    def kind(self) -> Literal["sale", "refund"]:
        return "sale" if isinstance(self.event.data, SaleCompleted) else "refund"


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict of a person on an assessment."""

    assessment_id: UUID
    event_id: UUID
    party_id: UUID
    origin: str
    sale_id: str
    points: int
    band: Band
    verdict: Verdict
    judged_by: str
    judged_at: datetime
    version: int


def add_points(rules: FraudRules, signals: Signals, forest: Forest | None = None) -> Points:
    """The points of every rule whose inputs all reach their bounds, and of the forest, from 0 to MOST_POINTS."""
    reasons = []
    for rule in rules.rules:
        for name, least in rule.least.items():
            if signals.get(name, 0.0) < least:
                break  # as most of them do for most sales, each of which all rules are asked of
        else:
            value = signals.get(next(iter(rule.least)), 0.0)
            reasons.append(Contribution(input=rule.reason, value=round(value, 4), effect=float(rule.points)))
    asked = forest if rules.forest else None
    if asked is not None:
        reasons += _ask(asked, rules.forest, signals)
    points = min(max(int(sum(one.effect or 0 for one in reasons)), 0), MOST_POINTS)
    bands = rules.bands
    band: Band = "high" if points >= bands.high else "medium" if points >= bands.medium else "low"
    return Points(rules.version, points, band, tuple(reasons), asked.version if asked else None)


def _ask(forest: Forest, most: int, signals: Signals) -> list[Contribution]:
    """What the forest gives to what is odd, and the inputs that make it so, which give nothing by themselves."""
    inputs = inputs_of(signals)
    anomaly = forest.anomaly(inputs)
    points = round(most * forest.share(anomaly))
    if points == 0:
        return []
    return [
        Contribution(input=UNLIKE_OTHERS, value=round(anomaly, 4), effect=float(points)),
        *(Contribution(input=name, value=round(signals[name], 4), effect=0.0) for name in forest.explain(inputs)),
    ]


def names_payment(event: Fact) -> bool:
    """Whether a sale says how it was ordered or paid: whoever tells that waits for the answer, whatever it is."""
    data = event.data
    return isinstance(data, SaleCompleted) and not (data.device is data.card_hash is data.ship_to is None)


def is_told(one: Assessment) -> bool:
    """Whatever is no low risk, and each sale that says how it was ordered or paid."""
    bands = {one.told.band, one.shadow.band if one.shadow else "low"}
    return names_payment(one.event) or bands != {"low"}


def announce_assessments(told: Sequence[Assessment]) -> list[Emission]:
    """Those that only rules in shadow would tell are kept, and not said."""
    return [
        Emission(_said(one), one.event.now, one.event, caused_id(one.event, "fraud.assessed"), one.event.partition)
        for one in told
        if one.told.band != "low" or names_payment(one.event)
    ]


def _said(one: Assessment) -> FraudAssessed:
    data = one.event.data
    return FraudAssessed(
        assessment_id=one.assessment_id,
        fact=one.kind,
        event_id=UUID(one.event.id),
        party_id=data.party_id,
        origin=data.origin,
        sale_id=data.sale_id,
        points=one.told.points,
        band=one.told.band,
        contributions=list(one.told.reasons),
        rules=one.told.rules,
        forest=one.told.forest,
        recorded_at=one.event.now,
    )


def announce_verdict(judged: Judged) -> Emission:
    said = FraudJudged(
        assessment_id=judged.assessment_id,
        event_id=judged.event_id,
        party_id=judged.party_id,
        origin=judged.origin,
        sale_id=judged.sale_id,
        verdict=judged.verdict,
        points=judged.points,
        band=judged.band,
        judged_by=judged.judged_by,
        version=judged.version,
        recorded_at=judged.judged_at,
    )
    return Emission(said, judged.judged_at)
