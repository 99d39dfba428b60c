"""Which of a party's addresses people of the company have it written to."""

from collections import Counter
from collections.abc import Collection

from services.contacts.parties import store
from services.contacts.parties.commands.identities import Given
from services.contacts.parties.domain import party as rules
from services.contacts.parties.domain.identity import ADDRESSES, Claim
from services.contacts.parties.domain.party import Party, Primary
from shared.engine.transaction import Transaction


async def prefer_written(tx: Transaction, party: Party, given: Given, said: Collection[Claim]) -> bool:
    """What people of the company add is written to from now on where the party has several of its kind, or they say so.

    Returns whether another address is written to.
    """
    kinds = Counter[str](identity.type for identity in (await store.load_identities(tx, [party.id])).get(party.id, ()))
    changed = False
    for claim, home in given.own.items():
        if claim.type in ADDRESSES and (claim in said or (claim in given.added and kinds[claim.type] > 1)):
            changed |= rules.prefer(party, claim.type, Primary(home.identity_id, tx.now, claim in said))
    return changed
