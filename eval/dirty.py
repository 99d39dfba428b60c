"""Customers as several systems have them: households, twins, companies, Danish and English names, slips and gaps.

Nothing here follows the sets that the matcher is measured on: a seed draws people, and how each system wrote them down.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

GIVEN = {
    "da": "Anne Mette Søren Jørgen Åse Karen Lars Niels Peter Kirsten Hans Jens Inge Bjørn Mikkel Emil Ida"
    " Freja Magnus Laura"
    " Mathilde Frederik Christian Thomas Camilla Louise Rasmus Sofie Nikolaj Katrine Poul Birgit Henrik Ulla Bente Ole",
    "en": "William Elizabeth Robert Margaret James Catherine Michael Jennifer Richard Susan Thomas Patricia"
    " Edward Deborah"
    " Joseph Rebecca Charles Victoria Daniel Samantha Benjamin Olivia George Emma Henry Grace Oliver Amelia"
    " Jack Sophie",
}
FAMILY = {
    "da": "Jensen Nielsen Hansen Pedersen Andersen Christensen Larsen Sørensen Rasmussen Jørgensen Petersen"
    " Madsen Kristensen"
    " Olsen Thomsen Møller Poulsen Johansen Knudsen Mortensen Østergaard Kjær Bjerregaard Nygård Lindgaard Skov"
    " Holm Dahl",
    "en": "Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Evans Walker White"
    " Roberts Green"
    " Hall Wood Jackson Clarke O'Brien Phillips Thornton Macdonald McCarthy Fitzgerald Whitaker Ellsworth Pemberton",
}
_STREETS = {
    "da": "Nørregade Vestergade Søndergade Skovvej Møllevej Kirkevej Strandvejen Åboulevarden Bakkevej Engvej"
    " Birkevej Algade",
    "en": "High_Street Station_Road Church_Lane Park_Avenue Victoria_Road Mill_Lane Queens_Drive King_Street"
    " Meadow_Close",
}
_TOWNS = {
    "da": (
        ("8000", "Aarhus C"),
        ("2100", "København Ø"),
        ("5000", "Odense C"),
        ("9000", "Aalborg"),
        ("4000", "Roskilde"),
    ),
    "en": (("LS1 4AP", "Leeds"), ("M1 2WD", "Manchester"), ("BS1 5TR", "Bristol"), ("YO1 7HH", "York")),
}
NICK = {
    "William": "Bill", "Elizabeth": "Liz", "Robert": "Bob", "Margaret": "Peggy", "James": "Jim", "Catherine": "Kate",
    "Michael": "Mike", "Richard": "Dick", "Susan": "Sue", "Edward": "Ted", "Deborah": "Debbie", "Joseph": "Joe",
    "Christian": "Chris", "Mathilde": "Tilde", "Nikolaj": "Nick", "Patricia": "Pat", "Charles": "Chuck",
}  # fmt: skip
_COMPANY = [
    "Nordic",
    "Harbour",
    "Blue",
    "Green",
    "Fjord",
    "Metal",
    "Bakery",
    "Timber",
    "Print",
    "Energy",
    "Design",
    "Foods",
    "Marine",
    "Garden",
    "Cycle",
    "Glass",
]
_LEGAL = {"da": ("A/S", "ApS", "I/S"), "en": ("Ltd", "Limited", "plc")}
_PROVIDERS = ("example.com", "example.org", "mail.example", "post.example.net")


@dataclass(frozen=True, slots=True)
class Written:
    """A record as a system has it, and whom it is of. The date is written as the system writes dates."""

    truth: str
    name: str
    birth: str = ""
    street: str = ""
    postal: str = ""
    town: str = ""
    emails: list[str] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)
    kind: str = "person"
    country: str = ""


def write_down(people: int, seed: int) -> list[Written]:
    """Records of so many people and companies, in no order."""
    dice = random.Random(seed)
    records = [
        written
        for number, true in enumerate(_everybody(dice, people))
        for written in _copies(dice, replace(true, truth=str(number)))
    ]
    dice.shuffle(records)
    return records


def _everybody(dice: random.Random, people: int) -> Iterator[Written]:
    made = 0
    while made < people:
        tongue = dice.choice(("da", "en"))
        home = home_of(dice, tongue)
        if dice.random() < 0.12:
            yield _company(dice, tongue, home)
            made += 1
            continue
        family = dice.choice(FAMILY[tongue].split())
        line = phone_of(dice)
        born = date(1940, 1, 1) + timedelta(days=dice.randrange(21_000))
        size = dice.choice((1, 1, 2, 3))
        names = dice.sample(GIVEN[tongue].split(), size)
        for place, given in enumerate(names):
            if place and dice.random() > 0.25:  # else a twin, who has the birthday of the one before
                born = date(1940, 1, 1) + timedelta(days=dice.randrange(21_000))
            own = f"{plain_of(given)}.{plain_of(family)}{dice.randrange(100)}@{dice.choice(_PROVIDERS)}".lower()
            phones = [phone_of(dice)] if dice.random() < 0.7 else [line]
            yield replace(
                home,
                name=f"{given} {family}",
                birth=born.isoformat(),
                emails=[own],
                phones=phones if size > 1 else [line],
            )
            made += 1
        if size == 3 and dice.random() < 0.3:  # a child named after a parent
            yield replace(
                home, name=f"{names[0]} {family}", birth=(born + timedelta(days=9_500)).isoformat(), phones=[line]
            )
            made += 1


def home_of(dice: random.Random, tongue: str) -> Written:
    postal, town = dice.choice(_TOWNS[tongue])
    street, house = dice.choice(_STREETS[tongue].split()).replace("_", " "), dice.randrange(1, 160)
    postal = (
        f"{postal[:2]}{dice.randrange(10, 99)}"
        if tongue == "da"
        else f"{postal[:-3]}{dice.randrange(1, 10)}{postal[-2:]}"
    )
    return Written(
        "", "", street=f"{street} {house}" if tongue == "da" else f"{house} {street}", postal=postal, town=town
    )


def _company(dice: random.Random, tongue: str, home: Written) -> Written:
    words = [dice.choice(FAMILY[tongue].split()).replace("'", ""), *dice.sample(_COMPANY, 2)]
    mail = f"info@{plain_of(''.join(words)).lower()}.example"
    return replace(
        home,
        name=f"{' '.join(words)} {dice.choice(_LEGAL[tongue])}",
        kind="organisation",
        emails=[mail],
        phones=[phone_of(dice)],
    )


def phone_of(dice: random.Random) -> str:
    return f"+4526{dice.randrange(10**6):06}"


def plain_of(text: str) -> str:
    for letter, plain in (("ø", "oe"), ("å", "aa"), ("æ", "ae"), ("Ø", "Oe"), ("Å", "Aa"), ("'", "")):
        text = text.replace(letter, plain)
    return text


def _copies(dice: random.Random, true: Written) -> Iterator[Written]:
    for _ in range(dice.choice((1, 1, 1, 2, 2, 3, 4))):
        yield _soil(dice, true)


def _soil(dice: random.Random, true: Written) -> Written:
    """As some system got it: moved, married, abbreviated, misheard, mistyped, half filled."""
    name = _company_name(dice, true.name) if true.kind == "organisation" else _person_name(dice, true.name)
    name = plain_of(name) if dice.random() < 0.3 else name
    record = _housed(dice, replace(true, name=name, birth=_birth(dice, true.birth)))
    given = true.name.partition(" ")[0]
    return replace(record, emails=_emails(dice, true, given), phones=_phones(dice, true))


def _company_name(dice: random.Random, name: str) -> str:
    core = name.rpartition(" ")[0]
    return dice.choice((name, core, core.upper(), slip(dice, name), f"{core} {dice.choice(_LEGAL['da'])}"))


def _person_name(dice: random.Random, name: str) -> str:
    given, _, family = name.rpartition(" ")
    if dice.random() < 0.15:
        given = NICK.get(given, given)
    if dice.random() < 0.08:
        given = given[0]
    if dice.random() < 0.06:
        family = dice.choice(FAMILY["da"].split())
    if dice.random() < 0.05:
        family = f"{dice.choice(FAMILY['en'].split())}-{family}"
    straight, turned = f"{given} {family}", (f"{family} {given}", f"{family}, {given}")
    written = dice.choice((*[straight] * 6, *turned, straight.upper()))
    return slip(dice, written) if dice.random() < 0.2 else written


def _birth(dice: random.Random, birth: str) -> str:
    if not birth or dice.random() < 0.4:
        return ""
    if dice.random() > 0.12:
        return birth
    year, month, day = birth.split("-")
    turned = f"{year}-{day}-{month}" if int(day) <= 12 else birth
    return dice.choice((turned, f"{int(year) + dice.choice((-1, 1, 10))}-{month}-{day}", "1900-01-01"))


def _housed(dice: random.Random, record: Written) -> Written:
    if dice.random() < 0.15:
        other = home_of(dice, dice.choice(("da", "en")))
        record = replace(record, street=other.street, postal=other.postal, town=other.town)
    elif dice.random() < 0.3:
        short = record.street
        for long, brief in (("Street", "St."), ("Road", "Rd"), ("Avenue", "Ave"), ("vej", "v.")):
            short = short.replace(long, brief)
        record = replace(record, street=slip(dice, short) if dice.random() < 0.3 else f"{short}, 2. tv")
    if dice.random() < 0.25:
        record = replace(record, street="")
    return replace(record, postal="") if dice.random() < 0.2 else record


def _emails(dice: random.Random, true: Written, given: str) -> list[str]:
    if dice.random() < 0.4:
        return []
    if true.kind == "person" and dice.random() < 0.2:
        return [f"{plain_of(given)}{dice.randrange(1000)}@{dice.choice(_PROVIDERS)}".lower()]
    return list(true.emails)


def _phones(dice: random.Random, true: Written) -> list[str]:
    if dice.random() < 0.4:
        return []
    return [phone_of(dice)] if dice.random() < 0.15 else list(true.phones)


def slip(dice: random.Random, text: str) -> str:
    place = dice.randrange(max(len(text) - 1, 1))
    letter = dice.choice("abcdefghiklmnoprstuvy")
    return dice.choice((
        text[:place] + text[place + 1 :],
        text[:place] + letter + text[place + 1 :],
        text[:place] + letter + text[place:],
        text[:place] + text[place : place + 2][::-1] + text[place + 2 :],
    ))  # fmt: skip
