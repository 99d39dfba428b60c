"""What of a party is compared: its description, folded and taken apart."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from services.contacts.matching.domain.folding import fold
from services.contacts.matching.domain.naming import read_person
from services.contacts.parties.domain.letters import is_kanji

RULES = 2
"""The version of the rules by which descriptions are read and pairs are rated. Whoever changes what is certain, what is
compared or by which keys adds one: then everything that is kept is read and rated anew.
"""

_TITLES = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "miss",
        "dr",
        "prof",
        "hr",
        "fru",
        "froken",
        "herr",
        "frau",
        "sir",
        "madam",
        "dipl",
        "ing",
        "phd",
        "jr",
        "sr",
        "ii",
        "iii",
    ]
)
_LEGAL = frozenset(
    [
        "as",
        "aps",
        "is",
        "ks",
        "ps",
        "a",
        "s",
        "amba",
        "ivs",
        "fmba",
        "holding",
        "ltd",
        "limited",
        "llc",
        "inc",
        "incorporated",
        "corp",
        "corporation",
        "co",
        "company",
        "gmbh",
        "ag",
        "kg",
        "ohg",
        "plc",
        "bv",
        "nv",
        "ab",
        "oy",
        "sa",
        "sarl",
        "spa",
        "srl",
        "group",
        "gruppen",
        "danmark",
        "the",
        "and",
        "og",
        "und",
        "selskabet",
        "i",
        "af",
        "of",
        "ооо",
        "оао",
        "зао",
        "пао",
        "ао",
        "ип",
        "тоо",
        "тов",
        "αε",
        "επε",
        "οε",
        "株式会社",
        "有限会社",
        "有限公司",
    ]
)
_FORMS = re.compile(
    r"\b(?:a/?s|aps|i/s|k/s|amba|ivs|ltd|limited|llc|inc|corp|corporation|company|gmbh|ag|kg|plc|b\.?v|ab|oy|s\.?a|holding)\b"
    r"\.?\s*$",
    re.IGNORECASE,
)
_SLASHED = re.compile(r"\b([aik])/(s)\b", re.IGNORECASE)
_STREETS = {
    "st": "street", "str": "street", "strasse": "street", "strase": "street", "rd": "road", "ave": "avenue",
    "av": "avenue", "dr": "drive", "ln": "lane", "ct": "court", "pl": "place", "cres": "crescent", "cct": "circuit",
    "blvd": "boulevard",
    "sq": "square", "ter": "terrace", "tce": "terrace", "hwy": "highway", "pde": "parade", "gl": "gammel",
    "ndr": "nordre",
    "sdr": "sondre", "vej": "vej", "gd": "gade", "al": "alle", "pk": "park", "gdn": "gardens", "gdns": "gardens",
}  # fmt: skip
_ENDINGS = re.compile(r"(?<=[a-z]{3})(vej|gade|straede|vang|stien|strasse|str|gd|vj|v|g)$")
_ENDED = {"v": "vej", "vj": "vej", "g": "gade", "gd": "gade", "str": "street", "strasse": "street"}
_UNIT = re.compile(r"\b(?:st|kl|th|tv|mf|sal|apt|apartment|unit|flat|suite|lejl|ste|floor|etage)\b")
_NUMBER = re.compile(r"\b(\d+)\s?([a-z])?\b")
_DIGITS = re.compile(r"\D")
_UNSAID = frozenset(
    ["1900-01-01", "1970-01-01", "1969-12-31", "1901-01-01", "0001-01-01", "9999-12-31", "1899-12-30", "1753-01-01"]
)
_COMMAS = str.maketrans("\uff0c\u060c\u3001", ",,,")
_TAX = re.compile(r"\b(?:cpr|ssn|cvr|vat|tax|tin|ein|personnummer|social)\b", re.IGNORECASE)


class Name(NamedTuple):
    """The parts of a folded name; the whole of a company's stands in `family`."""

    given: str
    family: str
    company: bool
    generation: str = ""
    joint: bool = False


@dataclass(frozen=True, slots=True)
class Traits:
    """Folded; what is not known is empty. `phones` are national digits, `taxes` ids of which nobody has two; `joint` is
    a record of two people, and a `kanji` name is a Japanese one in Chinese characters. `rules` is the version of the
    rules it was read by, 0 before there were any.
    """

    kind: str = ""
    given: str = ""
    family: str = ""
    birth: str = ""
    street: str = ""
    house: str = ""
    postal: str = ""
    town: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    taxes: tuple[str, ...] = ()
    country: str = ""
    generation: str = ""
    joint: bool = False
    rules: int = 0
    kanji: bool = False


@lru_cache(maxsize=100_000)
def read_name(name: str, kind: str = "") -> Name:
    """`Holm, Ada` and `Dr. Ada Holm` are Ada Holm; a company is known by its words without its legal form."""
    if kind == "organisation" or (kind != "person" and _FORMS.search(name)):
        words = fold(_SLASHED.sub(r"\1\2", name)).split()
        core = [word for word in words if word not in _LEGAL] or words
        return Name("", " ".join(core), company=True)
    said = read_person(name.translate(_COMMAS))
    before, comma, after = said.name.partition(",")
    turned = f"{after} {before}" if comma and fold(after) and fold(after) not in _TITLES else said.name
    # A double name is one word, `Holm-Dahl`.
    words = [word for part in turned.split() if (word := fold(part))]
    words = [word for word in words if word not in _TITLES] or words
    given, family = " ".join(words[:-1]), words[-1] if words else ""
    return Name(given, family, company=False, generation=said.generation, joint=said.joint)


def read_traits(
    *,
    name: str | None = None,
    kind: str = "",
    birth: str | None = None,
    lines: Iterable[str] = (),
    postal: str | None = None,
    town: str | None = None,
    country: str | None = None,
    locale: str | None = None,
    emails: Iterable[str] = (),
    phones: Iterable[str] = (),
    taxes: Iterable[tuple[str, str]] = (),
) -> Traits:
    """Of what was stated, what is compared. `birth` is an ISO date; days that forms fill in by themselves are none."""
    said = read_name(name or "", kind)
    street, house = read_street(list(lines))
    return Traits(
        "organisation" if said.company else kind,
        said.given,
        said.family,
        "" if not birth or birth in _UNSAID else birth,
        street,
        house,
        fold(postal or "").replace(" ", ""),
        fold(town or ""),
        tuple(sorted({email.lower() for email in emails})),
        tuple(sorted({_DIGITS.sub("", phone.partition(";")[0])[-10:] for phone in phones})),
        tuple(sorted(f"{system}:{value}" for system, value in taxes if _TAX.search(system))),
        country or "",
        said.generation,
        said.joint,
        RULES,
        is_kanji(name or "", locale, country),
    )


def read_street(lines: list[str]) -> tuple[str, str]:
    """The street and the house number; floor and door are left out, since most people leave them out now and then."""
    for line in lines:
        # What stands behind the first comma is a floor, a door or a town.
        plain = fold(line.split(",")[0])
        number = _NUMBER.search(plain)
        house = f"{number[1].lstrip('0')}{number[2] or ''}" if number else ""
        bare = _NUMBER.sub(" ", plain)
        # Before the number stands nothing that could be a floor.
        words = _UNIT.split(bare, maxsplit=1)[0] if number and number.start() else bare
        street = " ".join(_street_word(word) for word in words.split())
        if street:
            return street, house
    return "", ""


def _street_word(word: str) -> str:
    ending = _ENDINGS.search(word)
    if ending and ending[1] in _ENDED and word not in _STREETS:
        return word[: ending.start()] + _ENDED[ending[1]]
    return _STREETS.get(word, word)


def traits_of(described: Any) -> Traits:
    """Of a `party.described`. A shared address is another's first, and says nothing about who this is."""
    address = described.address
    own = [each for each in described.identities if not each.shared]
    return read_traits(
        name=described.name,
        kind=described.kind if described.kind == "organisation" else "",
        birth=described.birth_date,
        lines=address.lines if address else (),
        postal=address.postal_code if address else None,
        town=address.city if address else None,
        country=address.country if address else None,
        locale=described.locale,
        emails=[each.value for each in described.identities if each.type == "email"],
        phones=[each.value for each in described.identities if each.type == "phone"],
        taxes=[(each.system or "", each.value) for each in own if each.type == "external"],
    )
