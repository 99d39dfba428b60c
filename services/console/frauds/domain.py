"""What looks like fraud, as a page shows it."""

from collections.abc import Mapping
from typing import Any, Literal

BANDS = ("high", "medium", "low")
STATES = ("open", "judged")
VERDICTS = ("fraud", "genuine")
Tone = Literal["bad", "warn", "plain", "good"]
TONES: dict[str, Tone] = {"high": "bad", "medium": "warn", "low": "plain", "fraud": "bad", "genuine": "good"}


def verdict_of(form: Mapping[str, str], agent: str | None) -> dict[str, Any]:
    """As forecasting takes it; `agent` is named where no token says who it is."""
    return {"verdict": form.get("verdict", ""), **({"agent": agent} if agent else {})}
