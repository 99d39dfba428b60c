"""Settings of support: `RAPPORT_SUPPORT__…`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Self

from pydantic import Field, SecretStr, model_validator

from services.support.categories import OWN_CATEGORIES, OWN_QUEUES, Categories, Queue, Words
from services.support.classifier import Models
from shared.events.values import Channel
from shared.settings import Group, HttpSettings, ServiceSettings

OWN_PROMISES = Path(__file__).with_name("slas.yaml")
Days = Annotated[int, Field(ge=0, le=365)]
REOPENED_WITHIN: Mapping[Channel, int] = MappingProxyType({"email": 14, "web": 14, "social": 7, "sms": 3, "chat": 1})


class SupportSettings(Group):
    """`reopened_within` says, by channel, for how many days a message reopens the ticket that it continues; after that,
    and on a channel that is not named, it opens a new one that is linked to it.

    `public_url` is where customers reach this service; `survey_secret` signs the links by which they say there how
    satisfied they are. A dispute that names no deadline is to be decided within `dispute_days`.

    `categories` is the file of what requests are about, `promises` that of policies and calendars, `queues` that of
    where tickets wait. A new model is trained after `retrain_after` more tickets whose category is known, on the newest
    `learnt_from`, and goes live once it was right as often as the one in force on `shadow_cases` tickets. `poll_s` is
    how often that is looked for.
    """

    reopened_within: dict[Channel, Days] = Field(default_factory=lambda: dict(REOPENED_WITHIN))
    public_url: Annotated[str, Field(pattern=r"^(https?://[^\s<>?#]+)?$")] = ""
    survey_secret: Annotated[SecretStr, Field(min_length=32)] | None = None
    dispute_days: Annotated[int, Field(ge=1, le=365)] = 30
    categories: Path = OWN_CATEGORIES
    promises: Path = OWN_PROMISES
    queues: Path = OWN_QUEUES
    retrain_after: Annotated[int, Field(ge=1)] = 50
    shadow_cases: Annotated[int, Field(ge=1)] = 50
    learnt_from: Annotated[int, Field(ge=100)] = 20_000
    poll_s: Annotated[float, Field(gt=0)] = 5.0

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if bool(self.public_url) != (self.survey_secret is not None):
            raise ValueError("public_url and survey_secret are set together")
        return self


class Settings(ServiceSettings):
    """Frozen; built once in create_app."""

    http: HttpSettings = HttpSettings(port=8103)
    support: SupportSettings = SupportSettings()


@dataclass(frozen=True, slots=True)
class Context:
    """What handlers and routes find as `tx.context`."""

    reopening: Mapping[Channel, timedelta]
    categories: Categories
    words: Words
    queues: Sequence[Queue]
    dispute_days: int = 30
    public_url: str = ""
    survey_secret: str = field(default="", repr=False)
    models: Models = field(default_factory=Models)
