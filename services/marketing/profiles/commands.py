"""What conditions may ask of parties, gathered from where it is kept."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from services.marketing.copies import commands as copies
from services.marketing.copies.domain import Party, gather
from services.marketing.enrolments import commands as enrolments
from services.marketing.profiles import store
from services.marketing.profiles.domain import Bought, PartyFacts
from services.marketing.settings import Context
from services.marketing.suppressions import commands as suppressions
from shared.engine.transaction import Transaction

_OF_SALES = frozenset({"sales", "spent", "days_since_sale"})


async def load_facts(tx: Transaction, parties: Collection[UUID], asked: Collection[str]) -> dict[UUID, PartyFacts]:
    """Of each party what is `asked`, by the names that conditions have for it (`spent`, `stage`), also of those that it
    was merged with.
    """
    if not asked:
        return {}
    known = await copies.load_profiles(tx, parties, asked)
    everybody: set[UUID] = set().union(*known.families.values(), parties)
    sales: Mapping[UUID, Sequence[tuple[datetime, int, str]]] = {}
    if not _OF_SALES.isdisjoint(asked):
        sales = gather(await enrolments.load_bought(tx, everybody), known.families)
    context: Context = tx.context
    tags = await store.load_tags(tx, everybody) if "tags" in asked else {}
    suppressed = await suppressions.load_suppressions(tx, parties, known.families) if "consent" in asked else {}
    return {
        party: PartyFacts(
            known.parties.get(party),
            [Bought(*each) for each in sales.get(party, ())],
            known.stages.get(party, ()),
            known.scores.get(party, ()),
            known.tickets.get(party, ()),
            [*known.consents.get(party, ()), *(each.statement() for each in suppressed.get(party, ()))],
            frozenset().union(*(tags.get(each, frozenset()) for each in known.families.get(party, [party]))),
            zone=_zone_of(known.parties.get(party), context),
        )
        for party in parties
    }


def _zone_of(party: Party | None, context: Context) -> str:
    return (party.time_zone if party else None) or context.time_zone


async def save_tags(tx: Transaction, tags: Mapping[tuple[UUID, str], bool]) -> None:
    """Added where True, else taken away."""
    await store.save_tags(tx, tags)
