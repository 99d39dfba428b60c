"""What services say of what they have forgotten of an erased party."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from shared.events.values import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How much there was of a table or kind."""

    what: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """`forgotten` counts what was found of the party and is gone.

    What names it by its id alone stays. It is said anew where the erasure is told again.
    """

    party_id: UUID
    forgotten: list[Counted]
    recorded_at: Instant


def counted(found: Mapping[str, int]) -> list[Counted]:
    return [Counted(what=what, count=count) for what, count in found.items()]
