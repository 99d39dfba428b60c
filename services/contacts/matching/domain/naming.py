"""What a written name says beside the name: that two people share the record, or that the bearer is the elder or the
younger of two.
"""

import re
from typing import NamedTuple

_LATER = r"(?<=[\s,(])"
"""No such word stands first: there it is a name, or a title."""
_ELDER = (
    r"sr\.?|snr\.?|senior|sen\.|d\.\s?[æä]\.?|(?-i:d)\.\s?(?-i:e)\.?|d\.\s?e\.?(?=\s*$)|den (?:ældre|eldre|äldre)"
    r"|the elder|der ältere|père|старший|ст\.|starší|vanhempi"
)
_YOUNGER = (
    r"jr\.?|jnr\.?|junior|jun\.|(?-i:d)\.\s?(?-i:[yj])\.?|d\.\s?[yj]\.?(?=\s*$)|den yngre|the younger"
    r"|der jüngere|fils|filho|младший|мл\.|mladší|nuorempi|ii|2nd"
)
_GENERATIONS = [
    (generation, re.compile(rf"{_LATER}(?:{words})(?=[\s,)]|$)\)?", re.IGNORECASE))
    for generation, words in (("1", _ELDER), ("2", _YOUNGER), ("3", r"iii|3rd|neto"), ("4", r"iv|4th"))
]
_BETWEEN = re.compile(r"[&+;|＆＋；]|(?<!c)/(?!o\b)", re.IGNORECASE)
_AND = "and og und u och et en e y i ja oraz ve és si și şi ir un in a и та і й да και و ו और"
_HUSBAND = "mr mister hr herr herrn monsieur señor senor heer г-н"
_WIFE = "mrs ms fru frau mme madame señora senora mevrouw г-жа"
_FAMILY = """
    fam familie familien family families famille familia família famiglia familjen perhe rodina семья household husstand
    husstanden eheleute ehepaar ægtepar ægteparret couple
"""
_ANDS, _HUSBANDS, _WIVES, _FAMILIES = (frozenset(each.split()) for each in (_AND, _HUSBAND, _WIFE, _FAMILY))
_LONG_ANDS = frozenset({"and", "og", "und", "och", "oraz"})


class Said(NamedTuple):
    """A name without what else it says. `generation` is empty, or `1` for the elder of two, `2` for the younger and so
    on; `joint` where one record is of two people or of a family.
    """

    name: str
    generation: str
    joint: bool


def read_person(name: str) -> Said:
    generation = ""
    for said, words in _GENERATIONS:
        bare = words.sub(" ", name)
        # What stands behind one word alone is a family name, such as Neto.
        if bare != name and len(bare.split()) > 1:
            name, generation = bare, generation or said
    return Said(name, generation, _is_joint(name))


def _is_joint(name: str) -> bool:
    words = [word.strip(".,()") for word in name.split()]
    plain = {word.casefold() for word in words}
    if _BETWEEN.search(name) or plain & _FAMILIES or (plain & _HUSBANDS and plain & _WIVES):
        return True
    # Written with a capital, or with a full stop, a letter is an initial, and a syllable a name, such as Korean `In`.
    is_loud = name.isupper()
    inner = zip(name.split()[1:-1], words[1:-1], strict=True)
    return any(
        word.casefold() in _LONG_ANDS
        or (word in _ANDS and (len(word) > 1 or not written.endswith(".") or word == "u"))
        or (is_loud and (len(word) > 1 or word == "Y") and word.casefold() in _ANDS)
        for written, word in inner
    )
