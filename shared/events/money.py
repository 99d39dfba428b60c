"""Amounts of money."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """An integer number of the currency's minor unit (cents); never converted silently."""

    minor: Annotated[int, Field(ge=-(10**14), le=10**14)]
    currency: Currency
