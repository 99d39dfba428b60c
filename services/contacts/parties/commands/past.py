"""Parties as they were known at a time."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.contacts.parties import store
from services.contacts.parties.commands import describe_stored
from services.contacts.parties.store import Revision
from shared.engine.transaction import Transaction
from shared.errors import Invalid

_FIRST = datetime(1, 1, 2, tzinfo=UTC)
_AHEAD = timedelta(minutes=5)
"""So far a clock of others may be ahead of ours."""


def require_past(tx: Transaction, as_of: datetime | None) -> None:
    """Raises Invalid for a time that is to come, since nobody can say what will be known then, and for one that has no
    place in the calendar of UTC.
    """
    if as_of is not None and as_of < _FIRST:
        raise Invalid("nothing is kept of that time", field="query.as_of")
    if as_of is not None and as_of > tx.now + _AHEAD:
        raise Invalid("what is known then is not known yet", field="query.as_of")


async def load_revisions(tx: Transaction, party_ids: Sequence[UUID], at: datetime) -> dict[UUID, Revision]:
    """Each as it was described then; as it is described now where its first descriptions came before any was kept."""
    found = await store.load_revisions(tx, party_ids, at)
    unkept = [party_id for party_id, each in found.items() if each.described is None]
    if unkept:
        for party_id, party in (await store.load_parties(tx, unkept)).items():
            found[party_id] = found[party_id]._replace(described=await describe_stored(tx, party))
    return found
