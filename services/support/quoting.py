"""What somebody wrote anew in a message, without what it quotes and without the signature: triage reads that alone."""

import re
from collections.abc import Sequence

import quotequail

_MOST_CHARACTERS = 50_000
_SIGNATURE = ("-- ", "--")
_OPENS = re.compile(r">|---|____|\*?[-\w ]+:")
_AROUND = 2
"""So many lines after one that may quote help to tell whether it does."""
_LOOKED_AT = 200
"""Each of these lines is held against each way to quote. What comes after them is not looked through."""


def words_of(text: str) -> str:
    """The text above what is quoted; the whole text where nothing else is left."""
    head = text[:_MOST_CHARACTERS]
    lines = head.split("\n")
    begin = _quote_begins(lines)
    written = "\n".join(lines[:begin]).strip() if begin is not None else ""
    lines = (written or _without_quoted(head)).splitlines()
    ends = [place for place, line in enumerate(lines) if line in _SIGNATURE and place > 0]
    kept = "\n".join(lines[: ends[0]] if ends else lines).strip()
    return kept or head


def _quote_begins(lines: Sequence[str]) -> int | None:
    """The line with which a quotation begins. Lines that tell nothing of it are left out before it is looked for."""
    marked = [place for place, line in enumerate(lines) if _may_quote(line.strip())]
    if not marked:
        return None
    kept = sorted({near for place in marked[:_LOOKED_AT] for near in range(max(0, place - 1), place + _AROUND + 1)})
    asked = [place for place in kept if place < len(lines)][:_LOOKED_AT]
    found = quotequail.unwrap("\n".join(["above", *(lines[place] for place in asked)]))
    if not found:
        return None
    above = found["text_top"].count("\n")  # lines of those asked; blank ones before the quotation are cut off
    return next((place for place in asked[above:] if lines[place].strip()), None)


def _may_quote(line: str) -> bool:
    """Whether a quotation may begin with this line, or with the one before it; with most, none does."""
    return line.endswith((":", ">")) or _OPENS.match(line) is not None


def _without_quoted(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith(">"))
