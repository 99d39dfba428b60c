"""What customers write in the demo: own templates, varied by department and draw."""

from demo.world.dice import Dice
from demo.world.journey import Line, Product

FRESH = frozenset(
    ["PRODUCE", "MEAT", "MEAT-PCKGD", "DELI", "PASTRY", "SEAFOOD", "SEAFOOD-PCKGD", "FLORAL", "RESTAURANT", "SALAD BAR"]
)
CARE = frozenset(["DRUG GM", "COSMETICS", "NUTRITION"])

_FRESH_TROUBLE = (
    ("Not fresh", "The {product} I bought on {day} was past its best when I opened it at home."),
    ("Smelled off", "I had to throw the {product} away. It smelled off although the date was fine."),
    ("Crushed in the bag", "My {product} arrived crushed. Nothing else was in that bag."),
)
_CARE_TROUBLE = (
    ("Seal was broken", "The seal of the {product} was already open. I would rather not use it."),
    ("Rash after use", "I got a rash from the {product}. Which ingredients does it have?"),
    ("Wrong shade", "The {product} is another shade than the label says. Can I swap it?"),
)
_SHELF_TROUBLE = (
    ("Wrong price at the till", "The shelf said less for the {product} than the till did on {day}. Please check."),
    ("Missing from my order", "I paid for the {product} but it was not in my bags."),
    ("Damaged package", "The package of the {product} was torn and half of it had run out."),
    ("Where is it made?", "Could you tell me where the {product} comes from? The label is unreadable."),
)
_GENERAL = (
    ("Invoice", "I need an invoice for my purchase of {day}, made out to my name."),
    ("Points not booked", "My card was scanned on {day}, yet nothing shows in my account."),
    ("When is it back?", "The {product} is sold out each time I come. When do you get it again?"),
)
_CLOSINGS = ("", " Thank you.", " Please call me back.", " I look forward to hearing from you.", " Not amused.")

REFUND_REASONS = ("damaged", "not fresh", "wrong item", "changed my mind", "wrong price")
_PRAISE = ("", "", "", "Quick and friendly.", "All as it should be.", "The queue was long.", "Nice fruit this week.")
_SUMMARIES = ("Asked about opening hours", "Ordered for pick-up", "Asked for a product", "Told about the new card")


def request(dice: Dice, line: Line, product: Product | None, day: str) -> tuple[str, str]:
    """Subject and body of a request about a line of a basket."""
    department = product.category[0] if product else ""
    special = _FRESH_TROUBLE if department in FRESH else _CARE_TROUBLE if department in CARE else _SHELF_TROUBLE
    subject, body = dice.pick(special if dice.chance(0.75) else _GENERAL)
    name = product.name.lower() if product else f"item {line.sku}"
    return subject, body.format(product=name, day=day) + dice.pick(_CLOSINGS)


def answer(dice: Dice) -> str | None:
    return dice.pick(_PRAISE) or None


def summary(dice: Dice) -> str:
    return dice.pick(_SUMMARIES)
