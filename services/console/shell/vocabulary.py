"""The services' codes as English words, by their kind; each room has a file of its own."""

from services.console.shell.campaign_terms import CAMPAIGNS
from services.console.shell.customer_terms import CUSTOMERS
from services.console.shell.event_terms import EVENTS
from services.console.shell.field_terms import FIELDS
from services.console.shell.product_terms import PRODUCTS
from services.console.shell.reason_terms import REASONS
from services.console.shell.refusal_terms import FAULTS, FORM_FIELDS, REFUSALS
from services.console.shell.sales_terms import SALES
from services.console.shell.support_terms import SUPPORT


def _(text: str) -> str:
    """Marks a text for the catalogues."""
    return text


TERMS: dict[str, dict[str, str]] = {
    **CUSTOMERS,
    **SUPPORT,
    **CAMPAIGNS,
    **SALES,
    **PRODUCTS,
    "event": EVENTS,
    "field": {**FORM_FIELDS, **FIELDS},
    "fault": FAULTS,
    "because": REASONS,
    "refusal": REFUSALS,
    "service": {
        "contacts": _("Contacts"),
        "marketing": _("Marketing"),
        "support": _("Support"),
        "forecasting": _("Forecasting"),
    },
}
