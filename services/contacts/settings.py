"""Settings of contacts: `RAPPORT_CONTACTS__…`."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import Field, SecretStr, model_validator

from services.contacts.custom import CustomFields
from services.contacts.policy import IdentityPolicy
from services.contacts.spans import LifecyclePolicy
from services.contacts.weights import CompletenessPolicy
from shared.engine.months import Months
from shared.events.values import Country
from shared.settings import DatabaseSettings, Group, HttpSettings, ServiceSettings


class ContactsSettings(Group):
    """`default_region` (ISO 3166-1 alpha-2) reads national phone numbers of parties that name no country; `identities`
    is a file of the identity policy, of which what it leaves out is as in `identities.yaml`; `completeness` is a
    file that is taken instead of `completeness.yaml`, and `custom` one instead of `custom.yaml`; `lifecycle` is a file
    of spans, of which what it leaves out is as in `lifecycle.yaml`. `double_opt_in` names what a customer has to
    confirm, as `marketing/email` (purpose and channel), within `confirm_within`. `pseudonym_key` is what the devices,
    cards and addresses of sales are hashed with before they are published; without it, which only loopback may be,
    none is. `merge` has parties that are certainly one merged without asking.
    """

    default_region: Country = "DK"
    identities: Path | None = None
    completeness: Path | None = None
    custom: Path | None = None
    lifecycle: Path | None = None
    double_opt_in: frozenset[Annotated[str, Field(pattern=r"^[^/]+/[a-z_]+$")]] = frozenset()
    confirm_within: Annotated[timedelta, Field(gt=timedelta(0))] = timedelta(days=7)
    merge: bool = True
    pseudonym_key: Annotated[SecretStr, Field(min_length=32)] | None = None


class ContactsDatabase(DatabaseSettings):
    """A history lies in a table for each month, and to plan for them all takes longer than to read a party: a request's
    statements are planned once, for any values.
    """

    http_plans: Literal["auto", "force_generic_plan"] = "force_generic_plan"


class Settings(ServiceSettings):
    http: HttpSettings = HttpSettings(port=8101)
    database: ContactsDatabase = Field(default_factory=dict, validate_default=True)
    contacts: ContactsSettings = ContactsSettings()

    @model_validator(mode="after")
    def _keyed(self) -> Self:
        if self.auth.mode == "jwt" and self.contacts.pseudonym_key is None:
            raise ValueError("RAPPORT_CONTACTS__PSEUDONYM_KEY is not set; it may be left out only on loopback")
        return self


class Context(NamedTuple):
    """What handlers and routes of contacts find as `tx.context`."""

    default_region: str
    months: Months
    policy: IdentityPolicy
    completeness: CompletenessPolicy
    custom: CustomFields
    lifecycle: LifecyclePolicy
    double_opt_in: frozenset[str]
    confirm_within: timedelta
    pseudonym_key: SecretStr | None = None
