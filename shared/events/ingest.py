"""Facts as outside systems report them on `crm.ingest`. The sender's own key; personal data is allowed here."""

from dataclasses import dataclass, field
from typing import Annotated, Literal, get_args

from pydantic import Field, WithJsonSchema

from shared.events.contract import contract
from shared.events.money import Money
from shared.events.topic import topic
from shared.events.values import (
    BlankIsNone,
    Channel,
    Country,
    CustomName,
    CustomValue,
    Day,
    FreeText,
    IdentityType,
    Line,
    OutsideId,
    PartyKind,
    RelationKind,
    ReportedInstant,
    ReturnedLine,
    Role,
    Sku,
    Tag,
    Tidy,
    TimeZone,
)

INGEST = topic(
    "crm.ingest",
    owner=None,
    about="Facts as outside systems report them.",
    cleanup="week",
    key="the sender's own customer reference; without one nothing is promised about order",
    personal="yes, as far as the sender knows it",
)
Name = Annotated[str, Field(min_length=1, max_length=300)]
OptionalId = Annotated[OutsideId | None, BlankIsNone]
OptionalText = Annotated[Annotated[FreeText, Field(max_length=100_000)] | None, BlankIsNone]
Locale = Annotated[Annotated[str, Field(max_length=35)] | None, Tidy]
Revision = Annotated[int, Field(strict=True, ge=2, le=2**31 - 1)]
_Word = Annotated[Annotated[FreeText, Field(max_length=100)] | None, BlankIsNone]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedIdentity:
    """How the sender knows the customer, the strongest first: `party` is a party id learnt from our topics; an
    `external` and an `anonymous` id (a device, a cookie) name their system, or it is the sender's.

    `primary` says that of several e-mails or phones this one is to be written to.
    """

    type: IdentityType
    value: Annotated[str, Field(min_length=1, max_length=320)]
    system: Annotated[Annotated[str, Field(max_length=100, pattern=r"^[^\x00]*$")] | None, BlankIsNone] = None
    primary: Annotated[bool, Field(strict=True)] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A postal address; `country` is ISO 3166-1 alpha-2."""

    lines: Annotated[list[Annotated[FreeText, Field(max_length=200)]], Field(max_length=6)] = field(
        default_factory=list
    )
    postal_code: Annotated[Annotated[str, Field(max_length=20)] | None, Tidy] = None
    city: Annotated[Annotated[str, Field(max_length=100)] | None, Tidy] = None
    region: Annotated[Annotated[str, Field(max_length=100)] | None, Tidy] = None
    country: Annotated[Country | None, Tidy] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Addresses by what they are for, beside the one of the party itself."""

    billing: Address | None = None
    shipping: Address | None = None
    home: Address | None = None
    work: Address | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedParty:
    """Whom a fact is about, by any identities the sender knows, and what else it knows of them."""

    identities: Annotated[list[ReportedIdentity], Field(max_length=20)] = field(default_factory=list)
    kind: Annotated[PartyKind | None, BlankIsNone] = None
    name: Annotated[Name | None, Tidy] = None
    roles: list[Role] = field(default_factory=list)
    address: Address | None = None
    birth_date: Annotated[Day | None, Tidy] = None
    locale: Locale = None
    time_zone: Annotated[TimeZone | None, Tidy] = None
    addresses: Addresses | None = None
    tags: Annotated[list[Tag], Field(max_length=50)] = field(default_factory=list)
    custom: Annotated[dict[CustomName, Annotated[CustomValue | None, Tidy]], Field(max_length=100)] = field(
        default_factory=dict
    )


# Generators make one type of all enumerations of the same name, and a party has a `kind` too.
_BY_PATTERN = WithJsonSchema({"type": "string", "pattern": f"^({'|'.join(get_args(RelationKind))})$"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedRelation:
    """What the party of a profile is to another party: `employs` says that it employs that one."""

    kind: Annotated[RelationKind, _BY_PATTERN]
    party: ReportedParty
    since: Annotated[Day | None, Tidy] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedParty(ReportedParty):
    """Whom a profile is about, with those to whom it is related."""

    relations: Annotated[list[ReportedRelation], Field(max_length=100)] = field(default_factory=list)


@contract(INGEST, "crm.profile.submitted.v1")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedProfile:
    """A customer, or somebody for them, told who they are."""

    party: RelatedParty


@contract(INGEST, "crm.product.chosen.v1")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedChoice:
    """A customer looked at, put aside or asked for a product."""

    party: ReportedParty
    sku: Sku
    channel: Channel
    intent: Literal["viewed", "carted", "requested"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _ReportedSale:
    party: ReportedParty
    sale_id: OutsideId
    channel: Channel
    total: Money
    lines: Annotated[list[Line], Field(min_length=1, max_length=1000)]
    store: OptionalId = None
    subtotal: Money | None = None
    tax: Money | None = None
    shipping: Money | None = None
    discounts: Money | None = None
    coupon: OptionalId = None


@contract(INGEST, "crm.sale.completed.v1")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedSale(_ReportedSale):
    """A sale was made; `sale_id` is unique per `ce_source`. What its `total` is made of is optional.

    `device` is that on which it was ordered, `card_hash` names what it was paid with, `ship_to` is where it goes: by
    them frauds are found, and only an HMAC of each is published.
    """

    device: OptionalId = None
    card_hash: OptionalId = None
    ship_to: Address | Annotated[FreeText, Field(max_length=1000)] | None = None


@contract(INGEST, "crm.sale.amended.v1")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedAmendment(_ReportedSale):
    """A sale is another than was told: its whole new state. The highest `revision` holds, whatever comes first.

    The sale itself is revision 1; an amendment that comes before it waits for it.
    """

    revision: Revision


@contract(INGEST, "crm.sale.cancelled.v1")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedCancellation:
    """A sale came to nothing; a `revision` of it like an amendment."""

    party: ReportedParty
    sale_id: OutsideId
    revision: Revision
    reason: Annotated[Annotated[FreeText, Field(max_length=200)] | None, BlankIsNone] = None


@contract(INGEST, "crm.sale.refunded.v1")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedRefund:
    """All or part of a sale was paid back; `total` is what was paid back, positive."""

    party: ReportedParty
    sale_id: OutsideId
    total: Money
    lines: Annotated[list[ReturnedLine], Field(max_length=1000)] = field(default_factory=list)
    reason: Annotated[Annotated[FreeText, Field(max_length=200)] | None, BlankIsNone] = None


@contract(INGEST, "crm.interaction.recorded.v1")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedInteraction:
    """Somebody of ours and the customer were in contact; `duration_s` in seconds."""

    party: ReportedParty
    channel: Channel
    direction: Literal["inbound", "outbound"]
    stage: Annotated[Literal["discovery", "education", "purchase", "post_purchase"] | None, BlankIsNone] = None
    summary: OptionalText = None
    agent: OptionalId = None
    duration_s: Annotated[int, Field(strict=True, ge=0, le=10_000_000)] | None = None


@contract(INGEST, "crm.support.requested.v1")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedRequest:
    """A customer asked for help."""

    party: ReportedParty
    channel: Channel
    subject: Annotated[FreeText, Field(max_length=1000)]
    body: Annotated[FreeText, Field(max_length=100_000)] = ""
    thread: OptionalId = None
    in_reply_to: OptionalId = None
    sku: Annotated[Sku | None, BlankIsNone] = None
    sale_id: OptionalId = None
    locale: Locale = None


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a survey was about."""

    sale_id: OptionalId = None
    ticket_id: OptionalId = None


@contract(INGEST, "crm.survey.answered.v1")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedSurvey:
    """A customer answered a survey: csat and ces 1 to 7, nps 0 to 10."""

    party: ReportedParty
    survey: Literal["csat", "nps", "ces"]
    value: Annotated[int, Field(strict=True, ge=0, le=10)]
    text: OptionalText = None
    about: About | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _ReportedConsent:
    party: ReportedParty
    purpose: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00]*$")]
    channel: Channel
    topic: _Word = None
    basis: _Word = None
    text_version: _Word = None
    evidence: Annotated[Annotated[FreeText, Field(max_length=2000)] | None, BlankIsNone] = None


@contract(INGEST, "crm.consent.given.v1")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedConsent(_ReportedConsent):
    """A customer allowed something; `topic` null or empty covers all topics. It ends at `expires_at`.

    With double opt-in, `opt_in` is first `requested`, which allows nothing, and `confirmed` once the customer has said
    so again from the address that is to be written to.
    """

    expires_at: ReportedInstant | None = None
    opt_in: Annotated[Literal["requested", "confirmed"] | None, BlankIsNone] = None


@contract(INGEST, "crm.consent.withdrawn.v1")
@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedWithdrawal(_ReportedConsent):
    """A customer took consent back."""


Reported = (
    ReportedProfile
    | ReportedChoice
    | ReportedSale
    | ReportedAmendment
    | ReportedCancellation
    | ReportedRefund
    | ReportedInteraction
    | ReportedRequest
    | ReportedSurvey
    | ReportedConsent
    | ReportedWithdrawal
)
