"""Text in the forms in which names and addresses are compared: without case, accents and ways of spelling."""

import re
import unicodedata
from functools import lru_cache

from services.contacts.parties.domain.letters import in_latin, plain_words

_LETTERS = {"æ": "ae", "ø": "o", "å": "aa", "ä": "ae", "ö": "o", "ü": "u", "ð": "d", "þ": "th", "ł": "l", "đ": "d"}
_SPELLINGS = [(re.compile(pattern), plain) for pattern, plain in (("aa", "a"), ("oe", "o"), ("ue", "u"), ("ae", "e"))]
_SHORTEST_RESPELT = 4
"""In a shorter word, such as `Joe`, two vowels are no other way to write one."""
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
    """Lower case words of letters, of any script, and digits; `Møller`, `Moeller` and `Moller` are one."""
    if _MISREAD.search(text):
        text = _reread(text)
    # Letters are replaced before accents are taken off, so they have to be composed.
    plain = plain_words(unicodedata.normalize("NFKC", text), _LETTERS)
    return " ".join(_respelt(word) for word in plain.split())


def _respelt(word: str) -> str:
    if len(word) >= _SHORTEST_RESPELT:
        for pattern, spelt in _SPELLINGS:
            word = pattern.sub(spelt, word)
    return word


def _reread(text: str) -> str:
    """UTF-8 that somebody read as Latin-1, read aright."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return text


@lru_cache(maxsize=200_000)
def romanised(word: str) -> str:
    """A folded word of another script in Latin letters."""
    return word if word.isascii() else fold(in_latin(word))


@lru_cache(maxsize=200_000)
def sound(word: str) -> str:
    """The consonants of a folded word as they are heard; its first vowel counts as one."""
    heard = romanised(word).replace(" ", "")
    for pattern, plain in _SOUNDS:
        heard = pattern.sub(plain, heard)
    first = "a" if _VOWELS.match(heard) else ""
    return _TWICE.sub(r"\1", first + _VOWELS.sub("", heard)) or word
