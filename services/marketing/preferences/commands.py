"""Shows what a reader gets and takes what they choose, by the link of a letter."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from services.marketing.catalogue import commands as catalogue
from services.marketing.catalogue.domain.definition import Definition
from services.marketing.copies import commands as copies
from services.marketing.enrolments import commands as enrolments
from services.marketing.preferences import store
from services.marketing.preferences.domain.choice import (
    OptIn,
    Place,
    announce,
    end_all,
    is_on,
    places_of,
    say,
)
from services.marketing.preferences.domain.link import PreferenceLink, read_preference_link
from services.marketing.settings import Context
from services.marketing.suppressions import commands as suppressions
from services.marketing.suppressions.domain import Suppression
from shared.engine.transaction import Transaction
from shared.events.consent import Statement
from shared.http.links import LinkRefused


@dataclass(frozen=True, slots=True)
class Standing:
    """What a reader may choose, each with whether it stands, in the order in which it is shown."""

    locale: str | None
    email: str | None
    places: Mapping[Place, bool]
    statements: Sequence[Statement]


def find_link(tx: Transaction, token: str) -> PreferenceLink:
    """What a token says at the time of the transaction. Raises LinkRefused and LinkExpired."""
    context: Context = tx.context
    return read_preference_link(token, context.unsubscribe_secret, tx.now)


async def load_standing(tx: Transaction, link: PreferenceLink) -> Standing:
    """By all that is known here. Raises LinkRefused where there is nobody any more who could choose."""
    known = await copies.load_copies(tx, [link.party_id], (), with_tickets=False)
    party = known.parties.get(link.party_id)
    if party is None or party.erased_by is not None:
        raise LinkRefused("nobody chooses by this link any more")
    family = known.families.get(link.party_id, [link.party_id])
    suppressed = await suppressions.load_suppressions(tx, [link.party_id], known.families)
    said: list[Suppression | OptIn] = [*suppressed.get(link.party_id, ()), *await store.load_opt_ins(tx, family)]
    statements = [*known.consents.get(link.party_id, ()), *(each.statement() for each in said)]
    places = places_of(await _load_definitions(tx, link), statements)
    return Standing(
        party.locale, party.email, {place: is_on(place, statements, tx.now) for place in places}, statements
    )


async def _load_definitions(tx: Transaction, link: PreferenceLink) -> list[Definition]:
    """Of the campaigns in force, and of the one of the letter, which may be a mailing or have been stopped since."""
    in_force = [each.definition for each in await catalogue.load_campaigns(tx) if each.in_force]
    found = await enrolments.find_message(tx, link.message_id)
    if found is None or found[0].campaign is None or found[0].campaign_version is None:
        return in_force
    own = await catalogue.load_campaign_versions(tx, [(found[0].campaign, found[0].campaign_version)])
    return in_force + [each.definition for each in own.values()]


async def choose(
    tx: Transaction, link: PreferenceLink, shown: Collection[str], chosen: Collection[str], text_version: str
) -> int:
    """Of what was shown the chosen stands from now on, and the others do not; how much had to be said."""
    standing = await load_standing(tx, link)
    wanted = {place: place.mark in chosen for place in standing.places if place.mark in shown}
    return await _tell(tx, say(link, wanted, standing.statements, tx.now), standing.email, text_version, left=False)


async def refuse_all(tx: Transaction, link: PreferenceLink, text_version: str) -> int:
    """Nothing stands from now on, shown or not."""
    standing = await load_standing(tx, link)
    ended = end_all(link, standing.places, standing.statements, tx.now)
    return await _tell(tx, ended, standing.email, text_version, left=True)


async def _tell(
    tx: Transaction, said: Sequence[Suppression | OptIn], email: str | None, text_version: str, *, left: bool
) -> int:
    """Decisions obey what was withdrawn from this commit on; what was allowed they obey once contacts has told it."""
    told = 0
    for each in said:
        is_new = await (
            suppressions.add_suppression(tx, each, left=left)
            if isinstance(each, Suppression)
            else store.add_opt_in(tx, each)
        )
        if is_new:
            tx.emit([announce(each, email, text_version)])
            told += 1
    return told
