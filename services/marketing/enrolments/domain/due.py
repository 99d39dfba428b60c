"""What becomes of messages that are due."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from services.marketing.catalogue.domain.campaign import Basket, Campaign, Category, choose_content
from services.marketing.enrolments.decisions.address import EMAIL
from services.marketing.enrolments.decisions.caps import Room
from services.marketing.enrolments.decisions.decision import Facts, Hold, Send, Skip, decide
from services.marketing.enrolments.decisions.moment import moment_of
from services.marketing.enrolments.domain.announcements import announce_ended, announce_exited, announce_planned
from services.marketing.enrolments.domain.message import Ending, Enrolment, Message, plan
from services.marketing.enrolments.domain.sale import Sale
from services.marketing.settings import QuietHours
from shared.engine.event import Emission
from shared.engine.subscription import Due
from shared.events.campaigns import SkipReason


@dataclass(frozen=True, slots=True)
class Planned:
    """A message that is due, with all that decides it. `repeat`: the party bought before this sale.

    `failed`: why an earlier step was skipped after it had been cleared, as by a mail server that refused it.
    """

    message: Message
    sale: Sale
    campaign: Campaign
    facts: Facts
    repeat: bool
    failed: SkipReason | None = None


@dataclass(frozen=True, slots=True)
class Cleared:
    """A message that may be sent: the consent that allows it and the content that was chosen.

    `doubtful`: it may have been sent before the database was restored, and must not be sent again.
    """

    message_id: UUID
    triggered_at: datetime
    trigger_event_id: str
    party_id: UUID
    consent_event_id: str | None
    content: str
    decided_at: datetime
    channel: str = EMAIL
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restored database has forgotten: until when something was sent, and how messages had ended."""

    at: datetime
    endings: Mapping[UUID, Ending] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Limits:
    """What the settings bound: when, and how often, a party is written to."""

    quiet: QuietHours | None = None
    room: Room = field(default_factory=Room)


@dataclass(slots=True)
class Decided:
    """What a batch of due timers leads to. `ended_flows`: of `ended` those whose enrolments have a state."""

    cleared: list[Cleared] = field(default_factory=list)
    ended: list[Message] = field(default_factory=list)
    planned: list[Message] = field(default_factory=list)
    timers: list[tuple[UUID, int, datetime]] = field(default_factory=list)
    emissions: list[Emission] = field(default_factory=list)
    ended_flows: list[Message] = field(default_factory=list)


def decide_messages(
    due: Iterable[Due],
    planned: Mapping[UUID, Planned],
    products: Mapping[str, Category],
    wall_now: datetime | None,
    restored: Restored | None = None,
    limits: Limits | None = None,
) -> Decided:
    """Clear, skip or hold each message that is due. A timer whose message has ended leads to nothing.

    `wall_now` None: the service runs on the stream's clock, and a replay must decide the same. What had ended before
    the database was `restored` ends the same, whatever is known by now. Of what is due together the campaign with the
    highest priority comes first where there is room for a few only.
    """
    decided, limits = Decided(), limits or Limits()
    for timer, known in _by_priority(due, planned):
        message = known.message
        if restored is not None and message.id in restored.endings:
            _end_again(timer, known, restored.endings[message.id], decided)
            continue
        match _decide(known, timer, wall_now, limits):
            case Send(consent_event_id):
                _clear(timer, known, products, consent_event_id, decided, restored)
            case Skip(reason, deciding):
                ending = Ending("skipped", timer.now, reason, deciding)
                _end(known, ending, decided)
                cause = known.sale.cause()
                decided.emissions.append(announce_ended(message, ending, cause, timer.partition))
                if not known.campaign.is_flow and (known.failed or _has_more_steps(known)):
                    decided.emissions.append(announce_exited(message, reason, timer.now, cause, timer.partition))
            case Hold(until):  # pragma: no branch  the three are all there are
                decided.timers.append((timer.id, timer.partition, until))
    return decided


def _by_priority(due: Iterable[Due], planned: Mapping[UUID, Planned]) -> list[tuple[Due, Planned]]:
    known = [(timer, planned[timer.id]) for timer in due if timer.id in planned]
    return sorted(known, key=lambda each: -each[1].campaign.definition.priority)


def _decide(known: Planned, timer: Due, wall_now: datetime | None, limits: Limits) -> Send | Skip | Hold:
    """A step that was skipped ends the enrolment, even where that came out only after the next one had been planned."""
    if known.failed:
        return Skip(known.failed, (known.message.trigger_event_id,))
    if known.campaign.stopped_by:
        return Skip("stopped", (known.campaign.stopped_by,))
    message = known.message
    assert message.due_at is not None
    assert message.channel is not None
    moment = moment_of(message.due_at, known.sale.recorded_at, timer.due_at, wall_now)
    definition, day = known.campaign.definition, moment.now.date()
    decision = decide(definition, message.channel, known.facts, moment, limits.quiet)
    if isinstance(decision, Send) and definition.needs_consent:
        if limits.room.is_full(message.party_id, day, definition.priority):
            return Skip("frequency_cap", (message.trigger_event_id,))
        limits.room.take(message.party_id, day)
    return decision


def decide_cleared(message: Message, sale: Sale, campaign: Campaign, facts: Facts, now: datetime) -> Send | Skip | Hold:
    """Decide once more, on the wall clock, what was cleared and has not been sent yet."""
    if campaign.stopped_by:
        return Skip("stopped", (campaign.stopped_by,))
    assert message.due_at is not None
    assert message.channel is not None
    return decide(campaign.definition, message.channel, facts, moment_of(message.due_at, sale.recorded_at, now, now))


def _has_more_steps(known: Planned) -> bool:
    """Whether this message leads to another one by itself; what follows in a flow, its state says."""
    assert known.message.step is not None
    return not known.campaign.is_flow and known.campaign.send(known.message.step + 1) is not None


def _end(known: Planned, ending: Ending, decided: Decided) -> None:
    ended = replace(known.message, ending=ending)
    decided.ended.append(ended)
    if known.campaign.is_flow:
        decided.ended_flows.append(ended)


def _end_again(timer: Due, known: Planned, ending: Ending, decided: Decided) -> None:
    message, cause = known.message, known.sale.cause()
    _end(known, ending, decided)
    decided.emissions.append(announce_ended(message, ending, cause, timer.partition))
    if not _has_more_steps(known):
        return
    if ending.reason is None:
        _plan_next(timer, known, decided)
    else:
        decided.emissions.append(announce_exited(message, ending.reason, ending.at, cause, timer.partition))


def _may_have_been_sent(known: Planned, restored: Restored | None) -> bool:
    """A sale recorded since then was never read before, however long ago it happened."""
    due_at = known.message.due_at
    return restored is not None and due_at is not None and max(due_at, known.sale.recorded_at) < restored.at


def _clear(
    timer: Due,
    known: Planned,
    products: Mapping[str, Category],
    consent_event_id: str | None,
    decided: Decided,
    restored: Restored | None,
) -> None:
    message, sale, campaign = known.message, known.sale, known.campaign
    assert message.step is not None
    step = campaign.send(message.step)
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
            step.channel,
            _may_have_been_sent(known, restored),
        )
    )
    if _has_more_steps(known):
        _plan_next(timer, known, decided)


def _plan_next(timer: Due, known: Planned, decided: Decided) -> None:
    """The next step is planned when this one is cleared; what the mail server says by then decides it too."""
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
    decided.emissions.append(announce_planned(following, sale.cause(), timer.partition))
