"""Rules of routing over tickets of the past: chosen by what chooses live, at the times at which things happened.

A ticket is open for as long as it was, whoever answers for it; what people claimed or gave back by hand is left out.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from typing import Literal
from uuid import UUID

from services.support.categories import Queue
from services.support.routing.domain.agent import Agent, Presence, standing_at
from services.support.routing.domain.choice import ESCALATED, OPEN, PLACES, Desk, Waiting, choose_all, queue_of
from services.support.sla.domain.calendar import Calendar, next_change
from services.support.triage.domain.triage import Triage
from shared.events.reasons import CodedReason
from shared.events.tickets import Priority, TicketStatus
from shared.events.values import Channel


@dataclass(frozen=True, slots=True)
class Past:
    """A ticket as it went. `guessed` is what the model said, `category` what stands."""

    id: UUID
    party_id: UUID
    request_event_id: str | None
    channel: Channel
    number: int
    category: str | None
    priority: Priority
    guessed: str | None
    queue: str | None
    agent: str | None
    given_at: datetime | None
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Moved:
    ticket_id: UUID
    status: TicketStatus
    at: datetime


@dataclass(frozen=True, slots=True)
class Escalated:
    ticket_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Present:
    agent_id: str
    at: datetime
    presence: Presence


@dataclass(frozen=True, slots=True)
class Held:
    """A ticket from before that somebody answered for when the time began."""

    ticket_id: UUID
    agent_id: str
    channel: Channel


@dataclass(frozen=True, slots=True)
class Given:
    """To whom a ticket was given first, when, and why."""

    agent: str
    at: datetime
    why: tuple[CodedReason, ...]


@dataclass(frozen=True, slots=True)
class History:
    """Everything that happened in the time."""

    tickets: Sequence[Past]
    moves: Sequence[Moved]
    escalations: Sequence[Escalated]
    presences: Sequence[Present]
    held: Sequence[Held]


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides: queues, agents, shifts, and who manages which customer."""

    queues: Sequence[Queue]
    agents: Sequence[Agent]
    calendars: Mapping[str, Calendar]
    managers: Mapping[UUID, str]


@dataclass(frozen=True, slots=True)
class _Happening:
    at: datetime
    kind: Literal["agent", "move", "escalation", "ticket"]
    what: str | Present | Moved | Escalated | Past


@dataclass(slots=True)
class _Line:
    """A ticket in the replay: its place in the line, and who answers for it."""

    ticket: Waiting
    place: int
    since: datetime
    agent: str | None = None
    is_open: bool = True


@dataclass(slots=True)
class Replay:
    """The desk as it would have been. `first` says to whom each ticket was given first, `fresh` are those that began to
    wait, and `has_room` whether somebody may be given more than when it was last tried.
    """

    rules: Rules
    triages: Mapping[UUID, Triage]
    desk: Desk
    lines: dict[UUID, _Line] = field(default_factory=dict)
    held: dict[UUID, Held] = field(default_factory=dict)
    first: dict[UUID, Given] = field(default_factory=dict)
    fresh: set[UUID] = field(default_factory=set)
    has_room: bool = True

    def happen(self, happening: _Happening) -> None:
        match happening.what:
            case str(agent):
                self._look_at(agent, happening.at)
            case Present(agent_id=agent, presence=presence) if agent in self.desk.standings:
                known = self.desk.standings[agent]
                self.desk.standings[agent] = replace(known, agent=replace(known.agent, presence=presence))
                self._look_at(agent, happening.at)
            case Moved() as moved:
                self._move(moved)
            case Escalated(ticket_id=ticket) if ticket in self.lines:
                self.lines[ticket].place = ESCALATED
            case Past() as past:
                self._take_in(past)
            case _:
                pass

    def give_out(self, now: datetime) -> None:
        """All that wait, the most pressing first, as live; what waited before only where somebody has more room."""
        asked = self.lines if self.has_room else self.fresh
        lines = (self.lines[each] for each in asked)
        waiting = [each for each in lines if each.is_open and each.agent is None]
        self.fresh, self.has_room = set(), False
        waiting.sort(key=lambda each: (each.place, each.since, each.ticket.id))
        for ticket, choice in choose_all(self.desk, [each.ticket for each in waiting], now):
            self.lines[ticket.id].agent = choice.agent
            self.first.setdefault(ticket.id, Given(choice.agent, now, choice.why))

    def _look_at(self, agent_id: str, now: datetime) -> None:
        """Whether the shift is on; who leaves gives back what they have."""
        known = self.desk.standings[agent_id]
        standing = standing_at(known.agent, known.load, self.rules.calendars, now)
        self.desk.standings[agent_id] = standing
        self.has_room = True
        if standing.keeps_tickets:
            return
        for line in self.lines.values():
            if line.agent == agent_id and line.is_open:
                self.desk.take(agent_id, line.ticket.channel)
                line.agent, line.since = None, now
        for held in [each for each in self.held.values() if each.agent_id == agent_id]:
            self._free(held)

    def _move(self, moved: Moved) -> None:
        line, is_open = self.lines.get(moved.ticket_id), moved.status in OPEN
        if line is None:
            if not is_open and moved.ticket_id in self.held:
                self._free(self.held[moved.ticket_id])
            return
        if line.is_open and not is_open and line.agent is not None:
            self.desk.take(line.agent, line.ticket.channel)
            self.has_room = True
        if is_open and not line.is_open:
            line.ticket, line.agent, line.since = replace(line.ticket, previous=line.agent), None, moved.at
            self.fresh.add(moved.ticket_id)
        line.is_open = is_open

    def _free(self, held: Held) -> None:
        del self.held[held.ticket_id]
        if held.agent_id in self.desk.standings:
            self.desk.take(held.agent_id, held.channel)
            self.has_room = True

    def _take_in(self, past: Past) -> None:
        triage = self.triages[past.id]
        queue = queue_of(triage.skills, self.rules.queues)
        ticket = Waiting(
            past.id,
            past.party_id,
            past.request_event_id,
            past.channel,
            triage.skills,
            triage.priority,
            queue.name,
            queue.fallback,
        )
        self.lines[past.id] = _Line(ticket, PLACES[triage.priority], past.decided_at)
        self.fresh.add(past.id)


def replay(history: History, rules: Rules, triages: Mapping[UUID, Triage], since: datetime, until: datetime) -> Replay:
    """What would have become of the tickets. What happens at one moment has happened before anything is given out."""
    loads: dict[str, dict[Channel, int]] = {each.id: {} for each in rules.agents}
    for held in history.held:
        load = loads.setdefault(held.agent_id, {})
        load[held.channel] = load.get(held.channel, 0) + 1
    standings = {each.id: standing_at(each, loads[each.id], rules.calendars, since) for each in rules.agents}
    replayed = Replay(
        rules, triages, Desk(standings, rules.managers), held={each.ticket_id: each for each in history.held}
    )
    happenings = sorted(_happenings(history, rules, since, until), key=lambda each: each.at)
    for at, together in groupby(happenings, key=lambda each: each.at):
        for happening in together:
            replayed.happen(happening)
        replayed.give_out(at)
    return replayed


def _happenings(history: History, rules: Rules, since: datetime, until: datetime) -> Iterator[_Happening]:
    """At one moment agents come first, and a ticket comes in before it moves."""
    for each in history.presences:
        yield _Happening(each.at, "agent", each)
    for agent in rules.agents:
        for at in _shift_changes(rules.calendars.get(agent.calendar or ""), since, until):
            yield _Happening(at, "agent", agent.id)
    for past in history.tickets:
        yield _Happening(past.decided_at, "ticket", past)
    for moved in history.moves:
        yield _Happening(moved.at, "move", moved)
    for escalated in history.escalations:
        yield _Happening(escalated.at, "escalation", escalated)


def _shift_changes(calendar: Calendar | None, since: datetime, until: datetime) -> Iterable[datetime]:
    at = next_change(calendar, since) if calendar is not None else None
    while at is not None and calendar is not None and at < until:
        yield at
        at = next_change(calendar, at)
