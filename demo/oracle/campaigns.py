"""What marketing must do about each sale, by the campaigns' files and the ledger alone.

Written from the contract and the campaigns' own words, not from marketing's code, so that the two can disagree.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic import TypeAdapter

from demo.oracle.ledger import Customer, Ledger, Sale

PATIENCE = timedelta(hours=24)  # for an address
SENT, UNKNOWN = "sent", "unknown"
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
    """Else it follows something else than a sale, which the ledger does not know the moment of."""

    def matches(self, sale: Sale, departments: Mapping[str, str]) -> bool:
        """Empty sets match every sale."""
        if not self.of_sales or (self.channels and sale.channel not in self.channels):
            return False
        return not self.departments or any(departments.get(sku) in self.departments for sku in sale.lines)


class MessageKey(NamedTuple):
    """`campaign` is empty and `step` 0 where no follow-up campaign matched."""

    origin: str
    sale_id: str
    campaign: str
    step: int


class Message(NamedTuple):
    """What must stand when all timers are due: `sent`, or `unknown`, or why it was skipped."""

    due_at: datetime | None
    outcome: str


def load_campaigns(folder: Path) -> list[Campaign]:
    """The follow-ups by priority, the highest first, then by name; the others with them."""
    found = [_campaign(yaml.safe_load(path.read_text("utf-8"))) for path in folder.glob("*.yaml")]
    return sorted(found, key=lambda campaign: (-campaign.priority, campaign.name))


def _campaign(file: Mapping[str, Any]) -> Campaign:
    when = file.get("when", {})
    return Campaign(
        name=file["name"],
        follow_up=file.get("follow_up", False),
        priority=file.get("priority", 0),
        needs_consent=file.get("purpose", "marketing") != "service",
        max_age=_DURATION.validate_python(file.get("max_age", "P7D")),
        channels=frozenset(when.get("channels", ())),
        departments=frozenset(when.get("departments", ())),
        refunded=file.get("skip", {}).get("refunded", "full"),
        waits=tuple(_DURATION.validate_python(step["wait"]) for step in file["steps"]),
        of_sales=file.get("trigger", "sale.completed") == "sale.completed",
    )


def conclude_messages(ledger: Ledger, campaigns: Sequence[Campaign]) -> dict[MessageKey, Message]:
    """Every message of every sale, as it must have ended once the clock has passed all waits."""
    departments = {sku: category[0] for sku, category in ledger.categories.items() if category}
    found: dict[MessageKey, Message] = {}
    for key, sale in ledger.sales.items():
        customer = ledger.customers[sale.customer]
        chosen = list(_chosen(sale, campaigns, departments))
        for campaign in chosen:
            for step, message in enumerate(_steps(sale, customer, campaign), start=1):
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


def _steps(sale: Sale, customer: Customer, campaign: Campaign) -> Iterator[Message]:
    """Until one is skipped. A sale is recorded at the last tick before it came: the midnight of that day."""
    due = sale.at
    recorded = datetime.combine(sale.arrived.date(), time(), UTC)
    for wait in campaign.waits:
        due += wait
        expired = recorded - sale.at > campaign.max_age
        outcome = "expired" if expired else _outcome(sale, customer, campaign, max(due, recorded))
        yield Message(due, outcome)
        if outcome != SENT:
            return


def _outcome(sale: Sale, customer: Customer, campaign: Campaign, at: datetime) -> str:
    """`at`: when it is due, or when the sale was recorded, if that was later: what happened up to then decides.

    Without an address it waits for one, and what happens meanwhile decides too.
    """
    if reason := _refusal(sale, customer, campaign, at):
        return reason
    if customer.email_since is not None and customer.email_since <= at:
        return SENT
    return _refusal(sale, customer, campaign, at + PATIENCE) or "no_address"


def _refusal(sale: Sale, customer: Customer, campaign: Campaign, at: datetime) -> str | None:
    refunds = [refund for refund in customer.refunds if refund.sale == sale.key and refund.at <= at]
    paid_back = sum(refund.total for refund in refunds if refund.currency == sale.currency)
    if refunds and (campaign.refunded == "any" or (campaign.refunded == "full" and paid_back >= sale.total)):
        return "refunded"
    if campaign.needs_consent:
        said = [(moment, not given) for moment, given in customer.consents if moment <= at]
        withdrawn = max(said)[1] if said else True  # of two at the same moment the withdrawal
        if withdrawn:
            return "no_consent"
    return None
