"""Settings of support: `RAPPORT_SUPPORT__…`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import Annotated

from pydantic import Field

from shared.events.values import Channel
from shared.settings import Group, HttpSettings, ServiceSettings

Days = Annotated[int, Field(ge=0, le=365)]
REOPENED_WITHIN: Mapping[Channel, int] = MappingProxyType({"email": 14, "web": 14, "social": 7, "sms": 3, "chat": 1})


class SupportSettings(Group):
    """`reopened_within` says, by channel, for how many days a message reopens the ticket that it continues; after that,
    and on a channel that is not named, it opens a new one that is linked to it.
    """

    reopened_within: dict[Channel, Days] = Field(default_factory=lambda: dict(REOPENED_WITHIN))


class Settings(ServiceSettings):
    """Frozen; built once in create_app."""

    http: HttpSettings = HttpSettings(port=8103)
    support: SupportSettings = SupportSettings()


@dataclass(frozen=True, slots=True)
class Context:
    """What handlers and routes find as `tx.context`."""

    reopening: Mapping[Channel, timedelta] = field(
        default_factory=lambda: {channel: timedelta(days=days) for channel, days in REOPENED_WITHIN.items()}
    )
