"""What marketing hears, as one consumer group."""

from shared.engine.recovery import Recovery
from shared.engine.subscription import Subscription

follow_ups = Subscription(
    "marketing.follow-ups",
    kind="process",
    topics=[
        "crm.agreements",
        "crm.contacts",
        "crm.insights",
        "crm.parties",
        "crm.products",
        "crm.sales",
        "crm.tickets",
    ],
)

recovery = Recovery("marketing", topics=["crm.campaigns"])
