"""Where to begin reading a partition that was just assigned, and what its bounds say about its past. Pure."""

from shared.engine.ledger import Fence, Place
from shared.events.topics import COMPACTED


def check_positions(place: Place, fence: Fence, beginning: int, end: int) -> tuple[int, str | None]:
    """The offset to seek to, and an alarm where records were lost.

    One record before the fence is read again where it still exists: its id tells a topic that was recreated and has
    grown past the fence. A group that never handled anything begins at the log's start.
    """
    if not fence.next_offset:
        return beginning, None
    if end < fence.next_offset:
        return end, f"recreated: the log ends at {end}, {fence.next_offset} was expected"
    if beginning > fence.next_offset and place[0] not in COMPACTED:
        return beginning, f"truncated: {fence.next_offset} to {beginning - 1} were deleted before they were handled"
    return max(fence.next_offset - 1, beginning), None
