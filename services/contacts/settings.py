"""Settings of contacts: `RAPPORT_CONTACTS__…`."""

from pathlib import Path
from typing import NamedTuple

from services.contacts.policy import IdentityPolicy
from shared.engine.months import Months
from shared.events.values import Country
from shared.settings import Group, HttpSettings, ServiceSettings


class ContactsSettings(Group):
    """`default_region` (ISO 3166-1 alpha-2) reads national phone numbers of parties that name no country; `identities`
    is a file of the identity policy, of which what it leaves out is as in `identities.yaml`.
    """

    default_region: Country = "DK"
    identities: Path | None = None


class Settings(ServiceSettings):
    http: HttpSettings = HttpSettings(port=8101)
    contacts: ContactsSettings = ContactsSettings()


class Context(NamedTuple):
    """What handlers and routes of contacts find as `tx.context`."""

    default_region: str
    months: Months
    policy: IdentityPolicy
