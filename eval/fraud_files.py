"""Sales and refunds of other people's files, each marked as fraud or not, as the service hears of them."""

import re
from collections import defaultdict
from datetime import datetime
from pathlib import Path

from eval.cells import read_flags, read_numbers, read_times
from eval.columns import Roles
from eval.fraud_facts import Basket, Fact, Means, Shop, refund, sale
from eval.setting import Setting, UnfitError, say
from eval.tables import read_table

_MOST = 30_000
_FEWEST = 5
_BACK = re.compile(r"refund|return|chargeback|reversal", re.IGNORECASE)
_OWN = ("device", "card", "address", "coupon")


def read_shop(path: Path, roles: Roles, setting: Setting) -> Shop:
    """In the order of time; frauds of one episode, where a column names it, are one, else each is one by itself.

    Of very many the last ones, unless everything is asked for. Raises UnfitError where too few are frauds.
    """
    table = read_table(path)
    column = "fraud" if "fraud" in roles.columns else "label"
    flags = read_flags(table, roles.column(column, path), roles.told)
    times = read_times(table, roles.column("date", path), roles.told)
    amounts = read_numbers(table, roles.column("value", path), roles.told)
    cells = {
        role: table.columns[roles.columns[role]]
        for role in ("customer", "id", "type", "episode", *_OWN)
        if role in roles.columns
    }
    known = [
        (at, row)
        for row, (at, amount, flag) in enumerate(zip(times, amounts, flags, strict=True))
        if at is not None and amount is not None and flag is not None
    ]
    known.sort()
    if len(known) > _MOST and not setting.full:
        say(f"  {path.name}: the last {_MOST} of {len(known)} are measured; --full measures all")
        known = known[-_MOST:]
    shop = Shop(f"{path.name}, {len(known)} sales")
    frauds: defaultdict[str, list[str]] = defaultdict(list)
    for at, row in known:
        told = {role: texts[row] for role, texts in cells.items()}
        fact = _fact(str(row), told, at, amounts[row] or 0.0)
        shop.facts.append(fact)
        if flags[row]:
            frauds[told.get("episode") or str(row)].append(fact.id)
    if len(frauds) < _FEWEST:
        raise UnfitError(f"{path.name}: {len(frauds)} frauds are marked, {_FEWEST} or more are needed")
    shop.episodes["frauds"] = list(frauds.values())
    return shop


def _fact(name: str, told: dict[str, str], at: datetime, amount: float) -> Fact:
    """What pays back is a refund, by its type or by an amount below zero."""
    customer = told.get("customer") or f"nobody {name}"
    basket = Basket(at, max(round(abs(amount) * 100), 1))
    if amount < 0 or _BACK.search(told.get("type", "")):
        return refund(name, customer, basket)
    means = Means(*(told.get(role) or None for role in ("device", "card", "address")))
    return sale(name, customer, basket, means, told.get("coupon") or None)
