"""How long customers stay in their stages (`lifecycle.yaml`)."""

from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.contacts.policy import check_file, lay_over, read_file

DEFAULT = Path(__file__).with_name("lifecycle.yaml")
_WHAT = "lifecycle policy"
Days = Annotated[int, Field(strict=True, ge=1, le=36_500)]


class Span(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    days: Days

    @property
    def length(self) -> timedelta:
        return timedelta(days=self.days)


class Loyalty(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    sales: Annotated[int, Field(strict=True, ge=2, le=1_000)]
    within_days: Days


class LifecyclePolicy(BaseModel):
    """The spans after which time alone changes a stage, and what makes a customer loyal."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
    purchase: Span
    onboarding: Span
    loyal: Loyalty
    lapsed: Span
    churned: Span

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        if self.churned.days <= self.lapsed.days:
            raise ValueError("a customer churns later than it lapses")
        return self

    @property
    def digest(self) -> str:
        """Another for another policy."""
        return sha256(self.model_dump_json().encode()).hexdigest()


def read_lifecycle(path: Path = DEFAULT) -> LifecyclePolicy:
    """The policy of a file; what it leaves out is as in the file that comes with contacts.

    Raises ConfigurationError with the field that cannot be accepted.
    """
    fields = lay_over(read_file(DEFAULT, _WHAT), read_file(path, _WHAT))
    return check_file(LifecyclePolicy, fields, path, _WHAT)
