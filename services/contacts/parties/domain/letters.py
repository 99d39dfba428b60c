"""Letters of any script, as names are compared and searched by: without case, and without marks that are left out at
will.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from anyascii import anyascii

_APOSTROPHES = "'\u2019\u2018`\u02bc\u02bb\u02b9\u2032\u05f3\u05f4"
_STRETCHING = "\u0640\u034f"
_DROPPED = dict.fromkeys([*map(ord, _APOSTROPHES + _STRETCHING), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)])
"""Also what only selects how a letter is drawn."""
_ALIKE = {"ı": "i", "ħ": "h", "œ": "oe", "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه"}
_WORD = re.compile(r"[a-z0-9]+")
_IDEOGRAPHS = re.compile("[\u3005\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa]")
_LEFT_OUT = frozenset([1, *range(10, 37), *range(200, 256)])
"""Classes of marks above, below and through a letter, and of vowels that Hebrew and Arabic mostly leave out. The vowels
of Indic scripts, the tones of Thai and what makes `ga` of `ka` in Japanese are of other classes, and stay.
"""


def plain_words(text: str, letters: Mapping[str, str]) -> str:
    """Words of letters and digits with a blank between them; `letters` says what becomes of some small ones."""
    if text.isascii():
        return " ".join(_WORD.findall(text.lower().replace("'", "").replace("`", "")))
    table = str.maketrans({**_ALIKE, **letters})
    plain = text.translate(_DROPPED).casefold().translate(table)
    # Taking apart may show a letter that has a case, such as that of a superscript.
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", plain).casefold())
    kept = "".join(letter for letter in apart if unicodedata.combining(letter) not in _LEFT_OUT)
    plain = unicodedata.normalize("NFC", kept.translate(_DROPPED)).translate(table)
    return " ".join("".join(map(_letter, plain)).split())


def _letter(letter: str) -> str:
    category = unicodedata.category(letter)
    if category == "Nd":
        return str(unicodedata.decimal(letter))
    # What has no width, such as what joins letters, parts no word.
    return letter if category[0] in "LMN" else "" if category == "Cf" else " "


@lru_cache(maxsize=100_000)
def in_latin(text: str) -> str:
    """Text of another script in letters of ASCII, as far as its letters alone tell: Japanese that is written in Chinese
    characters is read as Chinese, and vowels that are not written are missing.
    """
    return text if text.isascii() else anyascii(text)


def has_ideographs(text: str) -> bool:
    return not text.isascii() and _IDEOGRAPHS.search(text) is not None


def is_kanji(text: str, locale: str | None, country: str | None) -> bool:
    """Whether Chinese characters in a name are Japanese, and are not read as Chinese: by letters beside them that only
    Japanese has, by the language of the bearer, or, where that is not Chinese, by the country.
    """
    if not has_ideographs(text):
        return False
    return not may_be_chinese(text, locale) or (country == "JP" and may_be_japanese(text, locale))


def may_be_chinese(text: str, locale: str | None) -> bool:
    """Whether nothing that is sure says that Chinese characters in a name are Japanese: no letter beside them, and not
    the language of the bearer. Who lives in Japan may be Chinese.
    """
    return _tongue_of(locale) != "ja" and _KANA.search(text) is None


def may_be_japanese(text: str, locale: str | None) -> bool:
    """Whether Chinese characters in a name may be, unless the bearer speaks Chinese and nothing beside them says so."""
    return _tongue_of(locale) not in {"zh", "yue"} or _KANA.search(text) is not None


def _tongue_of(locale: str | None) -> str:
    return (locale or "").lower().replace("_", "-").partition("-")[0]


def script_of(text: str) -> str:
    """Of the first letter beyond ASCII, as Unicode names it: `CYRILLIC`, `CJK`; `LATIN` where all are of ASCII."""
    if text.isascii():
        return "LATIN"
    for letter in text:
        if not letter.isascii() and letter.isalpha():
            return unicodedata.name(letter, "LATIN").partition(" ")[0]
    return "LATIN"
