"""Keeps from when to when parties have their roles."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from services.contacts.completeness import commands as completeness
from services.contacts.parties import commands as parties
from services.contacts.parties.commands import erased
from services.contacts.parties.commands.admitted import Admitted
from services.contacts.parties.commands.aliases import describe_anew, find_family, lock_family
from services.contacts.parties.domain import party as rules
from services.contacts.roles import domain, store
from services.contacts.roles.domain import PartyRole
from services.contacts.roles.schemas import RoleBody, RoleView
from shared.engine.event import Emission, Event, caused_id
from shared.engine.transaction import Transaction
from shared.errors import Invalid, NotFound, Refused
from shared.events.roles import RoleEnded, RoleGranted
from shared.ids import new_id


class Held(Refused):
    """The party has the role already; `state` says since when."""

    status = 409
    reason = "held"


class Ended(Refused):
    """It was ended before; `state` is the role as it is."""

    status = 409
    reason = "ended"


async def keep(tx: Transaction, admitted: Admitted) -> None:
    """The roles that mentions gave to their parties, each since the day of its fact; nothing to do for most batches."""
    granted = []
    for place, party_id, role in admitted.granted:
        mention = admitted.mentions[place]
        id_ = caused_id(mention.cause, "role", party_id, role)
        granted.append((place, PartyRole(id_, party_id, role, mention.time.date(), None, mention.now)))
    new = await store.add_roles(tx, [each for _, each in granted])
    for place, each in granted:
        if each.id not in new:
            continue
        mention, party = admitted.mentions[place], admitted.parties[each.party_id]
        said = domain.announce_granted(party, each, mention.origin)
        event_id = caused_id(mention.cause, "role granted", each.party_id, each.role)
        tx.emit([Emission(said, mention.time, mention.cause, event_id, party.partition)])


async def grant(tx: Transaction, party_id: UUID, body: RoleBody) -> RoleView:
    """Give the party, or the one that it goes on as, a role. Raises NotFound, Erased, Held, and Invalid for a day
    after today and for one on which the party had the role before.
    """
    await erased.require(tx, party_id)
    party, *_ = await lock_family(tx, party_id)
    before = await store.load_roles(tx, party.id, body.role)
    if before and before[0].ended_on is None:
        raise Held("the party has this role", state=domain.view(before[0]).model_dump(mode="json"))
    since = date.fromisoformat(body.since) if body.since else tx.now.date()
    if fault := domain.fault_of_beginning(since, tx.now.date(), before):
        raise Invalid(fault, field="body.since")
    granted = PartyRole(new_id(), party.id, body.role, since, None, tx.now)
    is_shown = body.role in rules.shown_roles(party)
    party.roles = sorted({*party.roles, body.role})
    if is_shown:
        await parties.save_parties(tx, [party])
    else:
        await describe_anew(tx, [(party, ["roles"])])
    await store.add_roles(tx, [granted])
    tx.emit([Emission(domain.announce_granted(party, granted, None), tx.now, partition=party.partition)])
    await completeness.rescore(tx, [party])
    return domain.view(granted)


async def end(tx: Transaction, role_id: UUID, on: str | None) -> RoleView:
    """Raises NotFound, Erased, Ended, and Invalid for a day before it began or after today."""
    stored = await store.load_role(tx, role_id)
    if stored is None:
        raise NotFound("no role has this id")
    await erased.require(tx, stored.party_id)
    family = {party.id: party for party in await lock_family(tx, stored.party_id)}
    role = await store.load_role(tx, role_id)
    assert role is not None  # none is ever removed
    if role.ended_on is not None:
        raise Ended("the role was ended before", state=domain.view(role).model_dump(mode="json"))
    day = date.fromisoformat(on) if on else tx.now.date()
    if day > tx.now.date() or (role.since is not None and day < role.since):
        raise Invalid("a role ends between the day on which it began and today", field="body.on")
    done, party = replace(role, ended_on=day), family[role.party_id]
    rules.end_role(party, role.role, tx.now)
    others = [each for each in domain.without_ended(family, role.role) if each.id != party.id]
    await describe_anew(tx, [(each, ["roles"]) for each in (party, *others)])
    await store.end_role(tx, role_id, day)
    tx.emit([Emission(domain.announce_ended(party, done, tx.now), tx.now, partition=party.partition)])
    await completeness.rescore(tx, [party, *others])
    return domain.view(done)


async def list_views(tx: Transaction, party_id: UUID, after: UUID | None, limit: int) -> list[RoleView] | None:
    """Of a party and those merged into it; None where there is no such party."""
    family = await find_family(tx, party_id)
    if not family:
        return None
    return [domain.view(each) for each in await store.list_roles(tx, family, after, limit)]


async def take_back(tx: Transaction, events: Sequence[Event[RoleGranted | RoleEnded]]) -> None:
    """After a restore: the roles that were told, and which of them ended: older facts do not give these again."""
    known = await parties.lock_parties(tx, {event.data.party_id for event in events})
    for event in events:
        role = domain.told(event.data)
        await store.add_roles(tx, [role])
        party = known.get(role.party_id)
        if role.ended_on is not None:
            await store.end_role(tx, role.id, role.ended_on)
            if party is not None:
                rules.end_role(party, role.role, role.recorded_at)
        elif party is not None:
            party.roles = sorted({*party.roles, role.role})
    await parties.save_parties(tx, known.values())
