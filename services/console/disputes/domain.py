"""Disputes as pages show them, and what their forms say."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

from babel.numbers import get_currency_precision

from services.console.shell.typed import plain_number

CAUSES = ("quality", "delivery", "price", "billing", "terms", "service", "other")
EVIDENCE = ("sale", "ticket", "message", "agreement", "document", "statement")
OFFERS = frozenset({"proposed", "countered", "credited"})
"""Moves that may name an amount."""
TONES: dict[str, Literal["good", "plain", "accent", "warn", "bad"]] = {
    "raised": "bad",
    "acknowledged": "warn",
    "investigating": "warn",
    "proposed": "accent",
    "countered": "accent",
    "settled": "good",
    "credited": "good",
    "rejected": "plain",
    "closed": "plain",
}
_MOST_DIGITS = 15


def amount_of(typed: str, currency: str, language: str) -> dict[str, object] | None:
    """Of `1.299,95` and `dkk`; None where nothing was typed. What is no amount is sent so that support refuses it."""
    code = currency.strip().upper()
    if not typed.strip():
        return None
    plain = plain_number(typed, language)
    if plain is None:
        return {"minor": None, "currency": code}
    minor = Decimal(plain).scaleb(get_currency_precision(code))
    exact = minor == minor.to_integral_value() and minor.adjusted() < _MOST_DIGITS
    return {"minor": int(minor) if exact else None, "currency": code}


def raised(form: Mapping[str, str], language: str) -> dict[str, Any]:
    """What a form says is disputed; blank fields are left out."""
    said: dict[str, Any] = {name: form.get(name, "").strip() for name in ("party_id", "ticket_id", "text", "cause")}
    said["amount"] = amount_of(form.get("amount", ""), form.get("currency", ""), language)
    if form.get("sale_id", "").strip():
        said |= {"sale_id": form["sale_id"].strip(), "origin": form.get("origin", "").strip()}
    return {name: value for name, value in said.items() if value}


def moved(form: Mapping[str, str], language: str) -> dict[str, Any]:
    """A step as a form says it."""
    status, amount = form.get("status", ""), None
    if status in OFFERS:
        amount = amount_of(form.get("amount", ""), form.get("currency", ""), language)
    return {"status": status, "text": form.get("text", "").strip() or None, "amount": amount}


def evidence_of(form: Mapping[str, str]) -> dict[str, Any]:
    named = {name: form.get(name, "").strip() or None for name in ("reference", "text")}
    return {"kind": form.get("kind", ""), **named}


def currency_of(dispute: Mapping[str, Any]) -> str:
    """That in which the dispute is; nothing where no amount was ever named."""
    known = dispute["offer"] or dispute["amount"]
    return str(known["currency"]) if known else ""
