"""What marketing says of campaigns, messages and points; the catalogues of other languages translate it."""


def _(text: str) -> str:
    """Marks a text for the catalogues."""
    return text


CAMPAIGNS: dict[str, dict[str, str]] = {
    "outcome": {
        "one": _("Followed up once"),
        "waiting": _("Waiting"),
        "skipped": _("Skipped"),
        "unknown": _("Unknown"),
        "missing": _("Missing"),
        "double": _("Double"),
    },
    "message": {
        "planned": _("Planned"),
        "cleared": _("About to be sent"),
        "sending": _("Being sent"),
        "sent": _("Sent"),
        "skipped": _("Skipped"),
        "unknown": _("Unknown"),
    },
    "reason": {
        "no_campaign": _("No campaign matches the sale"),
        "no_consent": _("No consent"),
        "suppressed": _("Unsubscribed"),
        "no_address": _("No address"),
        "frequency_cap": _("Had enough letters lately"),
        "quiet_hours": _("Quiet hours"),
        "boundary": _("A boundary forbids it"),
        "refunded": _("The sale was refunded"),
        "ticket_open": _("A ticket is open"),
        "merged": _("Merged into another party"),
        "erased": _("The party was erased"),
        "expired": _("Came too late"),
        "holdout": _("In the group that gets nothing"),
        "refused": _("The mail server refused it"),
        "cancelled": _("The sale was cancelled"),
        "exited": _("Left the campaign"),
        "stopped": _("The campaign was stopped"),
        "dispute_open": _("A dispute is open"),
    },
    "points": {
        "earned": _("Earned"),
        "reversed": _("Taken back"),
        "expired": _("Expired"),
        "redeemed": _("Spent"),
    },
    "funnel": {
        "sales": _("Sales"),
        "matched": _("A campaign matches"),
        "decided": _("Decided by now"),
        "allowed": _("A letter may go out"),
        "one": _("Sent"),
    },
    "step": {
        "content": _("Message"),
        "wait": _("Wait"),
        "wait_for": _("Wait for"),
        "branch": _("Branch"),
        "split": _("Split"),
        "tag": _("Tag"),
        "exit": _("End"),
    },
    "condition": {
        "skus": _("Products"),
        "departments": _("Departments"),
        "categories": _("Categories"),
        "channels": _("Channels"),
        "customer": _("Customer"),
    },
    "survey": {"csat": _("Satisfaction"), "nps": _("Would recommend us"), "ces": _("Ease")},
    "answered_by": {"product": _("Product"), "channel": _("Channel"), "month": _("Month"), "day": _("Day")},
}
