"""Who the parties are: marketing's own copy, with the address that it writes to."""

from collections.abc import Sequence
from uuid import UUID

import structlog

from services.marketing import store
from services.marketing.domain.decision import Party
from services.marketing.subscriptions import follow_ups as hears
from shared.engine.event import Event, Tombstone
from shared.engine.transaction import Transaction
from shared.errors import BadRecord
from shared.events.parties import PartyDescribed

log = structlog.get_logger()


@hears.topic("crm.parties")
async def copy_parties(events: Sequence[Event[PartyDescribed | Tombstone]], tx: Transaction) -> None:
    """The newest description of each party holds; an erased one keeps nothing but that it was erased.

    Its letters are only marked here: the sender takes them out of the maildir after the commit.
    """
    erased: dict[UUID, Party] = {}
    described: dict[UUID, Party] = {}
    for event in events:
        if isinstance(event.data, PartyDescribed):
            party = _described(event.data)
            before = described.get(party.id)
            if before is None or party.version >= before.version:
                described[party.id] = party
        else:
            party = _erased(event)
            erased[party.id] = party
            described.pop(party.id, None)
    # A party that is described after its erasure begins anew, whatever its version was.
    await store.save_parties(tx, list(erased.values()))
    await store.mark_erased_letters(tx, list(erased))
    await store.save_parties(tx, list(described.values()))
    log.info("parties_copied", described=len(described), erased=len(erased))


def _described(data: PartyDescribed) -> Party:
    email = next((identity.value for identity in data.identities if identity.type == "email"), None)
    return Party(data.party_id, data.version, data.name, email, data.locale, data.merged_into)


def _erased(event: Event[object]) -> Party:
    try:
        return Party(UUID(event.key), 0, erased_by=event.id)
    except (TypeError, ValueError):
        raise BadRecord("key_is_no_party", "the key of a tombstone on crm.parties is a party's id") from None
