"""Replies that are kept for use again: written, removed, and filled in for a ticket."""

from uuid import UUID

from services.support.canned import store
from services.support.canned.domain import Filled, choose_language, fill
from services.support.canned.schemas import CannedReply, CannedVersion, NewCannedReply
from services.support.canned.store import Known
from shared.engine.transaction import Transaction
from shared.errors import Invalid, NotFound, Stale
from shared.http.versions import Versions


async def define(tx: Transaction, name: str, new: NewCannedReply, agent: str, versions: Versions) -> CannedVersion:
    """Write a reply, or write it anew; under version 0 only one that is not there yet. Raises Stale."""
    known = await store.lock_reply(tx, name)
    is_new = known is None and (versions is None or 0 in versions)
    if is_new and await store.add_reply(tx, name, new.texts, agent, tx.now):
        return CannedVersion(name=name, version=1)
    known = known or await store.lock_reply(tx, name)  # another request may have added it meanwhile
    _require_version(known, versions)
    assert known is not None  # else it was added, or was not what the version says
    await store.save_reply(tx, name, new.texts, agent, tx.now)
    return CannedVersion(name=name, version=known.version + 1)


async def remove(tx: Transaction, name: str, versions: Versions) -> CannedVersion:
    """Raises NotFound and Stale."""
    known = await store.lock_reply(tx, name)
    if known is None or known.removed:
        raise NotFound("no reply is called so")
    _require_version(known, versions)
    await store.remove_reply(tx, name, tx.now)
    return CannedVersion(name=name, version=known.version + 1)


async def read_reply(tx: Transaction, name: str) -> CannedReply:
    """Raises NotFound."""
    found = await store.find_reply(tx, name)
    if found is None:
        raise NotFound("no reply is called so")
    return found


async def list_replies(tx: Transaction, after: str, limit: int) -> list[CannedReply]:
    return await store.list_replies(tx, after, limit)


async def fill_in(tx: Transaction, name: str, ticket_id: UUID, language: str | None) -> Filled:
    """The reply for a ticket, in a language or that of its customer. Raises NotFound, and Invalid without that text."""
    reply = await read_reply(tx, name)
    found = await store.find_values(tx, ticket_id)
    if found is None:
        raise NotFound("no ticket has this id")
    if language is not None and language not in reply.texts:
        raise Invalid(f"it is written in {', '.join(sorted(reply.texts))}", field="language")
    spoken = language or choose_language(reply.texts, found.languages)
    return fill(spoken, reply.texts[spoken], found.values)


def _require_version(known: Known | None, versions: Versions) -> None:
    """A name that nothing stands under is at version 0, beside that which it had before it was removed."""
    held = {0} if known is None else {known.version, 0} if known.removed else {known.version}
    if versions is not None and held.isdisjoint(versions):
        state = {"version": known.version} if known else None
        raise Stale("the reply has changed; read it again", field="If-Match", state=state)
