"""Values that several contracts share."""

import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field

from shared.clock import parse_rfc3339
from shared.events.money import Money

Channel = Literal["web", "email", "mailing", "phone", "social", "chat", "sms", "in_person"]
PartyKind = Literal["person", "organisation"]
Role = Literal["customer", "prospect", "supplier", "vendor", "distributor", "partner"]
RelationKind = Literal["employs", "subsidiary_of", "buys_through", "introduced_by"]
"""What one party is to another: it employs it, belongs to it, buys through it, or was introduced by it."""
AddressKind = Literal["billing", "shipping", "home", "work"]
CustomName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
"""A field that an operator defined."""
CustomValue = (
    Annotated[bool, Field(strict=True)]
    | Annotated[int, Field(strict=True, ge=-(2**53 - 1), le=2**53 - 1)]
    | Annotated[float, Field(strict=True, allow_inf_nan=False, ge=-(2**53 - 1), le=2**53 - 1)]
    | Annotated[str, Field(strict=True, max_length=1_000)]
)
IdentityType = Literal["party", "external", "email", "phone", "anonymous"]
Instant = AwareDatetime
"""A time as our own services write it."""


# The very first and last moment that there are would be written as infinity by the database's driver, and be read
# without a zone, which no other time can be compared with.
_FIRST = datetime(1, 1, 1, microsecond=1, tzinfo=UTC)
_LAST = datetime(9999, 12, 31, 23, 59, 59, 999_998, tzinfo=UTC)


def _read_instant(value: object) -> object:
    return max(_FIRST, min(_LAST, parse_rfc3339(value))) if isinstance(value, str) else value


ReportedInstant = Annotated[AwareDatetime, Field(strict=True), BeforeValidator(_read_instant)]
"""A time from outside, over Kafka or HTTP: what RFC 3339 allows, and no number or other form of ISO 8601."""

Quantity = Annotated[int, Field(strict=True, gt=0, le=1_000_000)]

# Ids and codes of the sender are compared as they are; what no database can hold is refused.
_NO_NUL = r"^[^\x00]*$"
Sku = Annotated[str, Field(min_length=1, max_length=100, pattern=_NO_NUL)]
OutsideId = Annotated[str, Field(min_length=1, max_length=200, pattern=_NO_NUL)]


def trim(text: str) -> str:
    """Without what nobody sees at its ends: spaces, and marks of width and direction such as U+200B and U+202A."""
    text = text.strip()
    while text and (_is_unseen(text[0]) or _is_unseen(text[-1])):
        text = text[1:].lstrip() if _is_unseen(text[0]) else text[:-1].rstrip()
    return text


def _is_unseen(letter: str) -> bool:
    return letter > "\x7f" and unicodedata.category(letter) == "Cf"


def tidy(value: object) -> object:
    """Text in one form: composed letters (NFC), no NUL, nothing unseen around; blank is None. Others as they are."""
    if not isinstance(value, str):
        return value
    return trim(unicodedata.normalize("NFC", value.replace("\x00", ""))) or None


Tag = Annotated[Annotated[str, Field(min_length=1, max_length=40)], BeforeValidator(tidy)]
"""A word by which people of the company put parties together."""


def _without_nul(value: object) -> object:
    return value.replace("\x00", "") if isinstance(value, str) else value


def _blank_to_none(value: object) -> object:
    return None if isinstance(value, str) and not trim(value.replace("\x00", "")) else value


Tidy = BeforeValidator(tidy)
"""For words about a party: see `tidy`."""

BlankIsNone = BeforeValidator(_blank_to_none)
"""For an optional text: null, empty, blank and absent mean the same."""

FreeText = Annotated[str, BeforeValidator(_without_nul)]
"""What somebody wrote. A NUL, which no database keeps as text, is left out of it."""


def _real_date(text: str) -> str:
    date.fromisoformat(text)
    return text


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _known_zone(name: str) -> str:
    if name not in _zones():
        raise ValueError("no time zone of the IANA database has this name")
    return name


@cache
def _countries() -> frozenset[str]:
    from babel import Locale

    # CLDR's territories without its groups (EU, EZ, UN, QO) and its test and unknown codes.
    regions = {str(code) for code in Locale("en").territories if str(code).isalpha()}
    return frozenset(regions - {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})


def _known_country(code: str) -> str:
    if code not in _countries():
        raise ValueError("no country of ISO 3166-1 has this code")
    return code


Day = Annotated[
    str,
    Field(pattern=r"^\d{4}-\d{2}-\d{2}$", json_schema_extra={"format": "date"}),
    AfterValidator(_real_date),
]
"""A day of the calendar, `1990-04-17`."""

TimeZone = Annotated[str, Field(max_length=64), AfterValidator(_known_zone)]
"""A name of the IANA database, `Europe/Copenhagen`."""

Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$"), AfterValidator(_known_country)]
"""ISO 3166-1 alpha-2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One product of a sale. `discount` is for the whole line, in the sale's currency."""

    sku: Sku
    quantity: Quantity
    unit_price: Money
    discount: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedLine:
    """One product that came back."""

    sku: Sku
    quantity: Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityUsed:
    """By which identity a fact found its party: the kind and our id of it, never the value."""

    type: IdentityType
    id: str
