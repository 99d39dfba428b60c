"""What forecasting hears. Forecasts and scores are made by jobs (`jobs/`), which follow the watermark of `sales`."""

from shared.engine.recovery import Recovery
from shared.engine.subscription import Subscription

erasures = Subscription("forecasting.erasures", kind="process", topics=["crm.contacts"], waited_for=False)

sales = Subscription(
    "forecasting.sales",
    kind="projection",
    version=1,
    topics=["crm.sales", "crm.products", "crm.campaigns", "crm.tickets"],
    follows_time=True,
)

# A shop waits for the verdict before it sends an order.
fraud = Subscription("forecasting.fraud", kind="process", topics=["crm.contacts", "crm.sales"], paced=True)

# A group of its own: what is said of the market, however much of it, never waits in the way of a sale.
indicators = Subscription("forecasting.indicators", kind="process", topics=["crm.indicators"], waited_for=False)

recovery = Recovery("forecasting", topics=["crm.insights"])
