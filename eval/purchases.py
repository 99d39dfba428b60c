"""Who bought on which day, of other people's files."""

from collections import defaultdict
from datetime import date
from pathlib import Path

from eval.cells import is_missing, read_numbers, read_times
from eval.columns import Roles
from eval.setting import UnfitError
from eval.tables import read_table


def read_purchases(path: Path, roles: Roles) -> dict[str, set[date]]:
    """By customer. What was taken back, with a quantity or a value below zero, is no purchase, nor is a row of nobody
    or of no day. Raises UnfitError where nothing is left.
    """
    table = read_table(path)
    customers = table.columns[roles.column("customer", path)]
    days = read_times(table, roles.column("date", path), roles.told)
    kept = [True] * len(customers)
    for role in ("quantity", "value"):
        if role in roles.columns:
            numbers = read_numbers(table, roles.columns[role], roles.told)
            kept = [
                keep and not (number is not None and number < 0) for keep, number in zip(kept, numbers, strict=True)
            ]
    bought: defaultdict[str, set[date]] = defaultdict(set)
    for customer, day, keep in zip(customers, days, kept, strict=True):
        if keep and day is not None and not is_missing(customer):
            bought[customer].add(day.date())
    if not bought:
        raise UnfitError(f"{path.name}: no purchase is in it")
    return dict(bought)
