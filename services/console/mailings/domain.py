"""Mailings as pages show them, and what a form says of a new one."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from services.console.shell.typed import whole_of

Tone = Literal["good", "plain", "accent", "warn", "bad"]
TONES: dict[str, Tone] = {
    "draft": "plain",
    "running": "accent",
    "paused": "warn",
    "cancelled": "bad",
    "completed": "good",
}
OUTCOMES: dict[str, Tone] = {
    "waiting": "plain",
    "open": "accent",
    "sent": "good",
    "skipped": "plain",
    "unknown": "bad",
    "cancelled": "plain",
}
"""What may have become of a recipient, and how it looks."""
ACTS: dict[str, tuple[str, ...]] = {
    "draft": ("start", "cancel"),
    "running": ("pause", "cancel"),
    "paused": ("resume", "cancel"),
}
"""What may be done in a state, the usual first."""


@dataclass(frozen=True, slots=True)
class Count:
    """So many recipients ended in one way."""

    outcome: str
    recipients: int
    tone: Tone


def counts_of(mailing: Mapping[str, Any]) -> list[Count]:
    """They sum to the recipients."""
    found = {name: mailing[name] for name in OUTCOMES}
    found["skipped"] = sum(mailing["skipped"].values())
    return [Count(name, number, OUTCOMES[name]) for name, number in found.items()]


def template_of(campaign: Mapping[str, Any]) -> str:
    """The one text of a mailing."""
    return str(campaign["definition"]["steps"][0]["content"][0]["template"])


@dataclass(frozen=True, slots=True)
class Draft:
    """What a form says of a mailing; its template is called as the mailing is."""

    fields: Mapping[str, str]
    language: str = "en"

    @property
    def name(self) -> str:
        return self.fields.get("name", "").strip()

    def body(self) -> dict[str, Any]:
        """As marketing takes it: JSON is YAML. What is wrong with it marketing says, by the form's fields."""
        said: dict[str, Any] = {
            "name": self.name,
            "segment": self.fields.get("segment", "").strip(),
            "template": self.name,
            "description": self.fields.get("description", "").strip(),
        }
        pace = self.fields.get("per_minute", "").strip()
        if pace:
            said["per_minute"] = whole_of(pace, self.language)
        texts = {f"{self.name}.txt": self._text("")}
        if self.fields.get("subject-da", "").strip() or self.fields.get("text-da", "").strip():
            texts[f"{self.name}.da.txt"] = self._text("-da")
        return {"text": json.dumps(said, ensure_ascii=False), "templates": texts}

    def _text(self, suffix: str) -> str:
        subject = " ".join(self.fields.get(f"subject{suffix}", "").split())
        return f"Subject: {subject}\n\n{self.fields.get(f'text{suffix}', '').strip()}\n"
