"""`crm.agreements`: agreements with parties, and whether they are kept, keyed by party."""

from shared.events.topic import topic

AGREEMENTS = topic(
    "crm.agreements",
    owner="contacts",
    about="Agreements with parties, and whether they are kept.",
    cleanup="keep",
)
