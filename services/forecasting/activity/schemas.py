"""Bodies of answers about messages and tickets by day."""

from datetime import date

from pydantic import BaseModel


class MessagesView(BaseModel):
    """`outcome` is sent, unknown, or the reason why a message was skipped; `campaign` is empty where none matched."""

    day: date
    campaign: str
    outcome: str
    messages: int


class TicketsView(BaseModel):
    day: date
    channel: str
    opened: int
