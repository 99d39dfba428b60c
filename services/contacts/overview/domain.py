"""What the 360 view shows of several parties that are one."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from services.contacts.lifecycle.domain import STAGES, Stay, fold_told, furthest
from services.contacts.overview.schemas import LifecycleView, StageEntry
from shared.events.parties import KnownIdentity, PartyDescribed


class StageRetracted(BaseModel):
    stage: str
    entered_at: datetime


class StageLine(BaseModel):
    """What a line says of a stage that was entered."""

    stage: str
    entered_at: datetime
    cause_event_id: str
    by_time: bool = False
    retracts: list[StageRetracted] = []


def fold_stages(lines: Iterable[tuple[UUID, StageLine]]) -> dict[UUID, list[Stay]]:
    """By party, the stages that these lines tell, in their order."""
    found: dict[UUID, list[Stay]] = {}
    for party_id, line in lines:
        if line.stage in STAGES:
            stay = Stay(line.stage, line.entered_at, line.cause_event_id, line.by_time)
            gone = {(each.entered_at, each.stage) for each in line.retracts}
            found[party_id] = fold_told(found.get(party_id, []), stay, gone)
    return found


def identities_of(described: Sequence[PartyDescribed]) -> list[KnownIdentity]:
    """What several parties carry that are one, the survivor first, whose primary addresses are written to."""
    own = {each.id for party in described for each in party.identities if not each.shared}
    primary = {each.id: each.primary_because for each in described[0].identities if each.primary}
    found = {
        (number if each.shared else 0, each.id): replace(
            each, primary=each.id in primary, primary_because=primary.get(each.id)
        )
        for number, party in enumerate(described)
        for each in party.identities
        if not (each.shared and each.id in own)
    }
    return sorted(found.values(), key=lambda each: (each.type, each.system or "", each.value))


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
