"""Agents who follow tickets, and who look at one now."""

from uuid import UUID

from services.support.attention import store
from services.support.attention.schemas import FollowedTicket, NewViewer, TicketFollowers, TicketViewers
from services.support.tickets import commands as tickets
from services.support.tickets.domain.ticket import common
from shared.engine.event import Emission
from shared.engine.transaction import Transaction
from shared.errors import NotFound, Refused
from shared.events.followers import TicketFollowed, TicketUnfollowed

_MOST_FOLLOWERS = 100
"""Of one ticket; a whole department is told by its queue."""


class TooManyFollowersError(Refused):
    status = 409
    reason = "too_many_followers"


async def follow(tx: Transaction, ticket_id: UUID, agent: str) -> TicketFollowers:
    """From now on they are told; who follows it already does so once. Raises NotFound and TooManyFollowersError."""
    ticket = await tickets.lock_ticket(tx, ticket_id)
    if await store.add_follower(tx, ticket_id, agent, tx.now, ticket.version):
        tx.emit([Emission(TicketFollowed(**common(ticket, tx.now), agent=agent), tx.now)])
    followers = await store.find_followers(tx, ticket_id)
    if len(followers) > _MOST_FOLLOWERS:
        raise TooManyFollowersError(f"{_MOST_FOLLOWERS} agents follow it already")
    return TicketFollowers(items=followers)


async def unfollow(tx: Transaction, ticket_id: UUID, agent: str) -> TicketFollowers:
    """Raises NotFound for a ticket that is not known; who did not follow it does not, either."""
    ticket = await tickets.lock_ticket(tx, ticket_id)
    if await store.remove_follower(tx, ticket_id, agent):
        tx.emit([Emission(TicketUnfollowed(**common(ticket, tx.now), agent=agent), tx.now)])
    return TicketFollowers(items=await store.find_followers(tx, ticket_id))


async def find_followers(tx: Transaction, ticket_id: UUID) -> TicketFollowers:
    """Raises NotFound."""
    await _require_ticket(tx, ticket_id)
    return TicketFollowers(items=await store.find_followers(tx, ticket_id))


async def find_attention(tx: Transaction, ticket_id: UUID) -> tuple[TicketFollowers, TicketViewers]:
    """Who follows a ticket that is known, and who looks at it now."""
    followers, viewers = await store.find_attention(tx, ticket_id)
    return TicketFollowers(items=followers), TicketViewers(items=viewers)


async def list_followed(
    tx: Transaction, agent: str, before: int | None, limit: int, *, news: bool
) -> list[FollowedTicket]:
    return await store.list_followed(tx, agent, before, limit, news=news)


async def look(tx: Transaction, ticket_id: UUID, agent: str, new: NewViewer) -> TicketViewers:
    """They are there; a follower has seen what is shown to them. Raises NotFound."""
    if not await store.save_viewer(tx, ticket_id, agent, new.doing):
        raise NotFound("no ticket has this id")
    if new.seen_version is not None:
        await store.save_seen(tx, ticket_id, agent, new.seen_version)
    return TicketViewers(items=await store.find_viewers(tx, ticket_id))


async def leave(tx: Transaction, ticket_id: UUID, agent: str) -> TicketViewers:
    """Raises NotFound for a ticket that is not known; who was not there is not, either."""
    await _require_ticket(tx, ticket_id)
    await store.forget_viewer(tx, ticket_id, agent)
    return TicketViewers(items=await store.find_viewers(tx, ticket_id))


async def find_viewers(tx: Transaction, ticket_id: UUID) -> TicketViewers:
    """Raises NotFound."""
    await _require_ticket(tx, ticket_id)
    return TicketViewers(items=await store.find_viewers(tx, ticket_id))


async def take_back(tx: Transaction, told: TicketFollowed | TicketUnfollowed) -> None:
    """After a restore: who follows a ticket; what they have seen of it is not known."""
    if isinstance(told, TicketFollowed):
        await store.add_follower(tx, told.ticket_id, told.agent, told.recorded_at, 0)
    else:
        await store.remove_follower(tx, told.ticket_id, told.agent)


async def _require_ticket(tx: Transaction, ticket_id: UUID) -> None:
    if await tickets.find_party_of_ticket(tx, ticket_id) is None:
        raise NotFound("no ticket has this id")
