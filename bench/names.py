"""Names of many parties, some of them far more common than others, and as people type them."""

import random

_SYLLABLES = [consonant + vowel for consonant in "bdfghjklmnprstv" for vowel in "aeiou"]
_FIRST, _LAST = 500, 20_000


def name_of(number: int) -> str:
    """The same for the same number; one of a few hundred first names, one of some thousand last names."""
    dice = random.Random(number)
    return f"{_word(int(_FIRST * dice.random() ** 3), 2)} {_word(int(_LAST * dice.random() ** 2), 4)}".title()


def misspelt(name: str) -> str:
    """With one letter left out, doubled or swapped with its neighbour."""
    place = random.randrange(1, len(name) - 1)
    letter, following = name[place], name[place + 1]
    changed = random.choice(["", letter * 2, following + letter])
    return name[:place] + changed + name[place + (2 if len(changed) == 2 and changed[0] == following else 1) :]


def _word(number: int, syllables: int) -> str:
    parts = []
    for _ in range(syllables):
        number, part = divmod(number * 31 + 7, len(_SYLLABLES))
        parts.append(_SYLLABLES[part])
    return "".join(parts) + str(number % 7 or "")
