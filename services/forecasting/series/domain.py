"""The names of the weekly series: what a department sold, by event time, in one currency."""

from dataclasses import dataclass
from hashlib import sha256
from itertools import accumulate, takewhile

NO_DEPARTMENT = "(none)"
_MEASURE = "sales"
_LONGEST = 300


@dataclass(frozen=True, slots=True, order=True)
class DepartmentWeek:
    """The revenue of a department's lines by week of the sale, refunds not taken off (they fall into other weeks)."""

    department: str
    currency: str

    @property
    def id(self) -> str:
        """`sales:department:<name>:week:<currency>`: the key on `crm.insights`, so percent-encoded to ASCII."""
        return f"{_MEASURE}:department:{_key(self.department)}:week:{self.currency}"

    @property
    def unit(self) -> str:
        return f"{self.currency} minor"


def product_week(sku: str) -> str:
    """`units:product:<sku>:week`: what a product sells a week, in all currencies."""
    return f"units:product:{_key(sku)}:week"


def _key(name: str) -> str:
    """Kafka keys and headers are ASCII and short, and a colon separates the parts."""
    plain = [char if char.isascii() and char.isprintable() and char not in ":%" else _escape(char) for char in name]
    if sum(map(len, plain)) <= _LONGEST:
        return "".join(plain)
    shown = takewhile(lambda length: length <= _LONGEST, accumulate(map(len, plain)))
    # Two long names that begin alike are two series.
    return "".join(plain[: sum(1 for _ in shown)]) + f"%~{sha256(name.encode()).hexdigest()[:16]}"


def _escape(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode())
