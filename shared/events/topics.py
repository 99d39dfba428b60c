"""All topics: who may write each, and whether numbers may be missing in it."""

from shared.events.clock import TICKED_TOPICS
from shared.events.topic import declared

TOPICS = {topic.name: topic for topic in sorted(declared, key=lambda topic: (topic.owner is not None, topic.name))}
"""Every topic by name, those of outside systems first."""

OWNERS = {topic.name: topic.source for topic in TOPICS.values() if topic.source is not None}
"""Topics of ours and the `ce_source` that alone writes them; every other topic is written from outside."""

OUTSIDE = frozenset(TOPICS) - frozenset(OWNERS)
COMPACTED = frozenset(topic.name for topic in TOPICS.values() if topic.cleanup == "compact")
OUR_SOURCES = frozenset(OWNERS.values())
CLOCKED = frozenset(TICKED_TOPICS) - OUTSIDE
"""Topics whose watermarks decide timers: those of contacts, which alone carry the stream's clock."""


def topics_of(source: str) -> list[str]:
    return [topic for topic, owner in OWNERS.items() if owner == source]
