"""Profiles as people of the company write them: the same way in as for facts, with answers instead of parking."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_jsonable_python

from services.contacts.completeness import commands as completeness
from services.contacts.matching import commands as matching
from services.contacts.parties import commands as parties
from services.contacts.parties.commands import addresses, identities
from services.contacts.parties.commands.admitted import Admitted
from services.contacts.parties.commands.mention import Mention
from services.contacts.parties.domain import party as rules
from services.contacts.parties.domain.details import KINDS, amend_details, has_all_tags, set_tags, shown_details
from services.contacts.parties.domain.identity import Claim, Home, Reading, primary_claims, read_identities
from services.contacts.parties.domain.party import Party
from services.contacts.parties.domain.resolution import Assignment, Resolution
from services.contacts.parties.schemas import PartyState
from services.contacts.profiles.schemas import Upserted
from services.contacts.roles import commands as roles
from services.contacts.search import commands as search
from services.contacts.settings import Context
from shared.engine.transaction import Transaction
from shared.errors import BadRecord, Invalid, NotFound, Refused, Stale, field_of
from shared.events.ingest import Address, ReportedIdentity, ReportedParty
from shared.events.parties import PartyDescribed
from shared.events.values import AddressKind, CustomValue, PartyKind
from shared.http.gathering import Apart
from shared.http.versions import Versions

NAMELESS = "a party has a name or an identity"
_PROFILE = TypeAdapter(ReportedParty)
_SHOWN = tuple(PartyState.model_fields.keys() - {"id"})


class Taken(Refused):
    """An identity belongs to another party; `state` is that party."""

    status = 409
    reason = "duplicate_identity"


async def create(tx: Transaction, profile: ReportedParty) -> dict[str, Any]:
    """A new party. Raises Taken where an identity is known, Invalid where there is nothing to know the party by."""
    admitted = await parties.admit(tx, [_mention(tx, profile)], expect_new=True)
    party_id = admitted.resolution.assigned[0].party_id
    for _, claim in admitted.resolution.surplus:
        raise _no_room(claim)
    others = [suspicion.other_id for suspicion in admitted.resolution.suspicions.values()]
    if party_id not in admitted.resolution.founded or others:
        other_id = others[0] if party_id in admitted.resolution.founded else party_id
        raise await _taken(tx, other_id, admitted.resolution.added)
    (described,) = await _write(tx, admitted)
    return _state(described)


async def create_together(tx: Transaction, profiles: Sequence[ReportedParty]) -> list[dict[str, Any] | Invalid]:
    """Each as `create` does it. Raises Apart where an identity is known, has no room, or is another's of these."""
    answers: dict[int, dict[str, Any] | Invalid] = {}
    places, mentions = [], []
    for place, profile in enumerate(profiles):
        try:
            mentions.append(_mention(tx, profile))
            places.append(place)
        except Invalid as error:
            answers[place] = error
    if mentions:
        admitted = await parties.admit(tx, mentions, expect_new=True)
        if apart := _known_or_shared(admitted.resolution):
            raise Apart([places[each] for each in apart])
        described = {each.party_id: each for each in await _write(tx, admitted)}
        for place, assigned in zip(places, admitted.resolution.assigned, strict=True):
            answers[place] = _state(described[assigned.party_id])
    return [answers[place] for place in range(len(profiles))]


def _known_or_shared(resolution: Resolution) -> set[int]:
    """The places of what does not found a party of its own with all that it names."""
    named = {*resolution.surplus.values(), *resolution.shared.values()}
    named.update(suspicion.fact for suspicion in resolution.suspicions.values())
    return named | (set(range(len(resolution.assigned))) - set(resolution.founded.values()))


async def upsert(tx: Transaction, items: Sequence[object]) -> list[Upserted]:
    """Each profile creates its party or is submitted to it as of now, in order; a result an item."""
    results = [Upserted(index=index, status="unchanged") for index in range(len(items))]
    accepted = [
        (result, mention) for result, item in zip(results, items, strict=True) if (mention := _read(tx, item, result))
    ]
    if accepted:
        await _submit(tx, accepted)
    return results


async def _submit(tx: Transaction, accepted: Sequence[tuple[Upserted, Mention]]) -> None:
    """All at once; where one of them leads to more than a topic takes, it is found by halves and refused alone."""
    try:
        async with tx.savepoint():
            await _submit_together(tx, accepted)
    except BadRecord as error:
        if len(accepted) == 1:
            (result, _), *_ = accepted
            result.status, result.detail = "refused", str(error)
            return
        half = len(accepted) // 2
        await _submit(tx, accepted[:half])
        await _submit(tx, accepted[half:])


async def _submit_together(tx: Transaction, accepted: Sequence[tuple[Upserted, Mention]]) -> None:
    admitted = await parties.admit(tx, [mention for _, mention in accepted])
    scored = await completeness.score(tx, admitted)
    await parties.describe(tx, admitted)
    tx.emit(scored)
    await roles.keep(tx, admitted)
    await search.index(tx, admitted)
    await matching.suspect(tx, admitted)
    await parties.save(tx, admitted)
    left_out = set(admitted.resolution.surplus.values())
    for place, (result, _) in enumerate(accepted):
        party_id = admitted.resolution.assigned[place].party_id
        result.id, result.version = str(party_id), admitted.parties[party_id].version
        if not has_all_tags(admitted.parties[party_id], accepted[place][1].reported.tags):
            result.detail = "the party has no room for some of these tags, which were left out"
        if place in left_out:
            result.detail = "the party has no room for one of these identities, which was left out"
        if admitted.resolution.founded.get(party_id) == place:
            result.status = "created"
        elif place in admitted.changing:
            result.status = "updated"


class Written(NamedTuple):
    """What people of the company write of a party. With `is_whole` the addresses and own fields that they leave out are
    emptied; `tags` are all that it has, None leaves them as they are.
    """

    values: Mapping[str, Any]
    addresses: Mapping[AddressKind, Address | None]
    tags: Sequence[str] | None
    custom: Mapping[str, CustomValue | None]
    is_whole: bool = False


async def amend(
    tx: Transaction, party_id: UUID, written: Written, added: ReportedParty, versions: Versions
) -> dict[str, Any]:
    """Set what is written as of now and add the identities and roles of `added`.

    Raises NotFound, Taken where an identity is another's, Stale where the party is of none of `versions`, and Invalid
    where nothing would be left to know the party by.
    """
    reading = _reading(tx)
    claims = _usable(added.identities, reading)
    given = await identities.add_identities(tx, party_id, claims)
    if given.other_id is not None:
        raise await _taken(tx, given.other_id, given.added)
    party = await parties.lock_party(tx, party_id)
    if party is None:
        raise NotFound("no party has this id")
    if versions is not None and party.version not in versions:
        state = _state(await parties.describe_stored(tx, party))
        raise Stale("the party has changed; read it again", field="If-Match", state=state)
    if given.surplus is not None:
        raise _no_room(given.surplus)
    before, said_at = party.roles, dict(party.said_at)
    fields = rules.amend(party, written.values, tx.now, prevails=True) | rules.add_roles(party, added.roles, tx.now)
    fields |= _amend_details(tx, party, written)
    if "name" in fields and party.name is None and not await identities.is_known_by_identity(tx, party_id):
        raise Invalid(NAMELESS, field="body.name")
    said = primary_claims(added.identities, reading)
    if await addresses.prefer_written(tx, party, given, said) or given.added:
        fields.add("identities")
    if not fields:
        if party.said_at != said_at:  # what was told before and comes later does not change it either
            await parties.save_parties(tx, [party])
        return _state(await parties.describe_stored(tx, party))
    party.version += 1
    mention = Mention((), added, tx.now, tx.now, None)
    admitted = Admitted([mention], Resolution([Assignment(party_id, None, None)], given.added), {party_id: party})
    admitted.change(0, fields)
    admitted.grant(0, before)
    (described,) = await _write(tx, admitted)
    return _state(described)


def _amend_details(tx: Transaction, party: Party, written: Written) -> set[str]:
    """Set addresses, own fields and tags. Returns what changed; raises Invalid for a field that cannot be kept."""
    context: Context = tx.context
    checked = checked_custom(context, written.custom, rules.shown(party, "kind"))
    found = {f"addresses.{kind}": to_jsonable_python(address) for kind, address in written.addresses.items()}
    found |= {f"custom.{name}": value for name, value in checked.items()}
    if written.is_whole:
        known = [name for name in shown_details(party) if not name.startswith("tags.")]
        every = [f"addresses.{kind}" for kind in KINDS] + [f"custom.{name}" for name in context.custom.fields]
        found = dict.fromkeys(known + every) | found
    changed = amend_details(party, found, tx.now, prevails=True)
    return changed if written.tags is None else changed | set_tags(party, written.tags, tx.now)


def checked_custom(
    context: Context, custom: Mapping[str, CustomValue | None], kind: PartyKind | None
) -> dict[str, CustomValue | None]:
    """In the form in which they are kept. Raises Invalid with the field that cannot be."""
    found: dict[str, CustomValue | None] = {}
    for name, value in custom.items():
        try:
            found[name] = None if value is None else context.custom.read(name, value, kind)
        except ValueError as error:
            raise Invalid(str(error), field=f"body.custom.{name}") from None
    return found


async def _write(tx: Transaction, admitted: Admitted) -> list[PartyDescribed]:
    """The parties that changed, as they are described now."""
    scored = await completeness.score(tx, admitted)
    described = await parties.describe(tx, admitted)
    tx.emit(scored)
    await roles.keep(tx, admitted)
    await search.index(tx, admitted)
    await parties.save(tx, admitted)
    return described


def _read(tx: Transaction, item: object, result: Upserted) -> Mention | None:
    """The item of a batch as a mention; None, with the reason in `result`, where it is refused."""
    try:
        return _mention(tx, _PROFILE.validate_python(item))
    except ValidationError as error:
        names = {field_of(problem, item) or "item" for problem in error.errors(include_input=False)}
        result.status, result.detail = "refused", f"not acceptable: {', '.join(sorted(names))}"
    except Invalid as error:
        result.status, result.detail = "refused", str(error)
    return None


def _mention(tx: Transaction, profile: ReportedParty) -> Mention:
    if not profile.identities and not profile.name:
        raise Invalid(NAMELESS, field="body.name")
    reading = _reading(tx, profile.address.country if profile.address else None)
    claims = _usable(profile.identities, reading)
    said = primary_claims(profile.identities, reading)
    checked = checked_custom(tx.context, profile.custom, profile.kind)
    if checked != profile.custom:
        profile = replace(profile, custom=checked)
    return Mention(claims, profile, tx.now, tx.now, None, overwrites=True, primary=said)


def _reading(tx: Transaction, country: str | None = None) -> Reading:
    context: Context = tx.context
    return Reading(context.policy, country or context.default_region)


def _no_room(claim: Claim) -> Invalid:
    reason = "another id of this system" if claim.type == "external" else f"as many {claim.type} identities as it may"
    return Invalid(f"the party has {reason}", field="body.identities")


def _usable(identities: Sequence[ReportedIdentity], reading: Reading) -> tuple[Claim, ...]:
    """Every identity as a claim; raises Invalid with the first that cannot be used."""
    for place, identity in enumerate(identities):
        if identity.type == "party":
            raise Invalid("a party's id stands in the path", field=f"body.identities.{place}.type")
        if identity.type in {"external", "anonymous"} and not identity.system:
            raise Invalid(f"an {identity.type} identity names its system", field=f"body.identities.{place}.system")
    named = read_identities(identities, reading)
    if named.flagged:
        place = next(at for at, each in enumerate(identities) if not read_identities([each], reading).claims)
        raise Invalid(f"this is no usable {identities[place].type}", field=f"body.identities.{place}.value")
    return named.claims


async def _taken(tx: Transaction, party_id: UUID, added: Mapping[Claim, Home]) -> Taken:
    """The refusal, with the other party as it is without what this transaction added."""
    await identities.forget_identities(tx, added)
    other = await parties.lock_party(tx, party_id)
    assert other is not None  # it has an identity
    return Taken(
        "one of these identities belongs to another party",
        field="body.identities",
        state=_state(await parties.describe_stored(tx, other)),
    )


def _state(described: PartyDescribed) -> dict[str, Any]:
    return {"id": described.party_id} | {name: getattr(described, name) for name in _SHOWN}
