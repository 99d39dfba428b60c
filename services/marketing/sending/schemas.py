"""Attempts to send, as they are shown."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel


class Delivery(BaseModel):
    """What came of an attempt: `accepted`; `refused` for good; `later`: certainly not accepted; `unsure`: nobody can
    tell, and the provider, which tells repetitions apart, is asked again; `lost`: nobody can tell, nor asks again.

    `reason` is a word for what the answer was, or why there was none; `code` its number.
    """

    number: int
    channel: str
    outcome: Literal["accepted", "refused", "later", "unsure", "lost"]
    reason: str
    code: int | None
    settled_at: datetime


class Deliveries(BaseModel):
    """The attempts at a message that a provider of SMS or social media sends, in their order."""

    deliveries: list[Delivery]
