"""Who answers for a ticket, and why: the relationship manager, whoever answered before, the least loaded who fits."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType
from uuid import UUID

from services.support.categories import Queue
from services.support.reasons import reason
from services.support.routing.domain.agent import Agent, Standing
from shared.events.reasons import CodedReason
from shared.events.tickets import Priority, TicketStatus
from shared.events.values import Channel

OPEN: frozenset[TicketStatus] = frozenset({"new", "open", "pending", "reopened"})
PLACES: Mapping[Priority, int] = MappingProxyType({"urgent": 1, "high": 2, "normal": 3, "low": 4})
ESCALATED = 0
_NEVER = datetime.min.replace(tzinfo=UTC)
_LANGUAGE = "language:"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A ticket that nobody answers for. `refused_by` gave it back last; `previous` answered for it before it was
    resolved.
    """

    id: UUID
    party_id: UUID
    request_event_id: str | None
    channel: Channel
    skills: tuple[str, ...]
    priority: Priority
    queue: str
    fallback: str | None = None
    refused_by: str | None = None
    previous: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """The agent who is answerable, and why, in values that name nobody but staff."""

    agent: str
    why: tuple[CodedReason, ...]


@dataclass(slots=True)
class Desk:
    """Everybody at one moment; each choice is counted in before the next one."""

    standings: dict[str, Standing]
    managers: Mapping[UUID, str] = field(default_factory=dict)

    def choose(self, ticket: Waiting, now: datetime) -> Choice | None:
        """None where nobody may be given it; then it waits."""
        choice = self._by_name(ticket) or self._by_skill(ticket) or self._by_group(ticket)
        if choice is not None:
            self.give(choice.agent, ticket.channel, now)
        return choice

    def why_waits(self, ticket: Waiting) -> CodedReason:
        """What keeps a ticket that nobody answers for from being given to somebody."""
        able = [each for each in self.standings.values() if self._is_able(each.agent, ticket)]
        present = [each for each in able if each.is_there]
        if not able:
            return _nobody(ticket)
        if not present:
            return reason("nobody_there")
        if not any(each.has_room(ticket.channel) for each in present):
            return reason("no_room", channel=ticket.channel)
        return reason("next")

    def _is_able(self, agent: Agent, ticket: Waiting) -> bool:
        """Whether they would be chosen if they were there and had room, by whichever rule."""
        if agent.id == ticket.refused_by or agent.removed is not None:
            return False
        fits = ticket.queue in agent.queues and frozenset(ticket.skills) <= agent.skills
        by_name = agent.id in {self.managers.get(ticket.party_id), ticket.previous}
        return fits or by_name or ticket.fallback in agent.queues

    def give(self, agent: str, channel: Channel, now: datetime) -> None:
        known = self.standings[agent]
        load = {**known.load, channel: known.load.get(channel, 0) + 1}
        self.standings[agent] = Standing(replace(known.agent, last_assigned_at=now), known.on_shift, load)

    def take(self, agent: str, channel: Channel) -> None:
        known = self.standings[agent]
        load = {**known.load, channel: max(0, known.load.get(channel, 0) - 1)}
        self.standings[agent] = replace(known, load=load)

    def _by_name(self, ticket: Waiting) -> Choice | None:
        manager = self.managers.get(ticket.party_id)
        known = (
            (manager, "relationship_manager"),
            (ticket.previous, "answered_before"),
        )
        for agent, why in known:
            if (
                agent in self.standings
                and agent != ticket.refused_by
                and self.standings[agent].is_given(ticket.channel)
            ):
                return Choice(agent, (reason(why),))
        return None

    def _by_skill(self, ticket: Waiting) -> Choice | None:
        needed = frozenset(ticket.skills)
        fitting = [each for each in self._free(ticket, ticket.queue) if needed <= each.agent.skills]
        has = (
            reason("has_skills", skills=", ".join(ticket.skills))
            if ticket.skills
            else reason("needs_no_skill", queue=ticket.queue)
        )
        return _least_loaded(fitting, ticket.channel, has)

    def _by_group(self, ticket: Waiting) -> Choice | None:
        """Nobody with every skill is free: the queue's fallback, first those who have the language."""
        group = ticket.fallback
        if group is None:
            return None
        free = list(self._free(ticket, group))
        languages = {skill for skill in ticket.skills if skill.startswith(_LANGUAGE)}
        speaking = [each for each in free if languages <= each.agent.skills]
        return _least_loaded(
            speaking or free, ticket.channel, reason("in_fallback", queue=ticket.queue, fallback=group)
        )

    def _free(self, ticket: Waiting, queue: str) -> Iterable[Standing]:
        return (
            each
            for each in self.standings.values()
            if queue in each.agent.queues and each.agent.id != ticket.refused_by and each.is_given(ticket.channel)
        )


def _nobody(ticket: Waiting) -> CodedReason:
    """There is no agent at all who would be chosen."""
    code, skills = ("nobody_skilled", {"skills": ", ".join(ticket.skills)}) if ticket.skills else ("nobody_asked", {})
    if ticket.fallback is None:
        return reason(code, queue=ticket.queue, **skills)
    return reason(f"{code}_or_fallback", queue=ticket.queue, fallback=ticket.fallback, **skills)


def _least_loaded(fitting: Sequence[Standing], channel: Channel, has: CodedReason) -> Choice | None:
    """Of those with the least share of their capacity, whoever waited longest for a ticket."""
    if not fitting:
        return None
    chosen = min(fitting, key=lambda each: (each.share(channel), each.agent.last_assigned_at or _NEVER, each.agent.id))
    load, room = chosen.load.get(channel, 0), chosen.agent.capacity[channel]
    if len(fitting) == 1:
        return Choice(chosen.agent.id, (has, reason("fits_alone", load=load, room=room, channel=channel)))
    least = reason("least_loaded", load=load, room=room, channel=channel, fitting=len(fitting))
    return Choice(chosen.agent.id, (has, least))


def choose_all(desk: Desk, waiting: Iterable[Waiting], now: datetime) -> list[tuple[Waiting, Choice]]:
    """Those of a line who are given to somebody, each after the ones before it; the others go on waiting."""
    found = ((ticket, desk.choose(ticket, now)) for ticket in waiting)
    return [(ticket, choice) for ticket, choice in found if choice is not None]


def queue_of(skills: Sequence[str], queues: Sequence[Queue]) -> Queue:
    """The first queue that takes one of the skills, else the last one, which takes everything."""
    return next((queue for queue in queues if set(queue.skills) & set(skills)), queues[-1])
