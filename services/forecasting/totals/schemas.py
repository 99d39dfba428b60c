"""Bodies of answers about what was sold, added up. Amounts are whole minor units of the currency beside them."""

from pydantic import BaseModel


class TotalView(BaseModel):
    """`key` is the product, the path of the category, the channel, store or segment, or when the hour (in UTC), day,
    week or month began.

    `lines` are products of sales; `sales` and `total` are of whole sales, known where neither a product nor a category
    is asked about: a basket then has `units` by `sales`. `refunded` counts when it was paid back, so that `revenue` of
    a past day stays what it was. `margin` is what `costed` brought above its cost: the revenue of products whose cost
    is known in the currency.
    """

    key: str
    currency: str
    lines: int
    units: int
    revenue: int
    returned: int
    refunded: int
    sales: int | None = None
    total: int | None = None
    costed: int | None = None
    margin: int | None = None
