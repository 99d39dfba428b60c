"""Settings of contacts: `RAPPORT_CONTACTS__…`."""

from typing import NamedTuple

from shared.engine.months import Months
from shared.events.values import Country
from shared.settings import Group, HttpSettings, ServiceSettings


class ContactsSettings(Group):
    """`default_region` (ISO 3166-1 alpha-2) reads national phone numbers of parties that name no country."""

    default_region: Country = "DK"


class Settings(ServiceSettings):
    http: HttpSettings = HttpSettings(port=8101)
    contacts: ContactsSettings = ContactsSettings()


class Context(NamedTuple):
    """What handlers and routes of contacts find as `tx.context`."""

    default_region: str
    months: Months
