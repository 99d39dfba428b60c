"""Agents as pages show them, and what a form says of one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from services.console.shell.typed import whole_of
from services.console.shell.words import Words

PRESENCES = ("online", "busy", "away", "offline")
ABSENCES = ("break", "meeting", "training", "sick", "shift_ended", "other")
REMOVALS = ("left", "changed_team", "other")
CHANNELS = ("email", "chat", "phone", "web", "social", "sms", "mailing", "in_person")
PLACES = ("escalated", "urgent", "high", "normal", "low")
"""What the number of a place in a queue stands for, the first in line first."""
Tone = Literal["good", "plain", "accent", "warn", "bad"]
TONES: dict[str, Tone] = {"online": "good", "busy": "accent", "away": "warn", "offline": "plain"}


@dataclass(frozen=True, slots=True)
class Room:
    """How many tickets of a channel an agent takes at once."""

    channel: str
    capacity: int


@dataclass(frozen=True, slots=True)
class Spent:
    """How long an agent was in a state, of all the time that is looked at."""

    presence: str
    seconds: float
    share: float


def rooms_of(agent: Mapping[str, Any]) -> list[Room]:
    """The channels on which an agent takes tickets."""
    return [Room(channel, agent["capacity"][channel]) for channel in CHANNELS if agent["capacity"].get(channel)]


def times_of(agent: Mapping[str, Any]) -> list[Spent]:
    """The time in each state, in the order in which states are chosen from."""
    seconds = agent["seconds"]
    whole = sum(seconds.values())
    return [Spent(name, seconds[name], seconds[name] / whole) for name in PRESENCES if seconds.get(name)]


@dataclass(frozen=True, slots=True)
class Definition:
    """What a form says that an agent can and takes."""

    fields: Mapping[str, str]
    language: str = "en"

    @property
    def agent_id(self) -> str:
        return self.fields.get("id", "").strip()

    def body(self) -> dict[str, Any]:
        """As support takes it; a number that is none is sent as it is typed, and support says what is wrong."""
        room = {channel: self.fields.get(f"capacity-{channel}", "").strip() for channel in CHANNELS}
        return {
            "skills": _names(self.fields.get("skills", "")),
            "queues": _names(self.fields.get("queues", "")),
            "capacity": {channel: whole_of(typed, self.language) for channel, typed in room.items() if typed},
            "calendar": self.fields.get("calendar", "").strip() or None,
        }


def fields_of(agent: Mapping[str, Any]) -> dict[str, str]:
    """What stands in the form of an agent who is known."""
    return {
        "id": agent["id"],
        "skills": ", ".join(agent["skills"]),
        "queues": ", ".join(agent["queues"]),
        "calendar": agent["calendar"] or "",
        **{f"capacity-{channel}": str(room) for channel, room in agent["capacity"].items()},
    }


def described(fields: Mapping[str, str], words: Words) -> dict[str, str]:
    """What a form says, by what it asks for."""
    named = {words.text("Skills"): "skills", words.text("Queues"): "queues"}
    lists = {label: ", ".join(_names(fields.get(name, ""))) for label, name in named.items()}
    rooms = {words.term("channel", each): fields.get(f"capacity-{each}", "").strip() for each in CHANNELS}
    return {**lists, **rooms, words.text("Hours of the shift"): fields.get("calendar", "").strip()}


def _names(typed: str) -> list[str]:
    return [name for name in (part.strip() for part in typed.split(",")) if name]
