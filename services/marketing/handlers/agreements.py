"""What was agreed with parties: about writing to them, and what campaigns begin with, wait for or end by."""

from collections.abc import Sequence
from typing import cast

import structlog

from services.marketing.copies import commands as copies
from services.marketing.flows import commands as flows
from services.marketing.sending import commands as sending
from services.marketing.subscriptions import follow_ups as hears
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.agreements import (
    AgreementAmended,
    AgreementLapsed,
    AgreementSigned,
    AgreementTerminated,
    BoundarySet,
)

log = structlog.get_logger()
OfAgreement = AgreementSigned | AgreementAmended | AgreementLapsed | AgreementTerminated


@hears.topic("crm.agreements")
async def follow_agreements(events: Sequence[Event[BoundarySet | OfAgreement]], tx: Transaction) -> None:
    """Each boundary is kept; which one holds is decided when a message is due."""
    boundaries = [cast("Event[BoundarySet]", event) for event in events if isinstance(event.data, BoundarySet)]
    await copies.copy_boundaries(tx, boundaries)
    agreements = [cast("Event[OfAgreement]", event) for event in events if isinstance(event.data, OfAgreement)]
    await sending.drop(tx, await flows.follow_events(tx, agreements))
    log.info("agreements_followed", boundaries=len(boundaries), agreements=len(agreements))
