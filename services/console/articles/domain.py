"""Articles as pages show them."""

from collections.abc import Mapping
from typing import Any, Literal

from services.console.shell.words import Words

Tone = Literal["good", "plain", "warn"]
TONES: dict[str, Tone] = {"draft": "warn", "published": "good", "retired": "plain"}
STATES = tuple(TONES)
MOVES: dict[str, tuple[str, ...]] = {
    "draft": ("published", "retired"),
    "published": ("draft", "retired"),
    "retired": ("draft",),
}
"""What may become of an article, the usual first."""


def title_of(article: Mapping[str, Any], language: str) -> str:
    """In the reader's language where it has that."""
    texts = article["texts"]
    return str(next((each for each in texts if each["language"] == language), texts[0])["title"])


def described(fields: Mapping[str, str], words: Words) -> dict[str, str]:
    """What a form says, by what it asks for."""
    named = {words.text("Title"): "title", words.text("Text"): "body"}
    return {label: fields.get(name, "").strip() for label, name in named.items()}


def text_of(article: Mapping[str, Any], language: str) -> Mapping[str, str]:
    """What stands in the form for a language; nothing where the article has no such text yet."""
    found = next((each for each in article["texts"] if each["language"] == language), None)
    return {"title": found["title"], "body": found["body"]} if found else {}
