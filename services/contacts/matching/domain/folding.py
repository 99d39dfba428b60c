"""Text in the forms in which names and addresses are compared: without case, accents and ways of spelling."""

import re
import unicodedata
from functools import lru_cache

_LETTERS = str.maketrans(
    {"æ": "ae", "ø": "o", "å": "aa", "ä": "ae", "ö": "o", "ü": "u", "ß": "ss", "ð": "d", "þ": "th", "ł": "l", "đ": "d"}
)
_SPELLINGS = [(re.compile(pattern), plain) for pattern, plain in (("aa", "a"), ("oe", "o"), ("ue", "u"), ("ae", "e"))]
_OTHER = re.compile(r"[^a-z0-9]+")
_MISREAD = re.compile("[ÃÂ][\x80-\xbf]")
# What is heard alike, in English, German and Danish names; applied in this order.
_SOUNDS = [
    (re.compile(pattern), sound)
    for pattern, sound in (
        ("^(?:mac|mc)", "mk"), ("sch|sh|sj|skj", "x"), ("tch|ch", "k"), ("ph|gh", "f"), ("ght", "t"), ("ck|q", "k"),
        ("c(?=[eiy])", "s"), ("c|g(?=k)", "k"), ("hj|gj|j", "i"), ("th|dt|d", "t"), ("w", "v"), ("z|x(?=t)", "s"),
        ("^kn|^gn", "n"), ("hv", "v"), ("b", "p"), ("y", "i"), ("h", ""),
    )
]  # fmt: skip
_VOWELS = re.compile("[aeiou]+")
_TWICE = re.compile(r"(.)\1+")


@lru_cache(maxsize=200_000)
def fold(text: str) -> str:
    """Lower case words of ASCII letters and digits; `Møller`, `Moeller` and `Moller` are one."""
    plain = (text.lower() if text.isascii() else _unaccented(text)).replace("'", "")
    for pattern, spelt in _SPELLINGS:
        plain = pattern.sub(spelt, plain)
    return _OTHER.sub(" ", plain).strip()


def _unaccented(text: str) -> str:
    plain = unicodedata.normalize("NFKC", _reread(text) if _MISREAD.search(text) else text).lower().translate(_LETTERS)
    plain = unicodedata.normalize("NFKD", plain).replace("\u2019", "")
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def _reread(text: str) -> str:
    """UTF-8 that somebody read as Latin-1, read aright."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return text


@lru_cache(maxsize=200_000)
def sound(word: str) -> str:
    """The consonants of a folded word as they are heard; its first vowel counts as one."""
    heard = word.replace(" ", "")
    for pattern, plain in _SOUNDS:
        heard = pattern.sub(plain, heard)
    first = "a" if _VOWELS.match(heard) else ""
    return _TWICE.sub(r"\1", first + _VOWELS.sub("", heard)) or word
