"""Parties as people of the company write them: the same way in as for facts, with answers instead of parking."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from services.contacts import admission
from services.contacts.admission import Admitted, Mention
from services.contacts.domain import party as rules
from services.contacts.domain.identity import Claim, Home, claims
from services.contacts.domain.party import Party
from services.contacts.domain.resolution import Resolution, Used
from services.contacts.models import PartyState, Upserted
from services.contacts.settings import Context
from services.contacts.store import parties as store
from shared.engine.transaction import Transaction
from shared.errors import Invalid, NotFound, Refused, Stale
from shared.events.ingest import ReportedIdentity, ReportedParty
from shared.events.parties import PartyDescribed
from shared.ids import new_id

_PROFILE = TypeAdapter(ReportedParty)
_SHOWN = tuple(PartyState.model_fields.keys() - {"id"})


class Taken(Refused):
    """An identity belongs to another party; `state` is that party."""

    status = 409
    reason = "duplicate_identity"


async def create(tx: Transaction, profile: ReportedParty) -> dict[str, Any]:
    """A new party. Raises Taken where an identity is known, Invalid where there is nothing to know the party by."""
    admitted = await admission.admit(tx, [_mention(tx, profile)], strangers=True)
    party_id = admitted.resolution.used[0].party_id
    if party_id not in admitted.resolution.founded:
        raise await _taken(tx, party_id, admitted.resolution.joined)
    return _state((await _publish(tx, admitted))[party_id])


async def upsert(tx: Transaction, items: Sequence[Mapping[str, Any]]) -> list[Upserted]:
    """Each profile creates its party or is submitted to it as of now, in order; a result an item."""
    results, mentions, places = [], [], []
    for index, item in enumerate(items):
        result = Upserted(index=index, status="unchanged")
        try:
            mentions.append(_mention(tx, _PROFILE.validate_python(item)))
            places.append(result)
        except ValidationError as error:
            names = {".".join(map(str, problem["loc"])) for problem in error.errors(include_input=False)}
            result.status, result.detail = "refused", f"not acceptable: {', '.join(sorted(names))}"
        except Invalid as error:
            result.status, result.detail = "refused", str(error)
        results.append(result)
    if mentions:
        admitted = await admission.admit(tx, mentions)
        await _publish(tx, admitted)
        for place, (result, used) in enumerate(zip(places, admitted.resolution.used, strict=True)):
            result.id, result.version = str(used.party_id), admitted.parties[used.party_id].version
            if admitted.resolution.founded.get(used.party_id) == place:
                result.status = "created"
            elif place in admitted.changers:
                result.status = "updated"
    return results


async def amend(
    tx: Transaction, party_id: UUID, values: Mapping[str, Any], added: ReportedParty, version: int | None
) -> dict[str, Any]:
    """Set `values` as of now and add the identities and roles of `added`.

    Raises NotFound, Taken where an identity is another's, and Stale where the party is no longer of `version`.
    """
    joined = await _join(tx, party_id, _usable(added.identities, _region(tx)))
    party = (await store.lock_parties(tx, [party_id])).get(party_id)
    if party is None:
        raise NotFound("no party has this id")
    if version not in {None, party.version}:
        raise Stale("the party has changed; read it again", field="If-Match", state=await _load_state(tx, party))
    fields = rules.amend(party, values, tx.now) | rules.add_roles(party, added.roles)
    if joined:
        fields.add("identities")
    if not fields:
        return await _load_state(tx, party)
    party.version += 1
    mention = Mention((), added, tx.now, tx.now, None)
    admitted = Admitted([mention], Resolution([Used(party_id, None, None)], joined), {party_id: party})
    admitted.change(0, fields)
    return _state((await _publish(tx, admitted))[party_id])


async def _join(tx: Transaction, party_id: UUID, named: Sequence[Claim]) -> dict[Claim, Home]:
    """Give the party those identities that nobody has; identities are locked before their party."""
    if not named:
        return {}
    homes, _ = await store.find_homes(tx, named)
    joined = {claim: Home(party_id, new_id()) for claim in named if claim not in homes}
    if joined and len(await store.add_identities(tx, joined)) < len(joined):
        homes.update((await store.find_homes(tx, list(joined)))[0])
    for home in homes.values():
        if home.party_id != party_id and home not in joined.values():
            raise await _taken(tx, home.party_id, joined)
    return joined


async def _publish(tx: Transaction, admitted: Admitted) -> dict[UUID, PartyDescribed]:
    """Save and announce what changed; returns the new descriptions."""
    emissions = await admission.announce(tx, admitted)
    await store.save_parties(tx, [admitted.parties[party_id] for party_id in admitted.changes])
    tx.emit(emissions)
    return {data.party_id: data for emission in emissions if isinstance(data := emission.data, PartyDescribed)}


def _mention(tx: Transaction, profile: ReportedParty) -> Mention:
    if not profile.identities and not profile.name:
        raise Invalid("a party has a name or an identity", field="body.name")
    country = profile.address.country if profile.address else None
    return Mention(_usable(profile.identities, country or _region(tx)), profile, tx.now, tx.now, None, overwrites=True)


def _region(tx: Transaction) -> str:
    context: Context = tx.context
    return context.default_region


def _usable(identities: Sequence[ReportedIdentity], region: str) -> tuple[Claim, ...]:
    """Every identity as a claim; raises Invalid with the first that cannot be used."""
    for place, identity in enumerate(identities):
        if identity.type == "external" and not identity.system:
            raise Invalid("an external identity names its system", field=f"body.identities.{place}.system")
        if not claims([identity], source="", region=region):
            raise Invalid(f"this is no usable {identity.type}", field=f"body.identities.{place}.value")
    return claims(identities, source="", region=region)


async def _taken(tx: Transaction, party_id: UUID, joined: Mapping[Claim, Home]) -> Taken:
    """The refusal, with the party as it is without what this transaction added."""
    await store.forget_identities(tx, [home.identity_id for home in joined.values()])
    stored = (await store.lock_parties(tx, [party_id]))[party_id]
    return Taken(
        "one of these identities belongs to another party",
        field="body.identities",
        state=await _load_state(tx, stored),
    )


async def _load_state(tx: Transaction, party: Party) -> dict[str, Any]:
    identities = await store.load_identities(tx, [party.id])
    return _state(rules.describe(party, identities.get(party.id, ()), tx.now))


def _state(described: PartyDescribed) -> dict[str, Any]:
    return {"id": described.party_id} | {name: getattr(described, name) for name in _SHOWN}
