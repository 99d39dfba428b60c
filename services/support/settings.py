"""Settings of support: `RAPPORT_SUPPORT__…`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator

from services.support.categories import OWN_CATEGORIES, OWN_QUEUES, Categories, Queue, Words
from services.support.classifier import Models
from services.support.meanings import Meanings
from services.support.signature import key_of
from shared.events.values import Channel
from shared.mail.sending import Bell
from shared.mail.smtp import SmtpUrl, has_port
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
    how often that is looked for. `semantic` reads sentence vectors beside the words, by the extra of that name, of
    requests and of articles.

    `imap_url` is the mailbox that is read every `mail_poll_s` seconds, `imaps://user:password@host[:port]/folder` (or
    `imap+starttls`, `imap`); of a mail `mail_bytes` are read. `smtp_url` (`smtps`, `smtp+starttls`, `smtp`) is what
    takes agents' replies, from `mail_address`; answers have to reach the mailbox by that address. `mail_secrets` sign
    what a provider delivers to `/v1/webhooks/mail`. Of one sender `mails_an_hour` become requests, and more are held
    for people to look at.
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
    semantic: bool = False
    imap_url: SecretStr | None = None
    mail_poll_s: Annotated[float, Field(gt=0, le=3_600)] = 5.0
    mail_bytes: Annotated[int, Field(ge=65_536, le=100 * 2**20)] = 25 * 2**20
    mails_an_hour: Annotated[int, Field(ge=1)] = 30
    mail_secrets: Annotated[tuple[SecretStr, ...], Field(max_length=5)] = ()
    smtp_url: SmtpUrl | None = None
    smtp_timeout_s: Annotated[float, Field(gt=0, le=600)] = 30.0
    mail_address: Annotated[str, Field(pattern=r"^[\x21-\x3f\x41-\x7e]+@[A-Za-z0-9.-]+$")] | None = None
    mail_name: str = "Rapport"

    @model_validator(mode="after")
    def _asked(self) -> Self:
        if bool(self.public_url) != (self.survey_secret is not None):
            raise ValueError("public_url and survey_secret are set together")
        return self

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.imap_url is not None:
            url = urlsplit(self.imap_url.get_secret_value())
            named = url.hostname and url.username and has_port(url)
            if url.scheme not in {"imap", "imaps", "imap+starttls"} or not named:
                raise ValueError("imap_url is imaps://user:password@host[:port]/folder, imap+starttls://… or imap://…")
        if self.smtp_url is not None and self.mail_address is None:
            raise ValueError("smtp_url needs mail_address, from which replies are sent")
        for secret in self.mail_secrets:
            key_of(secret.get_secret_value())
        return self

    @property
    def own_addresses(self) -> frozenset[str]:
        """Whoever writes from these is no customer."""
        return frozenset({self.mail_address.lower()} if self.mail_address else ())

    @property
    def webhook_keys(self) -> tuple[bytes, ...]:
        return tuple(key_of(each.get_secret_value()) for each in self.mail_secrets)


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
    meanings: Meanings = field(default_factory=Meanings)
    mail_domain: str = ""
    """The right side of every Message-ID; empty where replies are not sent by e-mail."""
    mails_an_hour: int = 30
    own_addresses: frozenset[str] = frozenset()
    webhook_keys: tuple[bytes, ...] = field(default=(), repr=False)
    letters: Bell = field(default_factory=Bell)
