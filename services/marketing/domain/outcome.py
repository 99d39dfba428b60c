"""What becomes of messages that are due."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from services.marketing.domain.campaign import Basket, Campaign, Category, choose_content
from services.marketing.domain.decision import Facts, Hold, Send, Skip, decide
from services.marketing.domain.message import Ending, Enrolment, Message, Sale, plan, tell_ended, tell_planned
from shared.engine.event import Emission
from shared.engine.subscription import Due
from shared.events.campaigns import EnrolmentExited


@dataclass(frozen=True, slots=True)
class Planned:
    """A message that is due, with all that decides it. `repeat`: the party bought before this sale."""

    message: Message
    sale: Sale
    campaign: Campaign
    facts: Facts
    repeat: bool


@dataclass(frozen=True, slots=True)
class Cleared:
    """A message that may be sent: the consent that allows it and the content that was chosen."""

    message_id: UUID
    triggered_at: datetime
    trigger_event_id: str
    party_id: UUID
    consent_event_id: str | None
    content: str
    decided_at: datetime


@dataclass(slots=True)
class Decided:
    """What a batch of due timers leads to."""

    cleared: list[Cleared] = field(default_factory=list)
    ended: list[Message] = field(default_factory=list)
    planned: list[Message] = field(default_factory=list)
    timers: list[tuple[UUID, int, datetime]] = field(default_factory=list)
    emissions: list[Emission] = field(default_factory=list)


def conclude(due: Iterable[Due], planned: Mapping[UUID, Planned], products: Mapping[str, Category]) -> Decided:
    """Clear, skip or hold each message that is due. A timer whose message has ended leads to nothing."""
    decided = Decided()
    for timer in due:
        known = planned.get(timer.id)
        if known is None:
            continue
        message = known.message
        assert message.due_at is not None
        assert message.channel is not None
        match decide(known.campaign.definition, message.channel, known.facts, message.due_at, timer.due_at):
            case Send(consent_event_id):
                _clear(timer, known, products, consent_event_id, decided)
            case Skip(reason, deciding):
                ending = Ending("skipped", timer.now, reason, deciding)
                decided.ended.append(replace(message, ending=ending))
                decided.emissions.append(tell_ended(message, ending, known.sale.cause(), timer.partition))
                _leave(timer, known, reason, decided)
            case Hold(until):  # pragma: no branch  the three are all there are
                decided.timers.append((timer.id, timer.partition, until))
    return decided


def _clear(
    timer: Due, known: Planned, products: Mapping[str, Category], consent_event_id: str | None, decided: Decided
) -> None:
    message, sale, campaign = known.message, known.sale, known.campaign
    assert message.step is not None
    step = campaign.step(message.step)
    assert step is not None
    content = choose_content(step, Basket.of(sale.skus, sale.channel, products), repeat=known.repeat)
    decided.cleared.append(
        Cleared(
            message.id,
            message.triggered_at,
            message.trigger_event_id,
            message.party_id,
            consent_event_id,
            content.template,
            timer.now,
        )
    )
    if campaign.step(message.step + 1) is not None:
        _plan_next(timer, known, decided)


def _plan_next(timer: Due, known: Planned, decided: Decided) -> None:
    """The next step begins when this one is cleared, whatever its mail server will say."""
    message, sale = known.message, known.sale
    assert message.enrolment_id is not None
    assert message.step is not None
    enrolment = Enrolment(
        message.trigger_event_id,
        known.campaign.name,
        message.enrolment_id,
        known.campaign.version,
        message.party_id,
        message.follow_up,
        timer.now,
    )
    following = plan(enrolment, known.campaign, message.triggered_at, message.step + 1, timer.now)
    assert following.due_at is not None
    decided.planned.append(following)
    decided.timers.append((following.id, timer.partition, following.due_at))
    decided.emissions.append(tell_planned(following, sale.cause(), timer.partition))


def _leave(timer: Due, known: Planned, reason: str, decided: Decided) -> None:
    """A skipped step ends an enrolment that has steps left."""
    message, campaign = known.message, known.campaign
    assert message.step is not None
    assert message.enrolment_id is not None
    if campaign.step(message.step + 1) is None:
        return
    exited = EnrolmentExited(
        enrolment_id=message.enrolment_id,
        party_id=message.party_id,
        campaign=campaign.name,
        campaign_version=campaign.version,
        trigger_event_id=message.trigger_event_id,
        reason=reason,
        recorded_at=timer.now,
    )
    decided.emissions.append(Emission(exited, timer.now, known.sale.cause(), None, timer.partition))
