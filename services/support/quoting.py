"""What somebody wrote anew in a message, without what it quotes and without the signature: triage reads that alone."""

import quotequail

_MOST_CHARACTERS = 50_000
_SIGNATURE = ("-- ", "--")


def words_of(text: str) -> str:
    """The text above what is quoted; the whole text where nothing else is left."""
    head = text[:_MOST_CHARACTERS]
    unwrapped = quotequail.unwrap(head)
    written = unwrapped.get("text_top") if unwrapped else None
    lines = (written or _without_quoted(head)).splitlines()
    ends = [place for place, line in enumerate(lines) if line in _SIGNATURE and place > 0]
    kept = "\n".join(lines[: ends[0]] if ends else lines).strip()
    return kept or text


def _without_quoted(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith(">"))
