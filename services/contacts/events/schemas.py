"""Bodies of answers about facts that came over HTTP."""

from typing import Literal

from pydantic import BaseModel

from shared.http.problems import FieldError


class TakenFact(BaseModel):
    """What became of the event at `index`: 202 taken, 200 known before, 422 refused, with the fields in `errors`."""

    index: int
    status: Literal[202, 200, 422]
    source: str | None = None
    id: str | None = None
    errors: list[FieldError] = []


class TakenFacts(BaseModel):
    """One result for each event, in their order."""

    results: list[TakenFact]
