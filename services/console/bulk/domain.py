"""One act on many tickets: what a form says is done, and how far it has come."""

from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

from services.console.shell.words import Words, is_known

ACTS = ("resolve", "wait", "spam", "claim", "give", "reply", "note", "follow")
Tone = Literal["good", "plain", "accent", "bad"]
TONES: dict[str, Tone] = {"waiting": "accent", "done": "good", "refused": "bad", "failed": "bad", "stopped": "plain"}
_MOVES: dict[str, dict[str, str]] = {
    "resolve": {"status": "resolved"},
    "wait": {"status": "pending", "waits_for": "customer"},
    "spam": {"status": "spam"},
}
_TICKED = "ticket-"
_ENOUGH = frozenset({"stale", "not_found"})
"""Reasons whose words say all that there is to say."""


def tickets_of(form: Mapping[str, str]) -> list[dict[str, Any]]:
    """Those that are ticked, each as it was seen: a field such as `ticket-ID` holds the version that the row showed."""
    ticked = [(name.removeprefix(_TICKED), seen) for name, seen in form.items() if name.startswith(_TICKED)]
    return [
        {"id": id_, "version": int(seen)}
        for id_, seen in ticked
        if _is_id(id_) and seen.isascii() and seen.isdecimal() and len(seen) < 10
    ]


def act_of(form: Mapping[str, str], me: str) -> dict[str, Any] | None:
    """As support takes it; None where none was chosen."""
    chosen, agent = form.get("act", ""), form.get("agent", "").strip()
    if chosen in _MOVES:
        return {"do": "move", **_MOVES[chosen]}
    if chosen in {"reply", "note"}:
        return {"do": "reply", "kind": chosen, "canned": form.get("canned", "")}
    if chosen in {"claim", "give"}:
        return {"do": "assign", "agent": me if chosen == "claim" else agent, "take_over": True}
    return {"do": "follow", "follower": me} if chosen == "follow" else None


def word_of(act: Mapping[str, Any]) -> str:
    """The name of an act by what support says of it."""
    match act["do"]:
        case "move":
            known = {move["status"]: name for name, move in _MOVES.items()}
            return known.get(act["status"], "move")
        case "reply":
            return str(act["kind"])
        case "assign":
            return "give"
    return str(act["do"])


def detail_of(item: Mapping[str, Any], words: Words) -> str:
    """What support says beyond the reason, in the reader's words: the code at its end as a word where it has one, else
    its own words, which are English, where the reader's are.
    """
    said = item["detail"] or ""
    code = said.rpartition(": ")[2]
    if is_known("against", code):
        return words.term("against", code)
    return said if words.language == "en" and item["reason"] not in _ENOUGH else ""


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
