"""What support hears: requests, and what it says itself of the tickets that came of them."""

from shared.engine.recovery import Recovery
from shared.engine.subscription import Subscription

# Tickets are the record itself, so all are processes. Triage, clocks and routing may take their time.
tickets = Subscription("support.tickets", kind="process", topics=["crm.parties", "crm.requests"])
triage = Subscription("support.triage", kind="process", topics=["crm.tickets", "crm.insights"])
sla = Subscription("support.sla", kind="process", topics=["crm.agreements", "crm.tickets"])
routing = Subscription("support.routing", kind="process", topics=["crm.tickets"])
csat = Subscription("support.csat", kind="process", topics=["crm.contacts", "crm.tickets"], waited_for=False)
stats = Subscription("support.stats", kind="process", topics=["crm.tickets"], waited_for=False)

recovery = Recovery("support", topics=["crm.tickets"])
