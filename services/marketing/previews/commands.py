"""Finds the text that is looked at, and for whom."""

from uuid import UUID

from services.marketing.catalogue import commands as catalogue
from services.marketing.catalogue.content.template import SAMPLE
from services.marketing.copies import commands as copies
from services.marketing.previews.domain import Chosen, find_content
from services.marketing.sending.domain.letter import Addressee
from shared.engine.transaction import Transaction
from shared.errors import NotFound


async def find_text(tx: Transaction, campaign: str, template: str, version: int | None) -> Chosen:
    """Raises NotFound where no step of that version has this template."""
    number = await catalogue.find_version(tx, campaign, version)
    versions = await catalogue.load_campaign_versions(tx, [(campaign, number)]) if number else {}
    for found in versions.values():
        content = find_content(found.definition, template)
        if content:
            return Chosen(campaign, found.version, *content)
    raise NotFound("no campaign of this name and version has such a text")


async def find_reader(tx: Transaction, party_id: UUID | None, locale: str | None, email: str = "") -> Addressee:
    """A party, or the sample customer; read in `locale` where that is given. Raises NotFound."""
    if party_id is None:
        return Addressee(SAMPLE["name"], email, locale)
    party = (await copies.load_parties(tx, [party_id])).get(party_id)
    if party is None or party.erased_by is not None:
        raise NotFound("no party has this id")
    return Addressee(party.name, email, locale or party.locale)
