"""What forecasting says of prices and orders of products; the catalogues of other languages translate it."""


def _(text: str) -> str:
    """Marks a text for the catalogues."""
    return text


PRODUCTS: dict[str, dict[str, str]] = {
    "priced": {"advised": _("Advised"), "unadvised": _("Without advice")},
    "reordered": {"due": _("To be ordered"), "enough": _("Not now")},
    "price_none": {
        "not_described": _("Nobody has described it."),
        "price_unknown": _("Its price is not described."),
        "cost_unknown": _("Its cost is not described."),
        "other_currency": _("Its price or its cost is in another currency than it sells in."),
        "price_absurd": _("Its price is described as ten times what is paid for it, or a tenth of it."),
        "cost_absurd": _("Its cost is described as none that a product has."),
        "units_absurd": _("More was sold than can be."),
        "too_few_weeks": _("It was sold in too few weeks."),
        "too_few_units": _("Too little of it was sold."),
        "price_never_varied": _("Its price never varied, so nobody knows how demand answers."),
        "demand_untold": _("How demand answers to its price cannot be told from the rest."),
        "below_floor": _("Even the largest step leaves it below its cost and margin."),
        "gain_uncertain": _("No other price surely earns more."),
        "nothing_to_gain": _("Its price earns most already."),
        "not_sold": _("It is not sold any more."),
    },
    "reorder_none": {
        "not_described": _("Nobody has described it."),
        "stock_unknown": _("Its stock is not described."),
        "stock_outdated": _("Its stock was last described half a year ago or earlier."),
        "stock_absurd": _("Its stock is described as none that a shop has."),
        "lead_time_unknown": _("How long a delivery takes is not described."),
        "lead_time_absurd": _("A delivery is described as longer than a year."),
        "too_few_weeks": _("It was sold in too few weeks."),
        "units_absurd": _("More was sold than can be."),
        "not_sold": _("It is not sold any more."),
    },
    "decides": {
        "units_a_week": _("Sold a week"),
        "paid_for_a_unit": _("Paid for a unit, discounts taken off"),
        "cost": _("Cost"),
        "own_elasticity": _("The same by its own weeks alone"),
        "own_elasticity_error": _("How wrong that usually is"),
        "elasticity_of_its_category": _("The same of its category"),
        "weight_of_its_own_weeks": _("How much its own weeks count"),
        "spread_of_its_price": _("How much its price varied"),
        "weeks_known": _("Weeks that are known"),
        "price_change": _("Change of the price"),
        "units_change": _("Change of what is sold"),
        "lead_time_days": _("Days until a delivery comes"),
        "forecasts_were_off_by": _("Forecasts were off by"),
        "sells_seldom": _("Sells in fewer than half of its weeks"),
    },
}
