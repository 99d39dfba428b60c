"""Kinds of dirt, each by itself: people that a seed draws, and copies of them that are soiled in one way only.

Beside whom the copies are of stand those who are easily taken for them: families, namesakes, father and son.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta

from eval.dirty import FAMILY, GIVEN, NICK, Written, home_of, phone_of, plain_of, slip

_PEOPLE = 500
_ALIKE = [("Kristian", "Kristina"), ("Mads", "Mats"), ("Anna", "Anne"), ("Julie", "Julia"), ("Emil", "Emilie")]
_TWINS = [("Jan", "Jon"), ("Mia", "Pia"), ("Maria", "Marie"), ("Thanh", "Thang"), ("Minsung", "Minsang"), ("Jo", "Joe")]
_LONGER = [("Anne", "Anne-Sofie"), ("Hans", "Hans Peter"), ("Maria", "Maria Luisa"), ("Jean", "Jean-Pierre")]
_SCRIPTS = {
    "Иван Пётр Сергей Анна Мария Ольга Никита Юлия": "Ivan Petr Sergei Anna Maria Olga Nikita Yulia",
    "Γιώργος Μαρία Ελένη Κώστας Νίκος": "Giorgos Maria Eleni Kostas Nikos",
}
_FAMILIES = {
    "Петров Иванов Орлов Соколов Лебедев Козлов": "Petrov Ivanov Orlov Sokolov Lebedev Kozlov",
    "Παπαδάκης Νικολάου Γεωργίου Δήμου": "Papadakis Nikolaou Georgiou Dimou",
}
_SYLLABLES = ["bal", "dor", "fen", "gil", "hav", "kes", "lun", "mar", "nor", "pel", "rin", "sol", "tor", "vil", "wes"]
_LETTERS = {"ø": ("oe", "o"), "å": ("aa", "a"), "æ": ("ae",), "ü": ("ue", "u"), "é": ("e",)}

Soil = Callable[[random.Random, Written], Written]


def draw_kinds(seed: int) -> dict[str, list[Written]]:
    """By the name of the kind its records, in no order."""
    found = {}
    for name, (people, soil) in KINDS.items():
        dice = random.Random(f"{seed} {name}")
        records = [
            soil(dice, replace(true, truth=str(number)))
            for number, true in enumerate(people(dice))
            for _ in range(dice.choice((1, 2, 2, 3)))
        ]
        dice.shuffle(records)
        found[name] = records
    return found


def _anybody(dice: random.Random) -> Iterator[Written]:
    for _ in range(_PEOPLE):
        tongue = dice.choice(("da", "en"))
        yield _person(dice, dice.choice(GIVEN[tongue].split()), _family(dice, tongue), home_of(dice, tongue))


def _family(dice: random.Random, tongue: str) -> str:
    """In turns a common one, and one that hardly anybody has."""
    if dice.random() < 0.5:
        return dice.choice(FAMILY[tongue].split())
    return "".join(dice.sample(_SYLLABLES, 3)).capitalize()


def _person(dice: random.Random, given: str, family: str, home: Written, born: date | None = None) -> Written:
    born = born or date(1940, 1, 1) + timedelta(days=dice.randrange(21_000))
    mail = f"{plain_of(given)}.{plain_of(family)}.{dice.randrange(10**6)}@example.com".lower()
    return replace(
        home, name=f"{given} {family}", birth=born.isoformat(), emails=[mail], phones=[phone_of(dice)], kind="person"
    )


def _accented(dice: random.Random) -> Iterator[Written]:
    for each in _anybody(dice):
        letters = dice.sample("øåæüé", 2)
        given, _, family = each.name.partition(" ")
        yield replace(each, name=f"{given[0]}{letters[0]}{given[1:]} {family[:2]}{letters[1]}{family[2:]}")


def _households(dice: random.Random) -> Iterator[Written]:
    """A couple and its children, twins of names that are alike among them, with one phone and one e-mail."""
    for _ in range(_PEOPLE // 4):
        home, family = home_of(dice, "da"), _family(dice, "da")
        pair, born = dice.choice(_ALIKE), date(1990, 1, 2) + timedelta(days=dice.randrange(9_000))
        shared = _person(dice, "Hele", family, home)
        for given in dice.sample(GIVEN["da"].split(), 2):
            yield replace(_person(dice, given, family, home), phones=shared.phones, emails=shared.emails)
        for given in pair:
            yield replace(_person(dice, given, family, home, born), phones=shared.phones, emails=shared.emails)


def _fathers(dice: random.Random) -> Iterator[Written]:
    """A father and his son of one name at one home, with one phone."""
    for _ in range(_PEOPLE // 2):
        home, given, family = home_of(dice, "en"), dice.choice(GIVEN["en"].split()), _family(dice, "en")
        born = date(1940, 1, 2) + timedelta(days=dice.randrange(9_000))
        father = _person(dice, given, family, home, born)
        son = _person(dice, given, family, home, born + timedelta(days=dice.randrange(6_600, 14_000)))
        yield replace(father, name=f"{father.name} Sr")
        yield replace(son, name=f"{son.name} Jr", phones=father.phones)


def _namesakes(dice: random.Random) -> Iterator[Written]:
    """Of a few names in one town, one in eight with the first of January for a birthday."""
    names = [(dice.choice(GIVEN["da"].split()), dice.choice(FAMILY["da"].split())) for _ in range(25)]
    for _ in range(_PEOPLE):
        home = replace(home_of(dice, "da"), postal="8000", town="Aarhus C")
        year = dice.randrange(1950, 2000)
        yield _person(dice, *dice.choice(names), home, date(year, 1, 1) if dice.random() < 0.125 else None)


def _couples(dice: random.Random) -> Iterator[Written]:
    """Two who live together, and a record of both, with the birthday and the e-mail of one."""
    for _ in range(_PEOPLE // 3):
        home, family = home_of(dice, "da"), _family(dice, "da")
        one, other = (_person(dice, given, family, home) for given in dice.sample(GIVEN["da"].split(), 2))
        first, second = (each.name.partition(" ")[0] for each in (one, other))
        both = dice.choice(
            (f"{first} og {second} {family}", f"{first} & {second} {family}", f"{first} + {second} {family}")
        )
        yield from (one, other, replace(one, name=both))


def _of_a_form(dice: random.Random) -> Iterator[Written]:
    """A father and his son of one name at one home, whose birthday the form filled in, among others."""
    day = date(1985, 5, 12)
    for at, each in enumerate(_fathers(dice)):
        yield replace(each, birth=dice.choice((day, date(1983, 1, 1))).isoformat()) if at // 2 % 3 == 0 else each


def _siblings(dice: random.Random) -> Iterator[Written]:
    """Twins whose names are a slip apart, with one phone, and another child; some write the family name first."""
    for _ in range(_PEOPLE // 3):
        home, family, born = (
            home_of(dice, "en"),
            _family(dice, "en"),
            date(1990, 1, 2) + timedelta(dice.randrange(9_000)),
        )
        given, is_turned = dice.choice(_TWINS), dice.random() < 0.5
        phone = phone_of(dice)
        for name, day in ((given[0], born), (given[1], born), (dice.choice(GIVEN["en"].split()), None)):
            each = replace(_person(dice, name, family, home, day), phones=[phone])
            yield replace(each, name=f"{family} {name}") if is_turned else each


def _longer_named(dice: random.Random) -> Iterator[Written]:
    """In half of the homes two of one family, of whom one bears a name more, with one phone; else one alone."""
    for at in range(_PEOPLE // 3):
        home, family, names = home_of(dice, "da"), _family(dice, "da"), dice.choice(_LONGER)
        phone = phone_of(dice)
        for name in names if at % 2 else names[1:]:
            yield replace(_person(dice, name, family, home), phones=[phone] if at % 2 else [])


def _in_scripts(dice: random.Random) -> Iterator[Written]:
    """Three who were born together, of one home and phone, Cyrillic or Greek, some with a Latin name in the middle."""
    for _ in range(_PEOPLE // 3):
        given, family = dice.choice(list(zip(_SCRIPTS, _FAMILIES, strict=True)))
        home, last, born = (
            home_of(dice, "da"),
            dice.choice(family.split()),
            date(1990, 1, 2) + timedelta(dice.randrange(9_000)),
        )
        middle, phone = dice.choice(("", "", " Maria")), phone_of(dice)
        for name in dice.sample(given.split(), 3):
            yield replace(_person(dice, name + middle, last, home, born), phones=[phone])


def _abroad(dice: random.Random) -> Iterator[Written]:
    """Namesakes of one birthday in two countries with one postal code, and others."""
    for each in list(_anybody(dice))[: _PEOPLE // 2]:
        here, there = ("DK", "København"), ("BE", "Bruxelles")
        for country, town in (here, there):
            home = replace(home_of(dice, "da"), postal="1000", town=town, country=country)
            mail = f"{dice.randrange(10**8)}@example.com"
            yield replace(home, name=each.name, birth=each.birth, emails=[mail], phones=[phone_of(dice)], kind="person")


def _as_it_is(dice: random.Random, true: Written) -> Written:
    """Each system has another way to write to somebody."""
    return replace(true, emails=true.emails if dice.random() < 0.5 else [])


def _mistyped(dice: random.Random, true: Written) -> Written:
    given, _, family = true.name.partition(" ")
    where = dice.randrange(3)
    street = slip(dice, true.street) if where == 2 else true.street
    name = (f"{slip(dice, given)} {family}", f"{given} {slip(dice, family)}", true.name)[where]
    return replace(_as_it_is(dice, true), name=name, street=street, phones=[])


def _turned(dice: random.Random, true: Written) -> Written:
    given, _, family = true.name.partition(" ")
    name = dice.choice((true.name, f"{family} {given}", f"{family}, {given}"))
    return replace(_as_it_is(dice, true), name=name, phones=[])


def _with_gaps(dice: random.Random, true: Written) -> Written:
    def kept(value: str) -> str:
        return value if dice.random() < 0.6 else ""

    return replace(
        true,
        birth=kept(true.birth),
        street=kept(true.street),
        postal=kept(true.postal),
        town=kept(true.town),
        emails=[each for each in true.emails if dice.random() < 0.6],
        phones=[each for each in true.phones if dice.random() < 0.6],
    )


def _misdated(dice: random.Random, true: Written) -> Written:
    year, month, day = true.birth.split("-")
    wrong = f"{year}-{day}-{month}" if int(day) <= 12 else f"{int(year) + dice.choice((-1, 1))}-{month}-{day}"
    return replace(_as_it_is(dice, true), birth=dice.choice((true.birth, true.birth, wrong)), phones=[])


def _moved(dice: random.Random, true: Written) -> Written:
    home = home_of(dice, "da") if dice.random() < 0.5 else true
    return replace(_as_it_is(dice, true), street=home.street, postal=home.postal, town=home.town)


def _respelt(dice: random.Random, true: Written) -> Written:
    """As it is, with letters of ASCII alone, or in UTF-8 that was read as Latin-1."""
    name = true.name
    for letter, others in _LETTERS.items():
        name = name.replace(letter, dice.choice((letter, *others, letter.encode().decode("latin-1"))))
    return replace(_as_it_is(dice, true), name=name, phones=[])


def _called(dice: random.Random, true: Written) -> Written:
    given, _, family = true.name.partition(" ")
    middle = dice.choice(GIVEN["da"].split())
    name = dice.choice((given, given, NICK.get(given, given), given[0], f"{given} {middle}"))
    return replace(_as_it_is(dice, true), name=f"{name} {family}", phones=[])


def _half_dated(dice: random.Random, true: Written) -> Written:
    return replace(true, birth=true.birth if dice.random() < 0.7 else "")


def _half_said(dice: random.Random, true: Written) -> Written:
    name = true.name if dice.random() < 0.5 else true.name.rpartition(" ")[0]
    return replace(_half_dated(dice, true), name=name, emails=[])


def _half_housed(dice: random.Random, true: Written) -> Written:
    return replace(_as_it_is(dice, true), street=true.street if dice.random() < 0.5 else "", phones=[])


def _half_latin(dice: random.Random, true: Written) -> Written:
    """Half of the time in Latin letters, as the bearer writes it there."""
    name = true.name
    if dice.random() < 0.5:
        for own, latin in (*_SCRIPTS.items(), *_FAMILIES.items()):
            for word, other in zip(own.split(), latin.split(), strict=True):
                name = " ".join(other if each == word else each for each in name.split())
    return replace(_as_it_is(dice, true), name=name)


def _half_named(dice: random.Random, true: Written) -> Written:
    """Whoever lives alone is called by the first name alone half of the time."""
    name = true.name
    if not true.phones and dice.random() < 0.5:
        given, _, family = name.rpartition(" ")
        name = f"{given.replace('-', ' ').partition(' ')[0]} {family}"
    return _as_it_is(dice, replace(true, name=name, birth=true.birth if dice.random() < 0.4 else ""))


def _half_placed(dice: random.Random, true: Written) -> Written:
    """Half without the street, a third without the country, a third without the town."""
    bare = replace(_half_housed(dice, true), country=true.country if dice.random() < 0.67 else "")
    return replace(bare, town=true.town if dice.random() < 0.67 else "")


KINDS: Mapping[str, tuple[Callable[[random.Random], Iterator[Written]], Soil]] = {
    "slips of the pen": (_anybody, _mistyped),
    "names turned round": (_anybody, _turned),
    "gaps": (_anybody, _with_gaps),
    "dates turned round or a year off": (_anybody, _misdated),
    "moved": (_anybody, _moved),
    "letters respelt": (_accented, _respelt),
    "forms of given names": (_anybody, _called),
    "households with twins": (_households, _half_dated),
    "father and son of one name": (_fathers, _half_said),
    "namesakes in one town": (_namesakes, _half_housed),
    "couples in one record": (_couples, _half_dated),
    "father and son with a form's birthday": (_of_a_form, _half_said),
    "twins a slip apart": (_siblings, _as_it_is),
    "two scripts": (_in_scripts, _half_latin),
    "one postal code in two countries": (_abroad, _half_placed),
    "a given name and a longer one": (_longer_named, _half_named),
}
"""Whom each kind is of, and how their copies are written."""
