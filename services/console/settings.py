"""Settings of the console: where the services are, and what pages look like to somebody who has chosen nothing."""

import re
from base64 import urlsafe_b64decode
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator

from shared.events.values import TimeZone
from shared.settings import LOOPBACK, Group, HttpSettings, ProcessSettings

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


class LoginSettings(Group):
    """The issuer itself is RAPPORT_AUTH__ISSUER. `url` is the console's own address, as browsers see it.

    `keys` are one or more secrets of 32 bytes in base64 (URL-safe), separated by commas: the first seals sessions, all
    open them. `resource` asks for a token for the services (RFC 8707); an issuer that wants it said in another way, or
    `prompt=consent` before it gives a refresh token, gets `parameters`.
    """

    client_id: str = Field(min_length=1)
    client_secret: SecretStr | None = None
    url: str = Field(pattern=r"^https?://[^\s/]+$")
    keys: SecretStr
    scope: str = "openid profile offline_access crm:read crm:write crm:admin"
    resource: str | None = None
    parameters: dict[str, str] = Field(default_factory=dict)
    hours: float = Field(default=12, gt=0, le=720)

    @field_validator("keys")
    @classmethod
    def _long_enough(cls, keys: SecretStr) -> SecretStr:
        for key in re.split(r"\s*,\s*", keys.get_secret_value()):
            try:
                size = len(urlsafe_b64decode(key))
            except ValueError:
                size = 0
            if size != 32:
                raise ValueError("RAPPORT_LOGIN__KEYS holds secrets of 32 bytes in base64, separated by commas")
        return keys

    @model_validator(mode="after")
    def _safe(self) -> Self:
        if not self.secure and urlsplit(self.url).hostname not in LOOPBACK:
            raise ValueError("RAPPORT_LOGIN__URL has to begin with https: sessions travel in cookies")
        return self

    @property
    def secure(self) -> bool:
        """Whether cookies may ask for TLS; only on loopback they need not."""
        return self.url.startswith("https://")


class Settings(ProcessSettings):
    """Frozen; built once in create_app. Without `login` a proxy in front signs people in and adds their token."""

    http: HttpSettings = HttpSettings(port=8100)
    console: ConsoleSettings = Field(default_factory=dict, validate_default=True)
    login: LoginSettings | None = None
