"""What support hears, in one group: tickets are the record itself, so it is a process."""

from shared.engine.subscription import Subscription

tickets = Subscription("support.tickets", kind="process", topics=["crm.parties", "crm.requests"])
