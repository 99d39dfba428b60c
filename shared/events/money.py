"""Amounts of money."""

from dataclasses import dataclass
from functools import cache
from typing import Annotated

from pydantic import AfterValidator, Field

MOST_MINOR = 2**53 - 1
"""The largest amount, in minor units: the largest integer that every reader of JSON holds exactly.

It suffices for any currency: 90,071,992,547,409.91 in the 100 parts that most have, and a sale of some 90 million US
dollars in the least of them. A thousand lines of this amount still add up below 2^63.
"""


@cache
def _currencies() -> frozenset[str]:
    from babel.numbers import list_currencies

    # CLDR keeps the codes of former currencies, so that what was once accepted is read for ever.
    return frozenset(list_currencies()) - {"XXX", "XTS"}


def _known_currency(code: str) -> str:
    if code not in _currencies():
        raise ValueError("no currency of ISO 4217 has this code")
    return code


Currency = Annotated[
    str,
    Field(
        description="ISO 4217", json_schema_extra={"pattern": "^[A-Z]{3}$"}
    ),  # the list is stricter, and checked alone
    AfterValidator(_known_currency),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """An integer number of the currency's minor unit (cents), at most 2^53 - 1; never converted silently."""

    minor: Annotated[int, Field(strict=True, ge=-MOST_MINOR, le=MOST_MINOR)]
    currency: Currency
