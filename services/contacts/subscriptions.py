"""What contacts hears: facts from outside, and what every service says of a party."""

from shared.engine.recovery import Recovery
from shared.engine.subscription import Subscription
from shared.events.topics import topics_of

ingest = Subscription("contacts.ingest", kind="process", topics=["crm.ingest"], passes_clock_to=topics_of("/contacts"))

# Of crm.insights scores and forecasts are no lines.
timeline = Subscription(
    "contacts.timeline",
    kind="projection",
    version=1,
    topics=["crm.contacts", "crm.sales", "crm.campaigns", "crm.tickets", "crm.insights", "crm.agreements"],
)

# It may fall behind: nobody waits for a question.
matching = Subscription("contacts.matching", kind="process", topics=["crm.parties"], waited_for=False)

recovery = Recovery("contacts", topics=["crm.parties", "crm.contacts", "crm.sales"])
