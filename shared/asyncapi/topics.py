"""What is promised about each topic as a whole; deploy/kafka/topics.yaml provisions the same."""

from dataclasses import dataclass
from typing import Literal

from shared.events.topics import OWNERS

Cleanup = Literal["keep", "week", "compact"]
CLEANUPS: dict[Cleanup, str] = {
    "keep": "kept for ever",
    "week": "deleted after 7 days",
    "compact": "compacted: the newest value of each key; a null value deletes",
}


@dataclass(frozen=True, slots=True)
class Topic:
    """`key` and `personal` are sentences for people; `personal` is "none" or says which data is personal."""

    name: str
    about: str
    cleanup: Cleanup
    key: str
    personal: str = "none"

    @property
    def writer(self) -> str:
        """The service that alone writes the topic, or who else may."""
        outside = "anyone" if self.name == "crm.ingest" else "outside systems"
        return OWNERS.get(self.name, outside).removeprefix("/")


_PARTY = "the party id"
TOPICS = {
    topic.name: topic
    for topic in (
        Topic(
            "crm.ingest",
            "Facts as outside systems report them.",
            "week",
            "the sender's own customer reference; without one nothing is promised about order",
            "yes, as far as the sender knows it",
        ),
        Topic("crm.products", "What outside systems say of products.", "compact", "the SKU"),
        Topic("crm.indicators", "Series of the market and the economy.", "keep", "the series"),
        Topic("crm.parties", "The newest description of every party.", "compact", _PARTY, "yes: who the party is"),
        Topic("crm.contacts", "What happened to parties: registration, changes, consent, contact.", "keep", _PARTY),
        Topic("crm.sales", "Choices, sales and refunds of known parties.", "keep", _PARTY),
        Topic("crm.agreements", "Agreements with parties, and whether they are kept.", "keep", _PARTY),
        Topic("crm.requests", "Requests for help, with their text.", "week", _PARTY, "yes: the text of the request"),
        Topic(
            "crm.campaigns",
            "Enrolments and messages; campaigns themselves.",
            "keep",
            "the party id; the campaign's name for what is about the campaign",
        ),
        Topic("crm.tickets", "The life of tickets.", "keep", _PARTY),
        Topic(
            "crm.insights",
            "Forecasts, scores and warnings.",
            "keep",
            "the party id; the series for forecasts",
        ),
    )
}
