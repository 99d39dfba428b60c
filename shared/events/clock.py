"""The stream's clock: on every partition of `crm.ingest` and of the topics of contacts, in systems that run on it."""

from dataclasses import dataclass

from shared.events.contract import contract
from shared.events.values import Instant

CLOCK_TICKED = "crm.clock.ticked.v1"
TICKED_TOPICS = ("crm.ingest", "crm.parties", "crm.contacts", "crm.sales", "crm.requests", "crm.agreements")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockTicked:
    """Everything that happened up to `now` stands before this record in its partition."""

    now: Instant


for _topic in TICKED_TOPICS:
    contract(_topic, CLOCK_TICKED)(ClockTicked)
