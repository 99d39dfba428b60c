"""What the engine has to know of a topic: who may write it, and whether numbers may be missing in it."""

from shared.events.clock import TICKED_TOPICS

OWNERS = {
    "crm.parties": "/contacts",
    "crm.contacts": "/contacts",
    "crm.sales": "/contacts",
    "crm.requests": "/contacts",
    "crm.agreements": "/contacts",
    "crm.campaigns": "/marketing",
    "crm.tickets": "/support",
    "crm.insights": "/forecasting",
}
"""Topics of ours and the `ce_source` that alone writes them; every other topic is written from outside."""

OUTSIDE = frozenset({"crm.ingest", "crm.products", "crm.indicators"})
COMPACTED = frozenset({"crm.products", "crm.parties"})
OUR_SOURCES = frozenset(OWNERS.values())
CLOCKED = frozenset(TICKED_TOPICS) - OUTSIDE
"""Topics whose watermarks decide timers: those of contacts, which alone carry the stream's clock."""


def topics_of(source: str) -> list[str]:
    """The topics that a service writes."""
    return [topic for topic, owner in OWNERS.items() if owner == source]
