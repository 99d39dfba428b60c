"""What marketing learns from crm.contacts: consent, answers, and what campaigns may begin with or wait for."""

from collections.abc import Sequence
from typing import cast

import structlog

from services.marketing.copies import commands as copies
from services.marketing.flows import commands as flows
from services.marketing.segments import commands as segments
from services.marketing.sending import commands as sending
from services.marketing.subscriptions import follow_ups as hears
from services.marketing.surveys import commands as surveys
from shared.engine.event import Event
from shared.engine.transaction import Transaction
from shared.events.contacts import (
    ConsentGiven,
    ConsentWithdrawn,
    InteractionRecorded,
    LifecycleChanged,
    PartyRegistered,
    SurveyAnswered,
)

log = structlog.get_logger()


@hears.topic("crm.contacts")
async def follow_contacts(
    events: Sequence[
        Event[
            ConsentGiven | ConsentWithdrawn | LifecycleChanged | PartyRegistered | InteractionRecorded | SurveyAnswered
        ]
    ],
    tx: Transaction,
) -> None:
    """Every consent and stage is kept; which one holds is decided when it is asked for."""
    consents = [
        cast("Event[ConsentGiven | ConsentWithdrawn]", event)
        for event in events
        if isinstance(event.data, ConsentGiven | ConsentWithdrawn)
    ]
    stages = [cast("Event[LifecycleChanged]", event) for event in events if isinstance(event.data, LifecycleChanged)]
    await segments.note_events(tx, consents, {"consent"})
    await segments.note_events(tx, stages, {"stage"})
    await copies.copy_consents(tx, consents)
    await copies.copy_stage_changes(tx, stages)
    answers = [cast("Event[SurveyAnswered]", event) for event in events if isinstance(event.data, SurveyAnswered)]
    await surveys.take_answers(tx, answers)
    await sending.drop(tx, await flows.follow_events(tx, events))
    log.info("contacts_followed", events=len(events), consents=len(consents), stages=len(stages), answers=len(answers))
