"""What support hears, in one group: tickets are the record itself, so it is a process."""

from shared.engine.recovery import Recovery
from shared.engine.subscription import Subscription

tickets = Subscription("support.tickets", kind="process", topics=["crm.parties", "crm.requests"])

recovery = Recovery("support", topics=["crm.tickets"])
