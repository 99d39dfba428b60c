"""Who may be given tickets now: presence, shift, capacity."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.support.reasons import reason
from services.support.sla.domain.calendar import Calendar, is_working
from shared.events.reasons import CodedReason
from shared.events.values import Channel

Presence = Literal["online", "busy", "away", "offline"]
Removal = Literal["left", "changed_team", "other"]
Absence = Literal["break", "meeting", "training", "sick", "shift_ended", "other"]
KEEPS_TICKETS: frozenset[Presence] = frozenset({"online", "busy"})
"""Who is away or offline gives tickets back; who is busy keeps them and gets no new ones."""


@dataclass(frozen=True, slots=True)
class Agent:
    """`calendar` is when the shift is; without one there is no shift to be off. `capacity` has the tickets that may be
    open at once by channel; a channel that is not named gets none. Who is `removed` is given nothing any more.
    """

    id: str
    version: int
    skills: frozenset[str]
    queues: tuple[str, ...]
    capacity: Mapping[Channel, int]
    calendar: str | None
    presence: Presence
    last_assigned_at: datetime | None = None
    removed: Removal | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """An agent at one moment: whether their shift is on, and how many tickets of each channel they have."""

    agent: Agent
    on_shift: bool
    load: Mapping[Channel, int]

    @property
    def is_there(self) -> bool:
        return self.on_shift and self.agent.presence == "online" and self.agent.removed is None

    def has_room(self, channel: Channel) -> bool:
        return self.load.get(channel, 0) < self.agent.capacity.get(channel, 0)

    def is_given(self, channel: Channel) -> bool:
        """Whether a ticket of this channel may be routed to them."""
        return self.is_there and self.has_room(channel)

    def channels_with_room(self) -> list[Channel]:
        """Those on which they may be given more now."""
        return [channel for channel in self.agent.capacity if self.is_given(channel)]

    @property
    def keeps_tickets(self) -> bool:
        return self.why_leaves is None

    @property
    def why_leaves(self) -> CodedReason | None:
        """Why they give back what they have; None where they keep it."""
        if self.agent.removed is not None:
            return reason("removed", agent=self.agent.id, removed=self.agent.removed)
        if not self.on_shift:
            return reason("shift_over", agent=self.agent.id)
        if self.agent.presence in KEEPS_TICKETS:
            return None
        return reason("absent", agent=self.agent.id, presence=self.agent.presence)

    def share(self, channel: Channel) -> float:
        return self.load.get(channel, 0) / self.agent.capacity[channel]


def standing_at(
    agent: Agent, load: Mapping[Channel, int], calendars: Mapping[str, Calendar], now: datetime
) -> Standing:
    """Nobody is on a shift of a calendar that there is not."""
    on_shift = agent.calendar is None or (agent.calendar in calendars and is_working(calendars[agent.calendar], now))
    return Standing(agent, on_shift, load)


def why_not(standing: Standing, channel: Channel) -> str | None:
    """What speaks against giving somebody a ticket by hand; None where nothing does."""
    if not standing.on_shift:
        return "off_shift"
    if not standing.keeps_tickets:
        return "absent"
    return None if standing.has_room(channel) else "at_capacity"
