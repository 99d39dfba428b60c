"""What looks like fraud, as a page shows it."""

from typing import Literal

BANDS = ("high", "medium", "low")
STATES = ("open", "judged")
Tone = Literal["bad", "warn", "plain", "good"]
TONES: dict[str, Tone] = {"high": "bad", "medium": "warn", "low": "plain", "fraud": "bad", "genuine": "good"}
