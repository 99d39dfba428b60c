"""Settings of the console: where the services are, and what pages look like to somebody who has chosen nothing."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from shared.events.values import TimeZone
from shared.settings import Group, HttpSettings, ProcessSettings

Address = Annotated[str, Field(pattern=r"^https?://[^\s/]+(/[^\s?#]*)?$"), AfterValidator(lambda url: url.rstrip("/"))]
"""Of a service's HTTP API, without `/v1`."""


class ConsoleSettings(Group):
    """A service that does not answer within `wait_s` is shown as away; the rest of the page is shown without it."""

    contacts: Address
    marketing: Address
    support: Address
    forecasting: Address
    wait_s: float = Field(default=5, gt=0, le=60)
    locale: Literal["en", "da"] = "en"
    time_zone: TimeZone = "Europe/Copenhagen"


class Settings(ProcessSettings):
    """Frozen; built once in create_app."""

    http: HttpSettings = HttpSettings(port=8100)
    console: ConsoleSettings = Field(default_factory=dict, validate_default=True)
