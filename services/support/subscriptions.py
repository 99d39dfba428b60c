"""What support hears: requests, and what it says itself of the tickets that came of them."""

from shared.engine.recovery import Recovery
from shared.engine.subscription import Subscription

# Tickets are the record itself, so both are processes. Triage may take its time, and holds up nobody who asks.
tickets = Subscription("support.tickets", kind="process", topics=["crm.parties", "crm.requests"])
triage = Subscription("support.triage", kind="process", topics=["crm.tickets", "crm.insights"])

recovery = Recovery("support", topics=["crm.tickets"])
