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
_ORDER: dict[str, int] = {"party": 0, "external": 1, "email": 2, "phone": 3, "anonymous": 4}
ADDRESSES = frozenset({"email", "phone"})
"""What somebody can be written to or called on."""

# What forms and systems fill in where nobody is known; compared in lower case, without what stands between letters.
_NOBODY = frozenset(
    {"", "null", "none", "nil", "na", "nan", "undefined", "unknown", "anonymous", "guest", "default", "invalid", "test"}
)
_NO_MAILBOX = frozenset(
    {"null", "none", "nan", "undefined", "unknown", "invalid", "noemail", "nomail", "noreply", "donotreply"}
)
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
    """Where an identity belongs for ever, and its own id."""

    party_id: UUID
    identity_id: UUID


def normal_claims(identities: Iterable[ReportedIdentity], *, source: str, region: str) -> tuple[Claim, ...]:
    """The usable identities, normalised, each once, the strongest first, else as reported.

    `source` is the system of external and anonymous identities that name none; `region` (ISO 3166-1) is that of
    national numbers.
    """
    found: dict[Claim, None] = {}
    for identity in identities:
        claim = _claim(identity, source, region)
        if claim is not None:
            found[claim] = None
    return tuple(found) if len(found) < 2 else tuple(sorted(found, key=strength))


def primary_claims(identities: Iterable[ReportedIdentity], *, source: str, region: str) -> tuple[Claim, ...]:
    """Those that the sender says are to be written to."""
    return normal_claims([each for each in identities if each.primary], source=source, region=region)


def strength(claim: Claim) -> int:
    """The lower, the stronger."""
    return _ORDER[claim.type]


def is_placeholder(value: str) -> bool:
    """Whether a value stands for nobody: `0`, `-1`, `null`, `n/a`, zeros, nines."""
    plain = _BETWEEN.sub("", value).lower()
    return plain in _NOBODY or value.strip() == "-1" or _FILLED.fullmatch(plain) is not None


def _claim(identity: ReportedIdentity, source: str, region: str) -> Claim | None:
    match identity.type:
        case "external" | "anonymous":
            value = identity.value.strip()
            usable = "\x00" not in value and not is_placeholder(value)
            return Claim(identity.type, identity.system or source, value) if usable else None
        case "party":
            party_id = _party_id(identity.value)
            return None if party_id is None else Claim("party", "", party_id)
        case "email":
            email = normal_email(identity.value)
            if email is None or _BETWEEN.sub("", email.partition("@")[0]) in _NO_MAILBOX:
                return None
            return Claim("email", "", email)
        case _:
            phone = normal_phone(identity.value, region)
            return None if phone is None else Claim("phone", "", phone)


def _party_id(value: str) -> str | None:
    try:
        return str(UUID(value.strip()))
    except ValueError:
        return None


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


def search_values(text: str, region: str) -> list[str]:
    """The normalised values that somebody may mean by `text`: an e-mail, a phone number or an external id."""
    text = text.replace("\x00", "")
    values = [text.strip(), normal_email(text) if "@" in text else None, normal_phone(text, region)]
    return list(dict.fromkeys(value for value in values if value))
