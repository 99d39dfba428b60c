"""What names a customer: e-mail, phone and external ids in the one form in which they are compared."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from shared.events.ingest import ReportedIdentity
from shared.events.values import IdentityType

_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[a-z0-9](?:[a-z0-9]|-(?!-))*(?<!-)"
# What needs no library: plain ASCII, no punycode. Everything that it takes, email-validator takes unchanged (tested).
_PLAIN_EMAIL = re.compile(rf"(?=.{{3,254}}\Z)(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+[a-z]{{2,63}}")
_LONGEST_LABEL = 63
_ORDER: dict[str, int] = {"external": 0, "email": 1, "phone": 2}


class Claim(NamedTuple):
    """A normalised identity; `system` is empty except for external ones. Claims sort in the order of their locks."""

    type: IdentityType
    system: str
    value: str


class Home(NamedTuple):
    """Where an identity belongs for ever, and its own id."""

    party_id: UUID
    identity_id: UUID


def normal_claims(identities: Iterable[ReportedIdentity], *, source: str, region: str) -> tuple[Claim, ...]:
    """The usable identities, normalised, each once, external before e-mail before phone, else as reported.

    `source` is the system of external identities that name none; `region` (ISO 3166-1) is that of national numbers.
    """
    found: dict[Claim, None] = {}
    for identity in identities:
        claim = _claim(identity, source, region)
        if claim is not None:
            found[claim] = None
    return tuple(found) if len(found) < 2 else tuple(sorted(found, key=_by_strength))


def _by_strength(claim: Claim) -> int:
    return _ORDER[claim.type]


def _claim(identity: ReportedIdentity, source: str, region: str) -> Claim | None:
    match identity.type:
        case "external":
            value = identity.value.strip()
            return Claim("external", identity.system or source, value) if value and "\x00" not in value else None
        case "email":
            email = normal_email(identity.value)
            return None if email is None else Claim("email", "", email)
        case _:
            phone = normal_phone(identity.value, region)
            return None if phone is None else Claim("phone", "", phone)


def normal_email(value: str) -> str | None:
    """Trimmed, NFC, lower case, the domain in IDNA; dots and plus stay. None if it is no address."""
    plain = value.strip().lower()
    if not _PLAIN_EMAIL.fullmatch(plain):
        return _odd_email(plain)
    labels = plain.rpartition("@")[2].split(".")
    return plain if max(map(len, labels)) <= _LONGEST_LABEL else None


@lru_cache(maxsize=10_000)
def _odd_email(value: str) -> str | None:
    try:
        found = validate_email(value, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        return None
    return f"{found.local_part.lower()}@{found.ascii_domain}"


@lru_cache(maxsize=50_000)
def normal_phone(value: str, region: str) -> str | None:
    """E.164, a national number read as one of `region`. None if nobody can have it."""
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def search_values(text: str, region: str) -> list[str]:
    """The normalised values that somebody may mean by `text`: an e-mail, a phone number or an external id."""
    text = text.replace("\x00", "")
    values = [text.strip(), normal_email(text) if "@" in text else None, normal_phone(text, region)]
    return list(dict.fromkeys(value for value in values if value))
