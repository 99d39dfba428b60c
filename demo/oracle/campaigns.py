"""What marketing must do about each sale, by the campaigns' files and the ledger alone.

Written from the contract and the campaigns' own words, not from marketing's code, so that the two can disagree.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic import TypeAdapter

from demo.oracle.ledger import Customer, Ledger, Sale
from demo.world.clock import last_tick, next_tick

PATIENCE = timedelta(hours=24)  # for an address
HEARD_WITHIN = timedelta(days=9)
"""Tickets come without the stream's clock: marketing may decide a message of up to so long after one before it hears of
that one.
"""
SENT, UNKNOWN, EXPIRED, EXITED, TICKET_OPEN = "sent", "unknown", "expired", "exited", "ticket_open"
SALE = "sale.completed"
NEWSLETTER = "newsletter"
_DURATION = TypeAdapter(timedelta)


@dataclass(frozen=True, slots=True)
class Campaign:
    name: str
    follow_up: bool
    priority: int
    needs_consent: bool
    max_age: timedelta
    channels: frozenset[str]
    departments: frozenset[str]
    refunded: str
    waits: tuple[timedelta, ...]
    of_sales: bool = True
    """Else it follows something else than a sale, and its messages are looked at by its own rules."""
    heeds_tickets: bool = False
    """It is silent while a request of the customer waits."""
    left_by: frozenset[str] = frozenset()
    """Events that end an enrolment before its message is due; a refund only that of its own sale."""
    asks: bool = False
    """Its letter is a survey."""

    def matches(self, sale: Sale, departments: Mapping[str, str]) -> bool:
        """Empty sets match every sale."""
        if not self.of_sales or (self.channels and sale.channel not in self.channels):
            return False
        return not self.departments or any(departments.get(sku) in self.departments for sku in sale.lines)


class MessageKey(NamedTuple):
    """`campaign` is empty and `step` 0 where no follow-up campaign matched; `step` 0 of a campaign: it was left before
    there was a message.
    """

    origin: str
    sale_id: str
    campaign: str
    step: int


class Message(NamedTuple):
    """What must stand when all timers are due: `sent`, or `unknown`, or why it was skipped; or `or_else` as well, where
    that depends on what marketing had heard of support by then.
    """

    due_at: datetime | None
    outcome: str
    or_else: str = ""

    def standing(self, found: str | None) -> "Message":
        """As it stands where that is right."""
        return Message(self.due_at, self.or_else if self.or_else and found == self.or_else else self.outcome)


def beside_sales(campaigns: Sequence[Campaign]) -> set[str]:
    """What follows from something else than a sale, the newsletter among it: it is compared by rules of its own."""
    return {NEWSLETTER, *(campaign.name for campaign in campaigns if not campaign.of_sales)}


def load_campaigns(*places: Path) -> list[Campaign]:
    """Of files and folders: the follow-ups by priority, the highest first, then by name; the others with them."""
    files = [file for place in places for file in (place.glob("*.yaml") if place.is_dir() else [place])]
    found = [_campaign(yaml.safe_load(path.read_text("utf-8"))) for path in files]
    return sorted(found, key=lambda campaign: (-campaign.priority, campaign.name))


def _campaign(file: Mapping[str, Any]) -> Campaign:
    when, skip = file.get("when", {}), file.get("skip", {})
    return Campaign(
        name=file["name"],
        follow_up=file.get("follow_up", False),
        priority=file.get("priority", 0),
        needs_consent=file.get("purpose", "marketing") != "service",
        max_age=_DURATION.validate_python(file.get("max_age", "P7D")),
        channels=frozenset(when.get("channels", ())),
        departments=frozenset(when.get("departments", ())),
        refunded=skip.get("refunded", "full"),
        waits=tuple(_DURATION.validate_python(step["wait"]) for step in file["steps"] if "wait" in step),
        of_sales=file.get("trigger", SALE) == SALE,
        heeds_tickets=skip.get("ticket_open", False),
        left_by=frozenset(heard["event"] for heard in file.get("exit_on", ())),
        asks=any("survey" in step for step in file["steps"]),
    )


def conclude_messages(ledger: Ledger, campaigns: Sequence[Campaign]) -> dict[MessageKey, Message]:
    """Every message of every sale, as it must have ended once the clock has passed all waits."""
    departments = {sku: category[0] for sku, category in ledger.categories.items() if category}
    found: dict[MessageKey, Message] = {}
    for key, sale in ledger.sales.items():
        customer = ledger.customers[sale.customer]
        chosen = list(_chosen(sale, campaigns, departments))
        for campaign in chosen:
            for step, message in _steps(sale, customer, campaign):
                found[MessageKey(*key, campaign.name, step)] = message
        if not any(campaign.follow_up for campaign in chosen):
            found[MessageKey(*key, "", 0)] = Message(None, "no_campaign")
    return found


def _chosen(sale: Sale, campaigns: Sequence[Campaign], departments: Mapping[str, str]) -> Iterator[Campaign]:
    """All that match, but of the follow-ups only the first."""
    followed = False
    for campaign in campaigns:
        if campaign.follow_up and followed:
            continue
        if campaign.matches(sale, departments):
            followed = followed or campaign.follow_up
            yield campaign


def _steps(sale: Sale, customer: Customer, campaign: Campaign) -> Iterator[tuple[int, Message]]:
    """Until one is skipped. A sale that comes late is recorded at the last tick before it came."""
    due, recorded = sale.at, last_tick(sale.arrived)
    expired = recorded - sale.at > campaign.max_age
    if campaign.left_by and expired:
        yield 0, Message(None, EXPIRED)
        return
    for step, wait in enumerate(campaign.waits, start=1):
        due += wait
        if expired:
            message = Message(due, EXPIRED)
        elif campaign.left_by and _is_left(sale, customer, campaign, due):
            message = Message(due, EXITED)
        else:
            message = Message(due, *outcome_of(customer, campaign, max(due, recorded), sale))
        yield step, message
        if message.outcome != SENT:
            return


def _is_left(sale: Sale, customer: Customer, campaign: Campaign, due: datetime) -> bool:
    """Whether anything that ends it came after the sale, happened until it was due, and was told before that was
    decided.
    """
    decided = next_tick(due)
    if SALE in campaign.left_by:
        later = (each for each in customer.sales if each.order > sale.order)
        if any(each.at <= due and each.arrived < decided for each in later):
            return True
    refunds = (refund for refund in customer.refunds if refund.sale == sale.key)
    return "sale.refunded" in campaign.left_by and any(refund.at <= due for refund in refunds)


def outcome_of(customer: Customer, campaign: Campaign, at: datetime, sale: Sale | None = None) -> tuple[str, str]:
    """`at`: when it is due, or when its cause was recorded, if that was later: what happened up to then decides.

    Without an address it waits for one, and what happens meanwhile decides too. With it, what it may have come to
    instead; empty: nothing.
    """
    if reason := _refusal(customer, campaign, at, sale):
        return reason, ""
    has_address = customer.email_since is not None and customer.email_since <= at
    later = at if has_address else at + PATIENCE
    plain = SENT if has_address else _refusal(customer, campaign, later, sale) or "no_address"
    if not campaign.heeds_tickets:
        return plain, ""
    changes = [each for ticket in customer.tickets for each in (ticket.opened_at, ticket.resolved_at) if each]
    if any(at - HEARD_WITHIN < each <= later for each in changes):
        return plain, TICKET_OPEN
    return (TICKET_OPEN if has_open_ticket(customer, at) else plain), ""


def has_open_ticket(customer: Customer, at: datetime) -> bool:
    return any(
        each.opened_at <= at and (each.resolved_at is None or at < each.resolved_at) for each in customer.tickets
    )


def _refusal(customer: Customer, campaign: Campaign, at: datetime, sale: Sale | None) -> str | None:
    if sale is not None:
        refunds = [refund for refund in customer.refunds if refund.sale == sale.key and refund.at <= at]
        paid_back = sum(refund.total for refund in refunds if refund.currency == sale.currency)
        if refunds and (campaign.refunded == "any" or (campaign.refunded == "full" and paid_back >= sale.total)):
            return "refunded"
    return "no_consent" if campaign.needs_consent and not consents(customer, at) else None


def consents(customer: Customer, at: datetime) -> bool:
    """Of two words at the same moment the withdrawal holds."""
    said = [(moment, not given) for moment, given in customer.consents if moment <= at]
    return bool(said) and not max(said)[1]
