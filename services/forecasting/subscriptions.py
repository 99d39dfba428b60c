"""What forecasting hears. Forecasts and scores are made by jobs (`jobs/`), which follow the watermark of `sales`."""

from shared.engine.recovery import Recovery
from shared.engine.subscription import Subscription

erasures = Subscription("forecasting.erasures", kind="process", topics=["crm.contacts"])

sales = Subscription(
    "forecasting.sales",
    kind="projection",
    version=1,
    topics=["crm.sales", "crm.products", "crm.campaigns", "crm.tickets"],
    follows_time=True,
)

fraud = Subscription("forecasting.fraud", kind="process", topics=["crm.contacts", "crm.sales"])

recovery = Recovery("forecasting", topics=["crm.insights"])
