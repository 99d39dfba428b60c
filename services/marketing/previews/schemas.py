"""Texts of campaigns as a reader would get them."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Preview(BaseModel):
    """A text in the language that its reader gets (`language` empty: that of everybody else), with dates and amounts as
    `locale` writes them. `html` null: it has none.
    """

    campaign: str
    version: int
    step: int
    template: str
    language: str
    locale: str
    subject: str
    text: str
    html: str | None


class TestLetter(BaseModel):
    """Who gets a test letter: an address of our own. `locale` is the reader's, if not that of the party."""

    model_config = ConfigDict(extra="forbid")

    email: Annotated[str, Field(max_length=320)]
    locale: Annotated[str, Field(max_length=35)] | None = None


class TestSent(BaseModel):
    """Whether the mail server, or the maildir, took it."""

    accepted: bool
    code: Annotated[int | None, Field(description="The mail server's answer, if it gave one.")] = None
