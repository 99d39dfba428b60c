"""Settings of contacts: `RAPPORT_CONTACTS__…`."""

from functools import cache

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.settings import Group, ServiceSettings


class ContactsSettings(Group):
    """`default_region` (ISO 3166-1 alpha-2) reads national phone numbers of parties that name no country."""

    default_region: str = Field(default="DK", pattern=r"^[A-Z]{2}$")


class Settings(ServiceSettings):
    contacts: ContactsSettings = ContactsSettings()


class _OwnSettings(BaseSettings):
    model_config = SettingsConfigDict(frozen=True, env_prefix="RAPPORT_", env_nested_delimiter="__", extra="ignore")

    contacts: ContactsSettings = ContactsSettings()


@cache
def default_region() -> str:
    """For handlers, which are handed nothing but events: read once, when the first is called."""
    return _OwnSettings().contacts.default_region
