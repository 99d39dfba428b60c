"""What forecasting says of sales, scores and warnings; the catalogues of other languages translate it."""


def _(text: str) -> str:
    """Marks a text for the catalogues."""
    return text


SALES: dict[str, dict[str, str]] = {
    "warning": {
        "churn": _("May leave"),
        "silence": _("Silent for longer than usual"),
        "usage_drop": _("Buys less than before"),
        "dispute_cluster": _("Several disputes"),
        "forecast_missed": _("Sales miss their forecast"),
        "demand_unusual": _("Unusual demand"),
    },
    "warned": {
        "open": _("Open"),
        "cleared": _("Cleared"),
        "bought": _("Bought again"),
        "used_again": _("Buys as before"),
        "came_true": _("It came true"),
        "over": _("It is over"),
    },
    "by": {
        "category": _("Department"),
        "channel": _("Channel"),
        "week": _("Week"),
        "day": _("Day"),
        "product": _("Product"),
    },
    "score": {"p_alive": _("Still a customer"), "expected_purchases_28d": _("Purchase days in the next four weeks")},
    "band": {
        "active": _("Active"),
        "cooling": _("Cooling"),
        "at_risk": _("At risk"),
        "lapsed": _("Lapsed"),
        "bought_once": _("Bought once"),
        "weekly": _("Weekly"),
        "fortnightly": _("Every other week"),
        "monthly": _("Monthly"),
        "occasional": _("Now and then"),
        "rare": _("Rarely"),
    },
    "input": {
        "came": _("What came"),
        "forecast": _("Expected"),
        "lo95": _("At least, nineteen times out of twenty"),
        "hi95": _("At most, nineteen times out of twenty"),
        "weeks": _("Weeks"),
        "came_in_all_weeks": _("What came in all of them"),
        "forecast_of_all_weeks": _("Expected in all of them"),
        "days_since_last_purchase": _("Days since the last purchase"),
        "days_since_first_purchase": _("Days since the first purchase"),
        "days_between_purchases": _("Days between purchases"),
        "purchase_days": _("Purchase days"),
        "silence_against_own_rhythm": _("Silence beside the own rhythm"),
        "gaps_known": _("Gaps that are known"),
        "probability_of_a_longer_gap": _("Probability of a longer gap"),
        "repeat_purchase_days": _("Purchase days after the first"),
        "weeks_since_last_purchase": _("Weeks since the last purchase"),
        "weeks_since_first_purchase": _("Weeks since the first purchase"),
    },
    "no_offer": {
        "an urgent request of the party is open": _("An urgent request of theirs is open."),
        "the party bought on fewer than 2 days": _("They bought on fewer than two days."),
    },
    "offer": {"bought_again": _("Buys it again and again"), "goes_with": _("Goes with what they have")},
}
