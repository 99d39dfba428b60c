"""A revision that came before its sale: what is kept of it until then."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.contacts.intake.domain.sales import Revised
from shared.engine.event import Emission, Event
from shared.events.contract import find_contract
from shared.events.ingest import INGEST, ReportedCancellation, ReportedIdentity, ReportedParty
from shared.events.values import IdentityUsed
from shared.ids import dated_id


@dataclass(frozen=True, slots=True)
class Waiting:
    """A revision and the party that it was told of, without what else it said of that party."""

    party_id: UUID
    revision: int
    identity: IdentityUsed
    id: str
    type: str
    source: str
    time: datetime
    now: datetime
    correlation_id: str
    traceparent: str | None
    timestamp: int | None
    data: str


def wait(event: Event[Revised], party_id: UUID, identity: IdentityUsed) -> Waiting:
    return Waiting(
        party_id,
        event.data.revision,
        identity,
        event.id,
        event.type,
        event.source,
        event.time,
        event.now,
        event.correlation_id,
        event.traceparent,
        event.timestamp,
        _written(event.type, replace(event.data, party=ReportedParty())),
    )


def resume(waiting: Waiting) -> Event[Revised]:
    """The event again, as far as what follows from it is concerned."""
    contract = find_contract(INGEST, waiting.type)
    assert contract is not None  # types only grow
    return Event(
        waiting.id,
        waiting.type,
        waiting.source,
        waiting.time,
        waiting.now,
        INGEST,
        0,
        -1,
        None,
        waiting.correlation_id,
        waiting.traceparent,
        contract.adapter.validate_json(waiting.data),
        waiting.timestamp,
    )


def of_erased(waiting: Waiting) -> Waiting:
    """The same of an erased party: what becomes of the sale, without why."""
    data = resume(waiting).data
    if not isinstance(data, ReportedCancellation) or data.reason is None:
        return waiting
    return replace(waiting, data=_written(waiting.type, replace(data, reason=None)))


def _written(type_: str, data: Revised) -> str:
    contract = find_contract(INGEST, type_)
    assert contract is not None  # it was decoded by it
    return contract.adapter.dump_json(data).decode()


def send_again(waiting: Waiting) -> Emission:
    """The revision as a fact of the party that it was told of; its own id is taken, so it gets another."""
    event = resume(waiting)
    party = ReportedParty(identities=[ReportedIdentity(type="party", value=str(waiting.party_id))])
    again = dated_id(int(event.time.timestamp() * 1000), "again", event.source, event.id)
    return Emission(
        replace(event.data, party=party),
        event.time,
        id=str(again),
        source=event.source,
        key=str(waiting.party_id),
        correlation_id=event.correlation_id,
    )
