"""What comes back of letters, as it is told and answered."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Percent = Literal[25, 50, 75, 100]


class Bounce(BaseModel):
    """`hard`: for good; `soft`: this time; `complaint`: its reader called it spam. `code`: enhanced status, `5.1.1`."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["hard", "soft", "complaint"]
    code: Annotated[str, Field(pattern=r"^[245]\.\d{1,3}\.\d{1,3}$")] | None = None


class Watched(BaseModel):
    """So much of a video has been played, of a hundred."""

    model_config = ConfigDict(extra="forbid")

    percent: Percent


class BounceNoted(BaseModel):
    """`stopped`: nothing is sent to that address any more."""

    stopped: bool


class Taken(BaseModel):
    """How many reports were about messages of ours and said something that is kept, and how many were not."""

    taken: int
    ignored: int
