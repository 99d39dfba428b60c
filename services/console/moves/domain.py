"""Which identities of a customer somebody chose, and what becomes of them."""

from collections.abc import Iterable, Mapping
from typing import Any

_CHOSEN = "identity-"


def chosen_of(form: Mapping[str, str], identities: Iterable[Mapping[str, Any]]) -> list[str]:
    """The ids that are ticked, of those that the customer has, in the customer's order."""
    return [each["id"] for each in identities if f"{_CHOSEN}{each['id']}" in form]
