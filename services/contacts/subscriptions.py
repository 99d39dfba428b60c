"""What contacts hears: facts from outside, and what every service says of a party."""

from shared.engine.subscription import Subscription

ingest = Subscription("contacts.ingest", kind="process")
timeline = Subscription("contacts.timeline", kind="projection", version=1)
