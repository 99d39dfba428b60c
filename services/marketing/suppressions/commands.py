"""Takes back consent by the link of a letter, and tells who wants nothing more."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Literal
from uuid import UUID

from services.marketing.copies import commands as copies
from services.marketing.copies.domain import gather
from services.marketing.settings import Context
from services.marketing.suppressions import store
from services.marketing.suppressions.domain import (
    SOFT_BOUNCES,
    SOFT_WITHIN,
    LiftedAddress,
    Link,
    Links,
    ReturnedIdentity,
    StoppedAddress,
    Suppression,
    address_of,
    announce_lift,
    announce_stop,
    announce_withdrawal,
    name_of,
    read_link,
    returned_by,
    suppress,
)
from services.marketing.suppressions.schemas import Because
from shared.engine.event import Event, Tombstone
from shared.engine.transaction import Transaction
from shared.events.addresses import AddressLifted, AddressStopped
from shared.events.parties import PartyDescribed
from shared.events.returned import MessageBounced, MessageComplained
from shared.http.forms import Language, language_of
from shared.ids import dated_id


def links_of(context: Context) -> Links:
    return Links(context.public_url, context.unsubscribe_secret, context.unsubscribe_valid)


def find_link(tx: Transaction, token: str) -> Link:
    """What a token says at the time of the transaction. Raises LinkRefused and LinkExpired."""
    context: Context = tx.context
    return read_link(token, context.unsubscribe_secret, tx.now)


async def find_language(tx: Transaction, link: Link) -> Language:
    """What the reader is shown; of an erased party nothing is known any more."""
    party = (await copies.load_parties(tx, [link.party_id])).get(link.party_id)
    return language_of(party.locale if party else None)


async def unsubscribe(tx: Transaction, link: Link) -> Suppression | None:
    """Decisions obey it from this commit on; everybody else learns it on crm.ingest. None: it was asked before."""
    known = await copies.load_copies(tx, [link.party_id], (), with_tickets=False)
    before = await store.load_suppressions(tx, [link.party_id])
    said = [*known.consents.get(link.party_id, ()), *(each.statement() for each in before.get(link.party_id, ()))]
    suppression = suppress(link, said, tx.now)
    if not await store.add_suppression(tx, suppression, left=True):
        return None
    party = known.parties.get(link.party_id)
    if party is not None and party.email:
        tx.emit([announce_withdrawal(suppression, party.email)])
    return suppression


async def add_suppression(tx: Transaction, suppression: Suppression, *, left: bool) -> bool:
    """False where it stands already."""
    return await store.add_suppression(tx, suppression, left=left)


async def load_suppressions(
    tx: Transaction, parties: Collection[UUID], families: Mapping[UUID, Sequence[UUID]] | None = None
) -> Mapping[UUID, Sequence[Suppression]]:
    """Of each party its own, and those of all that it was merged with."""
    merged = families or {}
    return gather(await store.load_suppressions(tx, set(parties).union(*merged.values())), merged)


async def find_stopped(tx: Transaction, addresses: Collection[str]) -> dict[str, str]:
    """Of these addresses those that nothing is sent to, each with what stopped it."""
    key = await store.load_key(tx)
    names = {address: name_of(address, key) for address in addresses}
    stopped = await store.find_stopped(tx, set(names.values()))
    return {address: stopped[name].cause for address, name in names.items() if name in stopped}


async def find_address(tx: Transaction, address: str) -> StoppedAddress | None:
    return await _find(tx, await _name_of(tx, address))


async def list_address(tx: Transaction, address: str) -> StoppedAddress:
    """Nothing is sent to it from this commit on; what stopped it first stands. Told also where something stood."""
    name = await _name_of(tx, address)
    request = dated_id(int(tx.now.timestamp() * 1000), "stopped", name, tx.now.isoformat())
    asked = StoppedAddress(name, "listed", str(request), tx.now)
    await store.stop_address(tx, asked)
    stopped = await _find(tx, name)
    assert stopped is not None
    tx.emit([announce_stop(replace(asked, stopped_at=max(tx.now, stopped.stopped_at)))])
    return stopped


async def lift_address(tx: Transaction, address: str, because: Because | None, agent: str | None) -> bool:
    """False where it was not stopped."""
    lifted = await store.lift_address(tx, await _name_of(tx, address), because, agent)
    if lifted is not None:
        tx.emit([announce_lift(lifted)])
    return lifted is not None


async def find_lifted(tx: Transaction, address: str) -> LiftedAddress | None:
    """The last time that it was let go, and why."""
    return await store.find_lifted(tx, await _name_of(tx, address))


async def note_bounce(
    tx: Transaction, message: UUID, address: str, kind: Literal["hard", "soft", "complaint"]
) -> StoppedAddress | None:
    """A hard bounce and a complaint stop the address, a soft one only as the third within thirty days."""
    name = await _name_of(tx, address)
    reason: Literal["hard_bounce", "complaint", "soft_bounces"] = "hard_bounce" if kind == "hard" else "complaint"
    if kind == "soft":
        await store.add_soft_bounce(tx, message, name, tx.now)
        if await store.count_soft_bounces(tx, name, tx.now - SOFT_WITHIN) < SOFT_BOUNCES:
            return None
        reason = "soft_bounces"
    await store.stop_address(tx, StoppedAddress(name, reason, str(message), tx.now))
    return await _find(tx, name)


async def take_back(tx: Transaction, returned: Sequence[Event[MessageBounced | MessageComplained]]) -> None:
    """After a restore: who complained gets no more letters, addresses that came back are stopped, or counted where that
    was not the last time; one that nobody has here yet, once a description tells it.
    """
    for event in returned:
        said = event.data
        if isinstance(said, MessageComplained):
            suppression = Suppression(
                UUID(event.id), said.party_id, "marketing", "", "email", said.message_id, said.recorded_at
            )
            await store.add_suppression(tx, suppression, left=False)
    told = [each for event in returned for each in returned_by(event.data)]
    parties = await copies.load_parties(tx, {each.party_id for each in told}) if told else {}
    for each in told:
        party = parties.get(each.party_id)
        address = address_of(each, party)
        if address is None:
            await store.stop_identity(tx, each)
            # It was described before the identity of its only address was kept, so that it may be this one.
            address = party.email if party and party.email_id is None and not party.emails else None
        if address is not None:
            await _take_back(tx, each, address)


async def take_back_by_hand(tx: Transaction, told: Sequence[Event[AddressStopped | AddressLifted]]) -> None:
    """After a restore: what people stopped and let go, in any order beside what came back."""
    for event in told:
        said, id_ = event.data, UUID(event.id)
        if isinstance(said, AddressStopped):
            stopped = StoppedAddress(said.address_id, "listed", str(id_), said.recorded_at)
            await store.stop_address_again(tx, stopped)
        else:
            by, at = said.stopped_by, said.recorded_at
            await store.lift_address_again(tx, LiftedAddress(id_, said.address_id, said.because, said.agent, by, at))


async def stop_described(tx: Transaction, events: Sequence[Event[PartyDescribed | Tombstone]]) -> None:
    """Addresses that were taken back by their identities alone, as soon as a description tells them."""
    addresses = {
        each.id: each.value
        for event in events
        if isinstance(event.data, PartyDescribed)
        for each in event.data.identities
        if each.type == "email"
    }
    for returned in await store.take_identities(tx, addresses) if addresses else ():
        await _take_back(tx, returned, addresses[returned.identity_id])


async def _take_back(tx: Transaction, returned: ReturnedIdentity, address: str) -> None:
    name = await _name_of(tx, address)
    stopped = returned.stop_of(name)
    if stopped is not None:
        await store.stop_address_again(tx, stopped)
    else:
        await store.add_soft_bounce(tx, UUID(returned.cause), name, returned.stopped_at)


async def _name_of(tx: Transaction, address: str) -> UUID:
    return name_of(address, await store.load_key(tx))


async def _find(tx: Transaction, name: UUID) -> StoppedAddress | None:
    return (await store.find_stopped(tx, [name])).get(name)
