"""Settings of marketing: `RAPPORT_MARKETING__…`."""

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from shared.events.values import TimeZone
from shared.mail.sending import Bell
from shared.mail.smtp import SmtpUrl
from shared.settings import Group, HttpSettings, ServiceSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.marketing.engagement.domain.mapping import Provider
    from services.marketing.loyalty.domain.programme import Programme
    from services.marketing.sending.channels.channel import Deliverer
    from services.marketing.sending.domain.letter import FromAddress

DomainName = Annotated[str, Field(pattern=r"^(\*|[a-z0-9-]+(\.[a-z0-9-]+)+)$", max_length=253)]
OWN_CAMPAIGNS = Path(__file__).with_name("campaigns")


class Cap(Group):
    """At most so many messages within so many days, this one and its day included, of campaigns below a priority.

    All messages that needed consent count, whatever their priority: the important ones leave less room for the others.
    """

    most: Annotated[int, Field(ge=1, le=1_000)]
    days: Annotated[int, Field(ge=1, le=366)]
    below_priority: int = 1_001


class Webhook(Group):
    """What shows that reports are a provider's own. `secret`: of SendGrid its public key (base64), of SES the
    certificate of SNS (PEM), with the one `topic` that is heard, of Postmark `user:password`.
    """

    secret: Annotated[SecretStr, Field(min_length=16)]
    topic: str = ""


class SendingProvider(Group):
    """Who sends what goes by a channel: asked at `url` in the format of Standard Webhooks, signed with `secret`
    (`whsec_` and base64). `system` is the one whose ids name a party there; of SMS it is the phone number.
    """

    url: Annotated[str, Field(pattern=r"^https?://[^\s<>#@]+$", max_length=2_000)]
    secret: SecretStr
    system: Annotated[str, Field(max_length=100)] = ""
    connections: Annotated[int, Field(ge=1, le=50)] = 4
    timeout_s: Annotated[float, Field(gt=0, le=60)] = 10.0

    @field_validator("secret")
    @classmethod
    def _long_enough(cls, secret: SecretStr) -> SecretStr:
        text = secret.get_secret_value()
        key = b64decode(text.removeprefix("whsec_") + "==")
        if not text.startswith("whsec_") or not 24 <= len(key) <= 64:
            raise ValueError("secret is whsec_ and the base64 of 24 to 64 bytes")
        return secret


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From one time of day to another, over midnight where that is the earlier one; `time_zone` for who has none."""

    begin: time
    end: time
    time_zone: str = "UTC"


class MarketingSettings(Group):
    """`smtp_url`: `smtp://[user:password@]host[:port]`, `smtp+starttls://…` or `smtps://…`. Without it, messages are
    written into `maildir`. Without `maildir_fsync` a message that counts as sent may not survive a power cut.
    `public_url` is where the readers of letters reach this service; `unsubscribe_secret` signs the links by which they
    unsubscribe there, and which work for `unsubscribe_valid`. From `quiet_from` to `quiet_until` of the party's own
    clock nothing is sent that needs consent; `time_zone` is that of parties of whom none is known.
    """

    campaigns: Path = OWN_CAMPAIGNS
    programme: Path | None = None
    """The file of the loyalty programme; without one sales earn nothing."""
    smtp_url: SmtpUrl | None = None
    smtp_connections: Annotated[int, Field(ge=1, le=50)] = 4
    smtp_timeout_s: Annotated[float, Field(gt=0, le=600)] = 30.0
    smtp_per_minute: Mapping[DomainName, Annotated[int, Field(ge=1, le=100_000)]] = Field(default_factory=dict)
    """So many letters the recipients of a domain get in any minute from one sender; `*`: of each other domain."""
    maildir: Path = Path(".run/maildir")
    maildir_fsync: bool = True
    from_address: Annotated[str, Field(pattern=r"^[^@\s<>]+@[^@\s<>]+$")] = "hello@rapport.example"
    from_name: str = "Rapport"
    id_header: Annotated[str, Field(pattern=r"^(X-[A-Za-z0-9-]{1,60})?$")] = ""
    """A header that says the message's id to a provider that does not tell the Message-ID back."""
    webhooks: Mapping[Literal["ses", "sendgrid", "postmark"], Webhook] = Field(default_factory=dict)
    """Whose reports about letters are heard at `/v1/webhooks/…`."""
    providers: Mapping[Literal["sms", "social"], SendingProvider] = Field(default_factory=dict)
    """Who sends messages of these channels. Of a channel without one nobody is reached."""
    test_domains: Annotated[tuple[str, ...], Field(max_length=20)] = ()
    """Where test letters may go, besides the domain of `from_address`."""
    public_url: Annotated[str, Field(pattern=r"^(https?://[^\s<>?#]+)?$")] = ""
    unsubscribe_secret: Annotated[SecretStr, Field(min_length=32)] | None = None
    unsubscribe_valid: Annotated[timedelta, Field(ge=timedelta(days=30))] = timedelta(days=366)
    quiet_from: time | None = None
    quiet_until: time | None = None
    time_zone: TimeZone = "UTC"
    caps: Annotated[tuple[Cap, ...], Field(max_length=10)] = ()
    batch: Annotated[int, Field(ge=1, le=1_000)] = 500
    """Messages that are handed over at once to the maildir; to a mail server it is ten a connection at most."""

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.smtp_url is not None and not self.public_url:
            raise ValueError("smtp_url needs public_url and unsubscribe_secret: every letter says how to unsubscribe")
        if (self.quiet_from is None) != (self.quiet_until is None) or (
            self.quiet_from is not None and self.quiet_from == self.quiet_until
        ):
            raise ValueError("quiet_from and quiet_until are set together, and differ")
        if bool(self.public_url) != (self.unsubscribe_secret is not None):
            raise ValueError("public_url and unsubscribe_secret are set together")
        if "social" in self.providers and not self.providers["social"].system:
            raise ValueError("a provider of social needs the system whose ids name parties there")
        if "ses" in self.webhooks and not self.webhooks["ses"].topic:
            raise ValueError("webhooks of ses need the topic that is heard: another of the same cloud is not ours")
        return self

    @property
    def quiet(self) -> QuietHours | None:
        if self.quiet_from is None or self.quiet_until is None:
            return None
        return QuietHours(self.quiet_from, self.quiet_until, self.time_zone)

    @property
    def own_domains(self) -> frozenset[str]:
        return frozenset(each.lower() for each in (self.domain, *self.test_domains))

    @property
    def domain(self) -> str:
        """The right side of every Message-ID."""
        return self.from_address.rpartition("@")[2]


class Settings(ServiceSettings):
    http: HttpSettings = HttpSettings(port=8102)
    marketing: MarketingSettings = MarketingSettings()


@dataclass(frozen=True, slots=True)
class Context:
    """What handlers and routes find as `tx.context`: whether time is the stream's, what links are made with, and the
    bell of the sender of this process.
    """

    stream: bool = False
    public_url: str = ""
    unsubscribe_secret: str = field(default="", repr=False)
    unsubscribe_valid: timedelta = timedelta(days=366)
    quiet: QuietHours | None = None
    caps: tuple[Cap, ...] = ()
    programme: "Programme | None" = None
    own_domains: frozenset[str] = frozenset()
    outgoing: "Callable[[], tuple[Deliverer, FromAddress]] | None" = field(default=None, repr=False)
    """A way to send of its own, and who writes, for a test letter."""
    domain: str = ""
    webhooks: "Mapping[str, tuple[Webhook, Provider]]" = field(default_factory=dict, repr=False)
    handles: Mapping[str, str] = field(default_factory=dict)
    """By channel, other than e-mail, what names a party at its provider."""
    letters: Bell = field(default_factory=Bell)
    time_zone: str = "UTC"
    """Of parties of whom none is known."""

    def is_own(self, address: str) -> bool:
        return address.rpartition("@")[2].lower() in self.own_domains
