"""crm.agreements: what was agreed with parties."""

from collections.abc import Sequence

from services.contacts.subscriptions import timeline as timeline_group
from services.contacts.timeline import commands as timeline
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.agreements import (
    AgreementAmended,
    AgreementLapsed,
    AgreementSigned,
    AgreementTerminated,
    BoundarySet,
)

OfAgreements = BoundarySet | AgreementSigned | AgreementAmended | AgreementLapsed | AgreementTerminated


@timeline_group.topic("crm.agreements")
async def show_agreements(events: Sequence[Event[OfAgreements]], tx: Transaction) -> None:
    """What was agreed, until when, and whether the party may be written to."""
    await timeline.add_lines(tx, events)
