"""Kept replies as their form shows them, and what it says of one."""

from collections.abc import Iterable, Mapping
from typing import Any

from services.console.shell.words import Words

PLACEHOLDERS = ("customer.name", "ticket.number", "ticket.subject", "ticket.sku", "ticket.sale_id")
"""What may stand in braces in a text; support puts in what it knows of the ticket."""


def languages_of(texts: Mapping[str, str], offered: Iterable[str]) -> list[str]:
    """For which languages the form has a text: those that are offered, then those that it is written in besides."""
    return list(dict.fromkeys([*offered, *sorted(texts)]))


def fields_of(reply: Mapping[str, Any]) -> dict[str, str]:
    """What stands in the form of a reply that is kept."""
    return {"name": str(reply["name"]), **{f"text-{language}": text for language, text in reply["texts"].items()}}


def texts_of(form: Mapping[str, str]) -> dict[str, str]:
    """By language; one that is left blank is not kept."""
    typed = {name.removeprefix("text-"): text.strip() for name, text in form.items() if name.startswith("text-")}
    return {language: text for language, text in typed.items() if text}


def described(fields: Mapping[str, str], words: Words) -> dict[str, str]:
    """What a form says, by the language of each text."""
    return {words.language_name(language): text for language, text in texts_of(fields).items()}


def placeholder(name: str, otherwise: str = "") -> str:
    """As it is written in a text, with the words for where nothing is known."""
    return "{{" + name + (f"|{otherwise}" if otherwise else "") + "}}"
