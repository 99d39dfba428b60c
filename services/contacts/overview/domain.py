"""What the 360 view shows of several parties that are one."""

from collections.abc import Sequence

from services.contacts.lifecycle.domain import Stay, furthest
from services.contacts.overview.schemas import LifecycleView, StageEntry


def lifecycle_view(found: Sequence[Stay]) -> LifecycleView:
    entries = [
        StageEntry(
            stage=stay.stage,
            entered_at=stay.entered_at,
            left_at=stay.left_at,
            cause_event_id=stay.cause_event_id,
            by_time=stay.by_time,
        )
        for stay in found
    ]
    return LifecycleView(current=found[-1].stage if found else None, furthest=furthest(found), entries=entries)
