"""What follows from a basket, drawn from the seed: refunds, requests, surveys, talks, the next wish."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from demo.world import facts, texts
from demo.world.dice import Dice
from demo.world.facts import Fact
from demo.world.households import END, Household
from demo.world.journey import Basket, Line, Product

REFUNDED, ASKED, SURVEYED, TALKED, WISHED = 0.015, 0.012, 0.02, 0.008, 0.4
LATE, EXPIRED, RESENT, RENAMED = 0.004, 0.1, 0.002, 0.001
KNOWN_FOR = timedelta(days=14)  # deliveries of a household's first two weeks are never late


def channel_of(household: Household, basket: Basket, dice: Dice) -> str:
    """Who orders on the web has a profile; fuel, mostly the only and expensive line, is bought at the pump."""
    pump = len(basket.lines) == 1 and basket.lines[0].value >= 1_500
    if pump or not household.joined(basket.at):
        return "in_person"
    if household.style == "mixed":
        return dice.weighted((("in_person", 60), ("web", 35), ("phone", 5)))
    return household.style


def tell(household: Household, basket: Basket, products: dict[str, Product], seed: int) -> Iterator[Fact]:
    """The sale and all that comes of it until the end of the year, in no order of time."""
    dice = Dice(seed, "basket", basket.number)
    channel = channel_of(household, basket, dice)
    yield from _sale(dice, household, basket, channel)
    later = [
        *_refunds(dice, household, basket),
        *_request(dice, household, basket, products),
        *_survey(dice, household, basket),
        *_talk(dice, household, basket),
        *_wish(dice, household, basket, channel),
    ]
    yield from (fact for fact in later if fact.arrives < END)


def _sale(dice: Dice, household: Household, basket: Basket, channel: str) -> Iterator[Fact]:
    sale = facts.sale(household, basket, channel)
    if dice.chance(LATE) and household.known_since + KNOWN_FOR < basket.at:
        sale = sale.late(
            _after(dice, basket.at, 9 * 24, 12 * 24) if dice.chance(EXPIRED) else _after(dice, basket.at, 4, 72)
        )
    yield sale
    if dice.chance(RESENT):
        yield sale.late(_after(dice, sale.arrives, 1, 48))
    if dice.chance(RENAMED):
        yield sale.under(f"{sale.id}-again", _after(dice, sale.arrives, 1, 48))


def _refunds(dice: Dice, household: Household, basket: Basket) -> Iterator[Fact]:
    """Whole lines come back, or single units where their price is exact; at times the rest later."""
    paid = [line for line in basket.lines if line.value]
    if not dice.chance(REFUNDED) or not paid:
        return
    first = [line for line in paid if dice.chance(0.4)] or paid[:1]
    at = _after(dice, basket.at, 2, 14 * 24)
    yield facts.refund(household, basket, [_part(dice, line) for line in first], at, 1, dice.pick(texts.REFUND_REASONS))
    rest = [line for line in paid if line not in first]
    if rest and dice.chance(0.1):
        at = _after(dice, at, 2, 5 * 24)
        yield facts.refund(household, basket, rest, at, 2, dice.pick(texts.REFUND_REASONS))


def _part(dice: Dice, line: Line) -> Line:
    if line.quantity == 1 or line.value % line.quantity or dice.chance(0.5):
        return line
    quantity = dice.between(1, line.quantity)
    return Line(line.sku, quantity, line.value // line.quantity * quantity)


def _request(dice: Dice, household: Household, basket: Basket, products: dict[str, Product]) -> Iterator[Fact]:
    if not dice.chance(ASKED):
        return
    at, line = _after(dice, basket.at, 3, 6 * 24), dice.pick(basket.lines)
    channel = dice.weighted((("email", 50), ("web", 25), ("phone", 15), ("chat", 10)))
    subject, body = texts.request(dice, line, products.get(line.sku), f"{basket.at:%B} {basket.at.day}")
    by_mail = channel == "email" and household.email is not None and household.joined(basket.at)
    data = {
        "party": {"identities": [facts.email(household)]} if by_mail else facts.known(household, at),
        "channel": channel,
        "subject": subject,
        "body": body,
        "thread": f"request-{basket.number}@desk.example.com",
        "in_reply_to": None,
        "sku": line.sku,
        "sale_id": facts.sale_id(basket),
        "locale": "en",
    }
    yield facts.ingested("support.requested", f"request-{basket.number}", facts.DESK, household, at, data)


def _survey(dice: Dice, household: Household, basket: Basket) -> Iterator[Fact]:
    if not dice.chance(SURVEYED) or not household.joined(basket.at):
        return
    at = _after(dice, basket.at, 20, 9 * 24)
    survey = dice.weighted((("csat", 5), ("nps", 2), ("ces", 1)))
    data = {
        "party": facts.known(household, at),
        "survey": survey,
        "value": dice.between(0, 10) if survey == "nps" else dice.between(1, 5),
        "text": texts.answer(dice),
        "about": {"sale_id": facts.sale_id(basket)},
    }
    yield facts.ingested("survey.answered", f"survey-{basket.number}", facts.PANEL, household, at, data)


def _talk(dice: Dice, household: Household, basket: Basket) -> Iterator[Fact]:
    if not dice.chance(TALKED):
        return
    at = _after(dice, basket.at, 1, 20 * 24)
    data = {
        "party": facts.known(household, at),
        "channel": dice.weighted((("phone", 5), ("in_person", 3), ("social", 2))),
        "direction": dice.weighted((("inbound", 4), ("outbound", 1))),
        "stage": dice.pick(("education", "post_purchase", None)),
        "summary": texts.summary(dice),
        "agent": f"staff-{dice.between(1, 24)}",
        "duration_s": dice.between(30, 900),
    }
    yield facts.ingested("interaction.recorded", f"talk-{basket.number}", facts.SHOP, household, at, data)


def _wish(dice: Dice, household: Household, basket: Basket, channel: str) -> Iterator[Fact]:
    if channel != "web" or not dice.chance(WISHED):
        return
    at, line = _after(dice, basket.at, 1, 5 * 24), dice.pick(basket.lines)
    intent = dice.weighted((("viewed", 6), ("carted", 3), ("requested", 1)))
    data = {"party": facts.known(household, at), "sku": line.sku, "channel": "web", "intent": intent}
    yield facts.ingested("product.chosen", f"wish-{basket.number}", facts.SHOP, household, at, data)


def _after(dice: Dice, at: datetime, low: int, high: int) -> datetime:
    """So many hours later, to the second."""
    return at + timedelta(seconds=dice.between(low * 3_600, high * 3_600))
