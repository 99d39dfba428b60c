"""A draft over sales of the past: enrolled and decided by what enrols and decides live, at the time it was."""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, cast
from uuid import UUID

from services.marketing.backtest.schemas import Backtest, BacktestedMessage
from services.marketing.catalogue.domain.campaign import Campaign, Category, ordered
from services.marketing.enrolments.decisions.decision import Facts
from services.marketing.enrolments.domain.due import Decided, Limits, Planned, decide_messages
from services.marketing.enrolments.domain.enrolment import enrol
from services.marketing.enrolments.domain.message import Message
from services.marketing.enrolments.domain.sale import Sale
from shared.engine.event import Event
from shared.engine.subscription import Due
from shared.events.money import Money
from shared.events.sales import SaleCompleted
from shared.events.values import Channel, Line


@dataclass(frozen=True, slots=True)
class Past:
    """A sale as it stands. `repeat`: the party bought before it. `followed`: the follow-up that enrolled it."""

    sale: Sale
    repeat: bool
    followed: str | None


@dataclass(frozen=True, slots=True)
class Tried:
    """What would have become of a message, and when."""

    message: Message
    at: datetime
    outcome: Literal["sent", "skipped", "waiting"]
    reason: str | None = None


def replay(
    draft: Campaign,
    others: Iterable[Campaign],
    past: Sequence[Past],
    facts: Mapping[str, Facts],
    products: Mapping[str, Category],
    limits: Limits,
    until: datetime,
) -> list[Tried]:
    """In the order in which they would have been decided; `others` take sales now, the draft stands in for its name.

    Every letter that is cleared counts as taken by the mail server.
    """
    campaigns = ordered([*(each for each in others if each.name != draft.name), draft])
    enrolled = enrol([_event(each.sale) for each in past], campaigns, products)
    mine = [each for each in enrolled.messages if each.campaign == draft.name]
    tried = [Tried(each, each.ending.at, "skipped", each.ending.reason) for each in mine if each.ending]
    sales = {each.sale.trigger_event_id: each for each in past}
    messages = {each.id: each for each in mine if each.ending is None}
    due = [(each.due_at, each.id) for each in messages.values() if each.due_at is not None]
    heapq.heapify(due)
    while due:
        at, id_ = heapq.heappop(due)
        message = messages[id_]
        if at > until:
            tried.append(Tried(message, at, "waiting"))
            continue
        of = sales[message.trigger_event_id]
        known = Planned(message, of.sale, draft, facts[of.sale.trigger_event_id], of.repeat)
        # What was recorded late was decided then, as `moment_of` has it.
        now = max(at, of.sale.recorded_at)
        decided = decide_messages([Due(id_, of.sale.partition, at, now)], {id_: known}, products, None, None, limits)
        tried += _tried(message, decided, now)
        messages |= {each.id: each for each in decided.planned}
        for name, _, when in decided.timers:
            heapq.heappush(due, (when, name))
    return sorted(tried, key=lambda each: (each.at, each.message.id))


def _tried(message: Message, decided: Decided, at: datetime) -> Iterator[Tried]:
    if decided.cleared:
        yield Tried(message, at, "sent")
    for ended in decided.ended:
        yield Tried(message, at, "skipped", ended.ending.reason if ended.ending else None)


def _event(sale: Sale) -> Event[SaleCompleted]:
    """As it was read; of its lines only the products are known, in their order."""
    nothing = Money(minor=0, currency=sale.currency)
    data = SaleCompleted(
        party_id=sale.party_id,
        party_version=sale.party_version,
        sale_id=sale.sale_id,
        channel=cast("Channel", sale.channel),
        total=Money(minor=sale.minor, currency=sale.currency),
        lines=[Line(sku=sku, quantity=1, unit_price=nothing) for sku in sale.skus],
        recorded_at=sale.recorded_at,
        origin=sale.origin,
    )
    cause = sale.cause()
    return Event(
        cause.id,
        cause.type,
        cause.source,
        cause.time,
        cause.now,
        cause.topic,
        cause.partition,
        cause.offset,
        cause.key,
        cause.correlation_id,
        cause.traceparent,
        data,
    )


def summarise(
    draft: Campaign,
    past: Sequence[Past],
    tried: Sequence[Tried],
    sent: Iterable[tuple[UUID, str, datetime]],
    within: timedelta,
    most: int,
) -> Backtest:
    """`sent` is what other campaigns sent: to whom, by which, and when. The first `most` messages are shown."""
    of_party: defaultdict[UUID, list[tuple[str, datetime]]] = defaultdict(list)
    for party, campaign, at in sent:
        of_party[party].append((campaign, at))
    shown = [_shown(each, of_party[each.message.party_id], within) for each in tried]
    triggers = {each.message.trigger_event_id for each in tried}
    taken = [
        each.followed
        for each in past
        if each.followed not in {None, draft.name} and each.sale.trigger_event_id in triggers
    ]
    going = [each for each in shown if each.outcome == "sent"]
    return Backtest(
        campaign=draft.name,
        sales=len(past),
        enrolled=len(triggers),
        parties=len({each.party_id for each in going}),
        sent=len(going),
        skipped=dict(sorted(Counter(str(each.reason) for each in shown if each.outcome == "skipped").items())),
        waiting=sum(each.outcome == "waiting" for each in shown),
        taken=dict(Counter(map(str, taken))) if draft.follow_up else {},
        near=dict(sorted(Counter(name for each in going for name in each.near).items())),
        crowded=len({each.party_id for each in going if each.near}),
        messages=shown[:most],
    )


def _shown(tried: Tried, sent: Iterable[tuple[str, datetime]], within: timedelta) -> BacktestedMessage:
    message = tried.message
    assert message.step is not None
    return BacktestedMessage(
        party_id=message.party_id,
        trigger_event_id=message.trigger_event_id,
        step=message.step,
        at=tried.at,
        outcome=tried.outcome,
        reason=tried.reason,
        near=sorted({campaign for campaign, at in sent if abs(at - tried.at) <= within}),
    )
