"""Who works at support's desk, and how: what they can, when their shift is, and how they answer."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from demo.world.dice import Dice


@dataclass(frozen=True, slots=True)
class Agent:
    """`calendar` is when the shift is; `queues` are where tickets are taken from, `most` how many are open at once."""

    id: str
    skills: tuple[str, ...]
    queues: tuple[str, ...]
    calendar: Literal["office", "lates"]
    most: int = 6


STAFF = (
    Agent("staff-31", ("payments", "accounts", "language:en", "language:da"), ("payments",), "office"),
    Agent("staff-32", ("orders", "quality", "language:en"), ("orders",), "office"),
    Agent("staff-33", ("products", "accounts", "language:en", "language:da"), ("general",), "office"),
    Agent("staff-34", ("orders", "quality", "payments", "language:en"), ("orders", "payments"), "lates"),
)
"""The last one works late, and is off shift when the others answer."""


class Answer(NamedTuple):
    """What becomes of a request at its first answer, and what its customer thinks of it once it is met."""

    resolves: bool
    rating: int | None


def answer(seed: int, sale_id: str) -> Answer:
    """Most are met at once; the others wait for their customer, and are met the next time."""
    dice = Dice(seed, "answer", sale_id)
    resolves = dice.chance(0.7)
    rating = dice.weighted(((5, 6), (4, 4), (3, 2), (2, 1), (1, 1)))
    return Answer(resolves, rating if dice.chance(0.5) else None)
