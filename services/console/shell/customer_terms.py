"""What contacts says of customers, their identities and consents; the catalogues of other languages translate it."""

from services.console.shell.likeness_terms import LIKENESSES


def _(text: str) -> str:
    """Marks a text for the catalogues."""
    return text


CUSTOMERS: dict[str, dict[str, str]] = {
    "kind": {"person": _("Person"), "organisation": _("Organisation")},
    "stage": {
        "discovery": _("Discovery"),
        "education": _("Education"),
        "evaluation": _("Evaluation"),
        "purchase": _("Purchase"),
        "onboarding": _("Onboarding"),
        "post_purchase": _("After purchase"),
        "loyal": _("Loyal"),
        "lapsed": _("Lapsed"),
        "churned": _("Churned"),
    },
    "role": {
        "customer": _("Customer"),
        "prospect": _("Prospect"),
        "supplier": _("Supplier"),
        "vendor": _("Vendor"),
        "distributor": _("Distributor"),
        "partner": _("Partner"),
    },
    "identity": {
        "email": _("E-mail"),
        "phone": _("Phone"),
        "external": _("Customer number"),
        "anonymous": _("Device"),
        "party": _("Party"),
    },
    "channel": {
        "web": _("Web"),
        "email": _("E-mail"),
        "mailing": _("Mailing"),
        "phone": _("Phone"),
        "social": _("Social media"),
        "chat": _("Chat"),
        "sms": _("Text message"),
        "in_person": _("In person"),
    },
    "basis": {
        "opt_in": _("They said yes"),
        "double_opt_in": _("They said yes, and confirmed it"),
        "unsubscribed": _("They followed the link out of a letter"),
    },
    "purpose": {"marketing": _("Marketing"), "profiling": _("Profiling"), "service": _("Service")},
    "pair": {"open": _("Open"), "dismissed": _("Two of them"), "merged": _("Merged"), "doubted": _("Doubts")},
    "left": {
        "what they are as one is too large": _("As one they would be too large"),
        "one of them has changed meanwhile": _("One of them has changed meanwhile"),
        "one of them was erased": _("One of them was erased"),
        "they are one already": _("They are one already"),
        "people took their merge back": _("People took their merge back"),
        "people said that they are two": _("People said that they are two"),
        "they have two customer numbers of one system": _("They have two customer numbers of one system"),
        "others who are one with them speak against it": _("Others who are one with them speak against it"),
    },
    "picked": {
        "kind": _("Kind"),
        "name": _("Name"),
        "address": _("Address"),
        "birth_date": _("Born"),
        "locale": _("Language"),
        "time_zone": _("Time zone"),
        "roles": _("Roles"),
    },
    "likeness": LIKENESSES,
    "erasure": {"requested": _("Asked for"), "approved": _("Approved"), "declined": _("Declined")},
    "ground": {
        "no_longer_necessary": _("No longer necessary (a)"),
        "consent_withdrawn": _("Consent withdrawn (b)"),
        "objection": _("Objected (c)"),
        "unlawful": _("Processed unlawfully (d)"),
        "legal_obligation": _("The law demands the erasure (e)"),
        "child_services": _("Collected from a child by an online service (f)"),
        "other": _("Another one"),
    },
    "exemption": {
        "freedom_of_expression": _("Freedom of expression and information (a)"),
        "legal_obligation": _("A legal obligation or public task (b)"),
        "public_interest": _("Public interest in public health (c)"),
        "archiving": _("Archiving, research or statistics (d)"),
        "legal_claims": _("Legal claims (e)"),
    },
    "said": {
        "requested": _("Asked for"),
        "given": _("Given"),
        "withdrawn": _("Withdrawn"),
        "expired": _("Ended"),
    },
    "asked": {
        "name": _("Name"),
        "email": _("E-mail"),
        "phone": _("Phone"),
        "customer_number": _("Customer number"),
        "street": _("Street"),
        "postal_code": _("Postal code"),
        "city": _("Town"),
        "country": _("Country"),
        "birth_date": _("Date of birth"),
        "locale": _("Language"),
        "time_zone": _("Time zone"),
    },
    "relation": {
        "employs": _("Employs"),
        "subsidiary_of": _("Belongs to"),
        "buys_through": _("Buys through"),
        "introduced_by": _("Was introduced by"),
    },
    "related": {
        "employs": _("Works for"),
        "subsidiary_of": _("Owns"),
        "buys_through": _("Buys for"),
        "introduced_by": _("Introduced"),
    },
    "address": {
        "billing": _("Address for invoices"),
        "shipping": _("Address for parcels"),
        "home": _("At home"),
        "work": _("At work"),
    },
    "own_kind": {"text": _("Text"), "number": _("Number"), "yes_no": _("Yes or no")},
}
