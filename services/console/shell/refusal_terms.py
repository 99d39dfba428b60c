"""What is wrong with a field of a form; the catalogues of other languages translate it."""


def _(text: str) -> str:
    """Marks a text for the catalogues."""
    return text


FAULTS: dict[str, str] = {
    "missing": _("has to be filled in"),
    "too_long": _("is too long"),
    "no_number": _("is not a number that is taken here"),
    "too_small": _("is too small"),
    "too_large": _("is too large"),
    "no_date": _("is not a date"),
    "no_id": _("names nothing: paste the address of a page, or an id"),
    "other_form": _("is not written as it has to be"),
    "no_choice": _("is none of the choices"),
    "unreadable": _("holds signs that cannot be read"),
}
FORM_FIELDS: dict[str, str] = {
    "title": _("Title"),
    "body": _("Text"),
    "text": _("Text"),
    "texts": _("Texts"),
    "language": _("Language"),
    "locale": _("Language"),
    "time_zone": _("Time zone"),
    "category": _("About"),
    "because": _("Reason"),
    "name": _("Name"),
    "agent_id": _("Name"),
    "skills": _("Skills"),
    "queues": _("Queues"),
    "capacity": _("Open tickets at once"),
    "calendar": _("Hours of the shift"),
    "email": _("E-mail"),
    "phone": _("Phone"),
    "birth_date": _("Born"),
    "to": _("Whom"),
    "since": _("Since"),
    "until": _("Until"),
    "role": _("Role"),
    "amount": _("Amount"),
    "minor": _("Amount"),
    "currency": _("Currency"),
    "cause": _("Cause"),
    "verdict": _("Verdict"),
    "per_minute": _("Recipients a minute at most"),
    "segment": _("Segment"),
    "party_id": _("Customer"),
    "reference": _("Reference"),
    "tags": _("Tags"),
    "custom": _("Own fields"),
    "presence": _("Presence"),
    "urgency": _("Urgency"),
    "cut": _("Training until"),
    "tickets": _("Tickets"),
    "identities": _("Reach"),
    "into": _("Ticket"),
    "replies": _("Entries"),
    "follower": _("Agent"),
    "canned": _("Kept reply"),
}
"""Names of fields that forms have and events do not."""
