"""What a sale was ordered on, paid with and sent to, as others may know it: equal or not, and nothing else."""

import hashlib
import hmac
import re
from collections.abc import Iterator
from dataclasses import replace
from unicodedata import normalize

from pydantic import SecretStr

from shared.events.ingest import Address, ReportedSale
from shared.events.sales import SaleCompleted

_LENGTH = 16
_NO_LETTER = re.compile(r"[\W_]+")


def add_pseudonyms(published: SaleCompleted, sale: ReportedSale, secret: SecretStr | None) -> SaleCompleted:
    """The sale with an HMAC of each that it names. Without a key it has none: a plain hash could be guessed."""
    if secret is None or (sale.device is None and sale.card_hash is None and sale.ship_to is None):
        return published
    key = secret.get_secret_value().encode()
    return replace(
        published,
        device=_pseudonym(key, "device", (sale.device or "").strip()),
        card_hash=_pseudonym(key, "card", (sale.card_hash or "").strip()),
        ship_to=_pseudonym(key, "address", " ".join(_words(sale.ship_to))),
    )


def _pseudonym(key: bytes, kind: str, value: str) -> str | None:
    if not value:
        return None
    return hmac.digest(key, f"{kind}\x1f{value}".encode("utf-8", "surrogatepass"), hashlib.sha256)[:_LENGTH].hex()


def _words(address: Address | str | None) -> Iterator[str]:
    """The same however it is written: case, spaces and punctuation mean nothing, nor how it is cut into lines."""
    if address is None:
        return
    if isinstance(address, Address):
        parts = [*address.lines, address.postal_code or "", address.city or "", address.country or ""]
    else:
        parts = [address]
    for part in parts:
        yield from _NO_LETTER.sub(" ", normalize("NFKC", part).casefold()).split()
