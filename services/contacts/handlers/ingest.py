"""crm.ingest: facts from outside."""

from collections.abc import Sequence

import structlog

from services.contacts.completeness import commands as completeness
from services.contacts.consents import commands as consents
from services.contacts.intake import commands as intake
from services.contacts.lifecycle import commands as lifecycle
from services.contacts.matching import commands as matching
from services.contacts.parties import commands as parties
from services.contacts.relations import commands as relations
from services.contacts.roles import commands as roles
from services.contacts.search import commands as search
from services.contacts.subscriptions import ingest
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.ingest import Reported

log = structlog.get_logger()


@ingest.topic("crm.ingest")
async def accept_facts(events: Sequence[Event[Reported]], tx: Transaction) -> None:
    """Give every fact its party and publish it again under that key. The order of the lines is that of the records."""
    facts = await intake.admit(tx, events)
    scored = await completeness.score(tx, facts.admitted, facts.first_bought())
    await parties.describe(tx, facts.admitted)
    tx.emit(scored)
    await roles.keep(tx, facts.admitted)
    await search.index(tx, facts.admitted)
    await matching.suspect(tx, facts.admitted)
    published = await intake.publish(tx, facts)
    await consents.keep(tx, published)
    await lifecycle.follow(tx, facts)
    await parties.save(tx, facts.admitted)
    await relations.keep(tx, facts.related)
    log.info(
        "facts_accepted",
        facts=len(facts.fresh),
        revisions=len(facts.revisions),
        passed_over=len(events) - len(facts.fresh) - len(facts.revisions),
        founded=len(facts.admitted.resolution.founded),
        described=len(facts.admitted.changes),
    )
