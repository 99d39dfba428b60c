"""Finds the text that is looked at, and for whom."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from jinja2 import TemplateError

from services.marketing.catalogue import commands as catalogue
from services.marketing.catalogue.content.template import SAMPLE
from services.marketing.copies import commands as copies
from services.marketing.previews.domain import Chosen, find_content, sample_values
from services.marketing.previews.schemas import TestLetter, TestSent
from services.marketing.sending.domain.letter import Addressee, FromAddress, Letter, can_be_written_to, write
from services.marketing.settings import Context
from shared.engine.transaction import Transaction
from shared.errors import Invalid, NotFound, Transient
from shared.ids import new_id

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Trial:
    """A test letter that is about to be sent."""

    chosen: Chosen
    reader: Addressee
    at: datetime


async def find_text(tx: Transaction, campaign: str, template: str | None, version: int | None) -> Chosen:
    """The first text of a campaign where no template is named. Raises NotFound where no step has such a one."""
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


async def prepare_test(
    tx: Transaction, campaign: str, template: str | None, version: int | None, test: TestLetter, party_id: UUID | None
) -> Trial:
    """Raises NotFound, and Invalid where the address is not one of our own."""
    context: Context = tx.context
    chosen = await find_text(tx, campaign, template, version)
    if not context.is_own(test.email) or not can_be_written_to(test.email):
        raise Invalid("a test letter goes to an address of our own alone", field="email")
    return Trial(chosen, await find_reader(tx, party_id, test.locale, test.email), tx.now)


async def send_test(context: Context, trial: Trial) -> TestSent:
    """Outside of every transaction. Raises Invalid where the text cannot be rendered, and Transient."""
    if context.outgoing is None:
        raise Transient("nothing is set up here to send by")
    channel, sender = context.outgoing()
    try:
        letter = await asyncio.to_thread(_letter, trial, sender)
        verdict = (await channel.hand_over([letter]))[letter.message_id]
    except TemplateError:
        raise Invalid("this version of the text cannot be rendered any more", field="template") from None
    except OSError as error:
        raise Transient(f"the test letter was not taken: {type(error).__name__}") from None
    finally:
        await channel.close()
    log.info("test_letter_sent", campaign=trial.chosen.campaign, verdict=verdict.kind)
    return TestSent(accepted=verdict.kind == "accepted", code=verdict.code)


def _letter(trial: Trial, sender: FromAddress) -> Letter:
    reader = trial.reader
    return write(new_id(), 1, sender, reader, trial.chosen.content, sample_values(reader), trial.at)
