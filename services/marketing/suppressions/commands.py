"""Takes back consent by the link of a letter, and tells who wants nothing more."""

from collections.abc import Collection, Mapping
from uuid import UUID

from services.marketing.copies import commands as copies
from services.marketing.settings import Context
from services.marketing.suppressions import store
from services.marketing.suppressions.domain import Link, Links, Suppression, announce_withdrawal, read_link, suppress
from shared.engine.transaction import Transaction


def links_of(context: Context) -> Links:
    return Links(context.public_url, context.unsubscribe_secret, context.unsubscribe_valid)


def find_link(tx: Transaction, token: str) -> Link:
    """What a token says at the time of the transaction. Raises LinkRefused and LinkExpired."""
    context: Context = tx.context
    return read_link(token, context.unsubscribe_secret, tx.now)


async def unsubscribe(tx: Transaction, link: Link) -> Suppression | None:
    """Decisions obey it from this commit on; everybody else learns it on crm.ingest. None: nothing was left to end."""
    known = await copies.load_copies(tx, [link.party_id], (), with_tickets=False)
    before = await store.load_suppressions(tx, [link.party_id])
    said = [*known.consents.get(link.party_id, ()), *(each.statement() for each in before.get(link.party_id, ()))]
    suppression = suppress(link, said, tx.now)
    if suppression is None or not await store.add_suppression(tx, suppression):
        return None
    party = known.parties.get(link.party_id)
    if party is not None and party.email:
        tx.emit([announce_withdrawal(suppression, party.email)])
    return suppression


async def load_suppressions(tx: Transaction, parties: Collection[UUID]) -> Mapping[UUID, list[Suppression]]:
    return await store.load_suppressions(tx, parties)
