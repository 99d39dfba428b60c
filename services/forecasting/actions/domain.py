"""What to do next about a party: of each offer the chance that it is taken, times what it is worth."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.forecasting.cross_sell.domain import Advice, Offer
from services.forecasting.cuts.domain import instant, week_of
from shared.engine.event import Emission
from shared.events.insights import ActionAccepted, ActionDeclined, ActionSuggested, Contribution
from shared.events.money import Money
from shared.ids import dated_id

SHOWN = 3
LATEST = UUID(int=2**128 - 1)
"""Before which every suggestion is, in the order of lists."""
STANDS = timedelta(days=14)
"""After that a suggestion has expired, and the same may be suggested again."""
LEFT_OUT = timedelta(days=28)
"""So long nothing is suggested again that was accepted or declined."""
Kind = str
"""As cross-sell has the reasons of its offers, or WIN_BACK."""
WIN_BACK: Kind = "win_back"
UNUSUAL, LIKELY_LOST = 0.1, 0.5
"""A party is to be won back whose gaps are longer than its silence with no more than the first probability, and that
buys nothing in the next 28 days with the second one or more."""


@dataclass(frozen=True, slots=True)
class Known:
    """Of a party and of all: `buys` is the chance that the party buys at all in the next 28 days, None where no model
    knows; `prices` are what a unit of a product is sold for in `currency`, the party's own; `answers` how many
    suggestions of a kind were accepted, and how many answered; `left_out` are kinds and products answered of late;
    `longer` is the probability that a gap of the party is longer than its silence, None where its gaps are too few.
    """

    advice: Advice
    buys: float | None
    currency: str | None
    prices: Mapping[str, int]
    answers: Mapping[Kind, tuple[int, int]]
    left_out: Collection[tuple[Kind, str]]
    longer: float | None = None

    @property
    def silent(self) -> bool:
        """Whether the party is to be won back, and nobody answered that of late."""
        unusual = self.longer is not None and self.longer <= UNUSUAL
        leaves = self.buys is not None and 1 - self.buys >= LIKELY_LOST
        return unusual and leaves and all(kind != WIN_BACK for kind, _ in self.left_out)


@dataclass(frozen=True, slots=True)
class Action:
    """`expected` is what it brings on average, in the minor unit of `value`; `reasons` are its factors."""

    action_id: UUID
    party_id: UUID
    kind: Kind
    sku: str
    because_of: str | None
    expected: float
    value: Money
    reasons: tuple[Contribution, ...]
    suggested_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Answered:
    """What a person made of a suggestion."""

    action_id: UUID
    party_id: UUID
    kind: Kind
    sku: str
    agent: str
    accepted: bool


@dataclass(frozen=True, slots=True)
class Suggestions:
    """The best first. Where there are none, `none_because` says why."""

    actions: Sequence[Action]
    none_because: str | None = None


def suggest(party_id: UUID, known: Known, now: datetime) -> Suggestions:
    """The SHOWN that bring most. Nothing is suggested whose chance or worth is not known. A party that is to be won
    back is so with what is worth most to it, which is then not offered for another reason.
    """
    if known.advice.none_because is not None:
        return Suggestions((), known.advice.none_because)
    if known.buys is None:
        return Suggestions((), "no model of purchases has been fitted yet")
    out = known.left_out
    offers = [one for one in known.advice.offers if (one.reason, one.sku) not in out and (WIN_BACK, one.sku) not in out]
    if not offers:
        return Suggestions((), "what could be offered was answered of late")
    priced = [
        (one, Money(minor=price, currency=known.currency))
        for one in offers
        if known.currency and (price := known.prices.get(one.sku, 0)) > 0
    ]
    if not priced:
        return Suggestions((), "what a unit is sold for is not known in the party's currency")
    best = max(priced, key=lambda one: one[0].probability * one[1].minor)[0].sku if known.silent else None
    found = [
        _weigh(party_id, one, WIN_BACK if one.sku == best else one.reason, known, known.buys, value, now)
        for one, value in priced
    ]
    return Suggestions(sorted(found, key=lambda one: (-one.expected, one.sku, one.kind))[:SHOWN])


def _weigh(party_id: UUID, offer: Offer, kind: Kind, known: Known, buys: float, value: Money, now: datetime) -> Action:
    """Who is won back would have bought nothing; who is offered something has to buy at all."""
    matters, chance = ("buys_nothing_within_28_days", 1 - buys) if kind == WIN_BACK else ("buys_within_28_days", buys)
    accepted, answered = known.answers.get(kind, (0, 0))
    taken = (accepted + 1) / (answered + 2)
    week = week_of(now.date())
    return Action(
        dated_id(int(instant(week).timestamp() * 1000), "action", party_id, kind, offer.sku, week),
        party_id,
        kind,
        offer.sku,
        offer.because_of,
        round(offer.probability * chance * taken * value.minor, 3),
        value,
        (
            Contribution(input="probability", value=round(offer.probability, 6)),
            Contribution(input=matters, value=round(chance, 6)),
            Contribution(input="accepted_of_its_kind", value=round(taken, 6)),
            Contribution(input="value", value=float(value.minor)),
        ),
        now,
        now + STANDS,
    )


def announce_suggested(action: Action) -> Emission:
    said = ActionSuggested(
        action_id=action.action_id,
        party_id=action.party_id,
        action=action.kind,
        sku=action.sku,
        because_of=action.because_of,
        expected=action.expected,
        value=action.value,
        contributions=list(action.reasons),
        expires_at=action.expires_at,
        recorded_at=action.suggested_at,
    )
    return Emission(said, action.suggested_at)


def announce_answer(answered: Answered, now: datetime) -> Emission:
    said = (ActionAccepted if answered.accepted else ActionDeclined)(
        action_id=answered.action_id,
        party_id=answered.party_id,
        action=answered.kind,
        sku=answered.sku,
        answered_by=answered.agent,
        recorded_at=now,
    )
    return Emission(said, now)
