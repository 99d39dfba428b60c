"""What support says of tickets and of what is promised; the catalogues of other languages translate it."""


def _(text: str) -> str:
    """Marks a text for the catalogues."""
    return text


SUPPORT: dict[str, dict[str, str]] = {
    "status": {
        "new": _("New"),
        "open": _("Open"),
        "pending": _("Waiting"),
        "resolved": _("Resolved"),
        "closed": _("Closed"),
        "reopened": _("Reopened"),
        "merged": _("Merged"),
        "spam": _("Spam"),
    },
    "waits_for": {"customer": _("for the customer"), "internal": _("for somebody in house"), "until": _("until")},
    "move": {
        "new": _("Make new"),
        "open": _("Take up"),
        "pending": _("Wait for customer"),
        "resolved": _("Resolve"),
        "closed": _("Close"),
        "reopened": _("Reopen"),
        "spam": _("This is spam"),
    },
    "category": {
        "delivery": _("Delivery"),
        "damaged": _("Damaged"),
        "quality": _("Quality"),
        "refund": _("Refund"),
        "invoice": _("Invoice"),
        "price": _("Price"),
        "loyalty": _("Loyalty"),
        "availability": _("Availability"),
        "product_question": _("Product question"),
        "account": _("Account"),
    },
    "priority": {"low": _("Low"), "normal": _("Normal"), "high": _("High"), "urgent": _("Urgent")},
    "sentiment": {"negative": _("Unhappy"), "positive": _("Happy")},
    "metric": {
        "first_response": _("First answer"),
        "next_response": _("Next answer"),
        "resolution": _("Solution"),
    },
    "clock": {
        "running": _("Running"),
        "paused": _("Stands still"),
        "met": _("Kept"),
        "breached": _("Broken"),
        "cancelled": _("Given up"),
    },
    "entry": {"request": _("Request"), "reply": _("Reply"), "note": _("Note")},
    "presence": {"online": _("There"), "busy": _("Busy"), "away": _("Away"), "offline": _("Not at work")},
    "absence": {
        "break": _("A break"),
        "meeting": _("A meeting"),
        "training": _("Training"),
        "sick": _("Sick"),
        "shift_ended": _("The shift has ended"),
        "other": _("Something else"),
    },
    "queue": {"payments": _("Payments"), "orders": _("Orders"), "general": _("General")},
    "place": {
        "escalated": _("Escalated"),
        "urgent": _("Urgent"),
        "high": _("High"),
        "normal": _("Normal"),
        "low": _("Low"),
    },
    "handing": {
        "routed": _("Given by routing"),
        "claimed": _("Taken"),
        "given": _("Given by a colleague"),
        "returned": _("Given back"),
    },
    "returned": {
        "wrong_skills": _("It takes other skills"),
        "needs_other_team": _("Another team has to answer"),
        "conflict_of_interest": _("A conflict of interest"),
        "overloaded": _("Too much at once"),
        "other": _("Something else"),
    },
}
