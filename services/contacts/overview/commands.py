"""The 360 view as it was known at a time, and what stands around a party now."""

from datetime import datetime, timedelta
from uuid import UUID

from services.contacts.completeness import domain as completeness
from services.contacts.completeness.domain import Assessment
from services.contacts.consents.commands import load_family_state
from services.contacts.lifecycle.commands import load_family_at
from services.contacts.overview import store
from services.contacts.overview.domain import fold_stages, identities_of, lifecycle_view
from services.contacts.overview.schemas import LifecycleView, PartyOverview, PartyView
from services.contacts.overview.store import Most, Told
from services.contacts.parties.commands.aliases import find_family, find_family_at
from services.contacts.parties.commands.past import load_revisions, require_past
from services.contacts.settings import Context
from services.contacts.timeline.commands import load_lines_at
from shared.engine.transaction import Transaction
from shared.http.paging import first_page

_PURCHASES, _LISTED = 24, 50


async def load_view_at(tx: Transaction, party_id: UUID, at: datetime) -> PartyView | None:
    """By what was recorded up to then: the descriptions that were published, and the lines that the timeline has.

    None where the party was not known then.
    """
    require_past(tx, at)
    context: Context = tx.context
    family = await find_family_at(tx, party_id, at)
    if not family:
        return None
    revisions = await load_revisions(tx, family, at)
    described = [each for id_ in family if (each := revisions[id_].described) is not None]
    first, end = await context.months.bounds(tx)
    told = Told(family, first, min(end, at + timedelta(microseconds=1)))
    survivor = described[0]
    return PartyView(
        **{name: getattr(survivor, name) for name in _OF_DESCRIPTIONS},
        id=survivor.party_id,
        registered_at=revisions[survivor.party_id].registered_at,
        identities=identities_of(described),
        flagged_identities=await store.load_flagged_at(tx, family, at),
        lifecycle=await _load_lifecycle(tx, told, at),
        totals=await store.load_totals_at(tx, told),
        consents=await load_family_state(tx, family, at),
        open_tickets=await store.load_tickets_at(tx, told),
        messages=await store.load_messages_at(tx, told),
        timeline=await load_lines_at(tx, family, at, store.LINES),
    )


async def load_around(tx: Transaction, party_id: UUID) -> tuple[int, PartyOverview] | None:
    """What stands around a party, with what was merged into it, and the version of its description; None where there is
    none.
    """
    context: Context = tx.context
    family = await find_family(tx, party_id)
    found = await store.load_around(tx, context.months, family, Most(_PURCHASES, _LISTED + 1))
    if found is None:
        return None
    assessment = None if found.score is None else Assessment(found.score, found.missing)
    return found.version, PartyOverview(
        party_id=family[0],
        name=found.name,
        completeness=None if assessment is None else completeness.say(family[0], assessment),
        purchases=found.purchases,
        relations=first_page(found.relations, _LISTED, lambda each: (each.id,)),
        roles=first_page(found.roles, _LISTED, lambda each: (each.id,)),
    )


_OF_DESCRIPTIONS = (
    "version",
    "kind",
    "name",
    "address",
    "birth_date",
    "locale",
    "time_zone",
    "roles",
    "owner",
    "merged_into",
    "addresses",
    "tags",
    "custom",
)


async def _load_lifecycle(tx: Transaction, told: Told, at: datetime) -> LifecycleView:
    stages = fold_stages(await store.load_stages_at(tx, told))
    if len(told.family) == 1:
        return lifecycle_view(stages.get(told.family[0], []))
    sold = await store.load_sales_at(tx, told)
    every = [stay for stays in stages.values() for stay in stays]
    return lifecycle_view(await load_family_at(tx, told.family, sold, every, at))
