"""Replies that are kept for use again."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from services.support.canned.domain import fault_of
from services.support.tickets.schemas import Language, Text
from shared.http.staff import StaffId


def _fillable(text: str) -> str:
    if (fault := fault_of(text)) is not None:
        raise ValueError(fault)
    return text


CannedName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
CannedText = Annotated[Text, Field(max_length=20_000), AfterValidator(_fillable)]


class NewCannedReply(BaseModel):
    """The whole of it, by language. `{{customer.name|there}}` stands for the customer's name, and for `there` where
    that is not known; there are also ticket.number, ticket.subject, ticket.sku and ticket.sale_id.
    """

    texts: Annotated[dict[Language, CannedText], Field(min_length=1, max_length=20)]
    agent: StaffId | None = None


class CannedVersion(BaseModel):
    """`version` is the ETag to send as If-Match."""

    name: str
    version: int


class CannedReply(CannedVersion):
    """As it was written; `agent` wrote it last."""

    texts: dict[str, str]
    agent: str
    changed_at: datetime


class FilledReply(BaseModel):
    """For one ticket, to be read and sent; `missing` are placeholders that stand for nothing here."""

    name: str
    language: str
    text: str
    missing: list[str]
