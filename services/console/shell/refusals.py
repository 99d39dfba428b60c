"""What a service found wrong with a form, in the words of the person who filled it in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.console.shell.words import Words, is_known

_KINDS = {
    "missing": ("missing", "string_too_short", "too_short", "string_type", "blank"),
    "too_long": ("string_too_long", "too_long"),
    "no_number": ("int_", "float_", "decimal_", "finite_number"),
    "too_small": ("greater_than",),
    "too_large": ("less_than",),
    "no_date": ("date_", "datetime_", "timezone_"),
    "no_id": ("uuid_",),
    "other_form": ("string_pattern_mismatch",),
    "no_choice": ("literal_error", "enum"),
    "unreadable": ("string_unicode", "json_", "bool_", "dict_type", "list_type", "model_", "union_tag_", "not_text"),
}
"""Of a kind of error the beginnings of the services' reasons for it; what is of none is shown in their words."""


_MOST_BYTES = re.compile(r"at most (\d+) bytes")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field; `name` is empty where it is about the whole."""

    name: str
    text: str


def faults_of(problem: Mapping[str, Any], words: Words) -> list[Fault]:
    """Every field that a problem document names, in its order, each said once."""
    found = [
        Fault(_name_of(str(each.get("field") or ""), words), fault_text(each, words))
        for each in problem.get("errors") or ()
    ]
    return list(dict.fromkeys(found))


def refusal_text(problem: Mapping[str, Any], words: Words) -> str:
    """Why the whole was refused: in the service's words where these are the reader's, else by the problem's type."""
    detail = str(problem.get("detail") or "")
    reason = str(problem.get("type") or "").rpartition(":")[2]
    said = words.term("refusal", reason if is_known("refusal", reason) else "refused")
    if most := _MOST_BYTES.search(detail):
        return words.text("What was sent is longer than is taken: at most %(most)s.") % {
            "most": words.size(int(most[1]))
        }
    if not detail or _is_foreign(reason, words):
        return said
    return _explained(said, detail, words)


def fault_text(error: Mapping[str, Any], words: Words) -> str:
    """Why a value is not taken."""
    reason = str(error.get("reason") or "")
    kind = next((kind for kind, starts in _KINDS.items() if reason.startswith(starts)), None)
    if kind:
        return words.term("fault", kind)
    if _is_foreign(reason, words):
        return words.term("refusal", reason)
    return _explained(words.term("fault", "invalid"), str(error.get("detail") or ""), words)


def _explained(said: str, detail: str, words: Words) -> str:
    """What only the service's own words tell, which are English: in another language they stand behind its own."""
    if not detail:
        return said
    return detail if words.language == "en" else f"{said.rstrip('.')} ({detail})"


def _is_foreign(reason: str, words: Words) -> bool:
    """Whether the services' own words, which are English, are told better by those that are known for a reason."""
    return words.language != "en" and reason != "invalid" and is_known("refusal", reason)


def _name_of(field: str, words: Words) -> str:
    """The last part of `body.lines.0.sku` that is a name."""
    names = [part for part in field.split(".") if part and not part.isdecimal() and part not in {"body", "query"}]
    if not names or field.startswith("header."):
        return ""
    return words.term("field", names[-1])
