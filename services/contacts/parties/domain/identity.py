"""What names a customer: e-mail, phone and external ids in the one form in which they are compared."""

import re
import unicodedata
from collections.abc import Iterable, Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from services.contacts.policy import IdentityPolicy
from shared.events.ingest import ReportedIdentity
from shared.events.values import IdentityType
from shared.sql import storable

_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[a-z0-9](?:[a-z0-9]|-(?!-))*(?<!-)"
# What needs no library: plain ASCII, no punycode. Everything that it takes, email-validator takes unchanged (tested).
_PLAIN_EMAIL = re.compile(rf"(?=.{{3,254}}\Z)(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+[a-z]{{2,63}}")
_LONGEST_LABEL = 63
ADDRESSES = frozenset({"email", "phone"})
"""What somebody can be written to or called on."""

# A shop that counts its customers has a number 999; five nines and more are a filled form.
_FILLED = re.compile(r"0+|9{5,}|x{2,}")
_BETWEEN = re.compile(r"[\s._/\\-]+")


class Claim(NamedTuple):
    """A normalised identity; `system` is empty except for external and anonymous ones.

    Claims sort in the order of their locks.
    """

    type: IdentityType
    system: str
    value: str


class Home(NamedTuple):
    """Where an identity belongs, its own id, and how many other parties carry it."""

    party_id: UUID
    identity_id: UUID
    sharing: int = 0


class Flagged(NamedTuple):
    """An identity that names nobody, as its sender wrote it, and why.

    The reason is `blocked` by the policy, `unreadable`, `local_number` (a phone that is dialled only locally),
    `no_number` (of no numbering plan), or `surplus` (the party has as many as it may).
    """

    type: str
    system: str
    value: str
    reason: str


class Named(NamedTuple):
    """What a sender wrote of somebody: by what they are found, and what is only kept."""

    claims: tuple[Claim, ...]
    flagged: tuple[Flagged, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """How identities are read: `source` is the system of external and anonymous ones that name none, `region`
    (ISO 3166-1) that of national numbers.
    """

    policy: IdentityPolicy
    region: str
    source: str = ""


def read_identities(identities: Iterable[ReportedIdentity], reading: Reading) -> Named:
    """The usable identities, normalised, each once, the strongest first, else as reported; and the others."""
    found: dict[Claim, None] = {}
    flagged: list[Flagged] = []
    for identity in identities:
        claim = _claim(identity, reading)
        if isinstance(claim, Claim):
            found[claim] = None
        else:
            flagged.append(Flagged(identity.type, identity.system or "", storable(identity.value), claim))
    order = reading.policy.order
    claims = tuple(found) if len(found) < 2 else tuple(sorted(found, key=lambda claim: order[claim.type]))
    return Named(claims, tuple(flagged))


def primary_claims(identities: Iterable[ReportedIdentity], reading: Reading) -> tuple[Claim, ...]:
    """Those that the sender says are to be written to."""
    said = [each for each in identities if each.primary]
    return read_identities(said, reading).claims if said else ()


def _is_placeholder(value: str, blocked: AbstractSet[str]) -> bool:
    """Whether a value stands for nobody: `0`, `-1`, `null`, `n/a`, zeros, nines."""
    plain = _BETWEEN.sub("", value).lower()
    return not plain or plain in blocked or value.lower() in blocked or _FILLED.fullmatch(plain) is not None


def _claim(identity: ReportedIdentity, reading: Reading) -> Claim | str:
    """The claim, or why there is none."""
    match identity.type:
        case "external" | "anonymous":
            return _named_id(identity, reading)
        case "party":
            party_id = _party_id(identity.value)
            return "unreadable" if party_id is None else Claim("party", "", party_id)
        case "email":
            return _email(identity.value, reading.policy.email.blocked)
        case _:
            return _phone(identity.value, reading)


def _named_id(identity: ReportedIdentity, reading: Reading) -> Claim | str:
    value = identity.value.strip()
    if "\x00" in value:
        return "unreadable"
    if _is_placeholder(value, reading.policy.kinds[identity.type].blocked):
        return "blocked"
    return Claim(identity.type, identity.system or reading.source, value)


def _email(value: str, blocked: AbstractSet[str]) -> Claim | str:
    email = normal_email(value)
    if email is None:
        return "unreadable"
    is_blocked = email in blocked or _BETWEEN.sub("", email.partition("@")[0]) in blocked
    return "blocked" if is_blocked else Claim("email", "", email)


def _phone(value: str, reading: Reading) -> Claim | str:
    phone = normal_phone(value, reading.region)
    if phone is None:
        return _fault_of(value, reading.region)
    return "blocked" if phone.partition(";")[0] in reading.policy.phone.blocked else Claim("phone", "", phone)


def _party_id(value: str) -> str | None:
    try:
        return str(UUID(value.strip()))
    except ValueError:
        return None


def normal_email(value: str) -> str | None:
    """Trimmed, NFC, lower case, the domain in IDNA; dots and plus stay. None if it is no address.

    What copying leaves in an address is taken off: `mailto:`, unseen marks, the dot behind a domain.
    """
    plain = value.strip().lower()
    if not _PLAIN_EMAIL.fullmatch(plain):
        return _odd_email(plain)
    labels = plain.rpartition("@")[2].split(".")
    return plain if max(map(len, labels)) <= _LONGEST_LABEL else None


@lru_cache(maxsize=10_000)
def _odd_email(value: str) -> str | None:
    seen = "".join(letter for letter in value if unicodedata.category(letter) != "Cf")
    value = seen.strip().removeprefix("mailto:").removesuffix(".")
    try:
        found = validate_email(value, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        return None
    return f"{found.local_part.lower()}@{found.ascii_domain}"


@lru_cache(maxsize=50_000)
def normal_phone(value: str, region: str) -> str | None:
    """E.164, a national number read as one of `region`, with its extension, `+4533121212;ext=5`.

    None for what no numbering plan has, or can be dialled only locally: nobody is known by it.
    """
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    normal = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{normal};ext={number.extension}" if number.extension else normal


@lru_cache(maxsize=10_000)
def _fault_of(value: str, region: str) -> str:
    """Why nobody is known by a number."""
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        return "no_number"
    possible = phonenumbers.is_possible_number_with_reason(number)
    return "local_number" if possible == phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY else "no_number"


def search_values(text: str, region: str) -> list[str]:
    """The normalised values that somebody may mean by `text`: an e-mail, a phone number or an external id."""
    text = text.replace("\x00", "")
    values = [text.strip(), normal_email(text) if "@" in text else None, normal_phone(text, region)]
    return list(dict.fromkeys(value for value in values if value))
