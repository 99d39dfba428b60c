"""`crm.contacts`: what happened to parties, without personal data, keyed by party."""

from dataclasses import dataclass, field
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.events.contract import contract
from shared.events.ingest import About
from shared.events.topic import topic
from shared.events.values import Channel, IdentityUsed, Instant, PartyKind, RelationKind

CONTACTS = topic(
    "crm.contacts",
    owner="contacts",
    about="What happened to parties: registration, changes, consent, contact.",
    cleanup="keep",
)


@contract(CONTACTS, "crm.party.registered.v1", key="party_id", subject="party/{party_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class PartyRegistered:
    """A party is known for the first time. `completeness` and `missing` are as in `completeness.changed`."""

    party_id: UUID
    party_version: int
    kind: PartyKind
    recorded_at: Instant
    origin: str | None = None
    completeness: int | None = None
    missing: list[str] = field(default_factory=list)


@contract(CONTACTS, "crm.party.updated.v1", key="party_id", subject="party/{party_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class PartyUpdated:
    """The description changed; `fields` are names, the values stand on `crm.parties`."""

    party_id: UUID
    party_version: int
    fields: list[str]
    recorded_at: Instant
    origin: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTold:
    stage: str
    entered_at: Instant


@contract(CONTACTS, "crm.lifecycle.changed.v1", key="party_id", subject="party/{party_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class LifecycleChanged:
    """`stage` was entered at `entered_at` because of `cause_event_id`, or, with `by_time`, because a span was over that
    is counted from it. `current` holds now; `furthest` is how far the party came before it lapsed. `retracts` were told
    and do not hold, or are told anew here. `policy` is the version of the spans. Readers accept unknown stages.
    """

    party_id: UUID
    stage: str
    current: str
    entered_at: Instant
    cause_event_id: str
    recorded_at: Instant
    furthest: str | None = None
    by_time: bool = False
    retracts: list[StageTold] = field(default_factory=list)
    policy: int | None = None


@contract(CONTACTS, "crm.completeness.changed.v1", key="party_id", subject="party/{party_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class CompletenessChanged:
    """More or less is known of a party than before: per cent of what counts for its kind and its roles.

    `missing` are names of fields, the heaviest first, so that the first is to be asked for next. What a party begins
    with, `party.registered` says.
    """

    party_id: UUID
    party_version: int
    completeness: int
    missing: list[str]
    recorded_at: Instant


@contract(CONTACTS, "crm.duplicate.suspected.v1", key="party_id", subject="party/{party_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateSuspected:
    """A fact named identities of several parties: `party_id` took it, `other_party_ids` may be the same."""

    party_id: UUID
    other_party_ids: list[UUID]
    reason: str
    recorded_at: Instant


@contract(CONTACTS, "crm.identity.moved.v1", key="party_id", subject="party/{party_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityMoved:
    """Somebody of the company gave an identity of one party to another: a record for each of the two.

    Facts that name it are the other's from now on; what was accepted before stays where it is. `undoes` is the
    `move_id` that this one takes back.
    """

    party_id: UUID
    party_version: int
    move_id: UUID
    identity_id: UUID
    from_party_id: UUID
    to_party_id: UUID
    recorded_at: Instant
    undoes: UUID | None = None


@contract(CONTACTS, "crm.party.split.v1", key="party_id", subject="party/{party_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class PartySplit:
    """Somebody of the company took identities out of a party, which were another's: a record for each of the two.

    `to_party_id` is a new party, or, where a split is undone (`undoes` is its `move_id`), the one that was split.
    """

    party_id: UUID
    party_version: int
    move_id: UUID
    identity_ids: list[UUID]
    from_party_id: UUID
    to_party_id: UUID
    recorded_at: Instant
    undoes: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Consent:
    party_id: UUID
    party_version: int
    purpose: str
    channel: Channel
    recorded_at: Instant
    origin: str
    topic: str | None = None
    basis: str | None = None
    text_version: str | None = None
    has_evidence: bool = False
    identity_used: IdentityUsed | None = None


@contract(CONTACTS, "crm.consent.given.v1", key="party_id", subject="party/{party_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentGiven(_Consent):
    """Which of a party's consents and withdrawals decides, `shared/events/consent.py` says. It ends at `expires_at`."""

    expires_at: Instant | None = None


@contract(CONTACTS, "crm.consent.withdrawn.v1", key="party_id", subject="party/{party_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentWithdrawn(_Consent):
    """Consent was taken back. One that names an address is published for every party that carries the address."""


@contract(CONTACTS, "crm.consent.requested.v1", key="party_id", subject="party/{party_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRequested(_Consent):
    """Somebody asked for this in the party's name; it allows nothing until the party confirms it as `consent.given`."""

    expires_at: Instant | None = None


@contract(CONTACTS, "crm.consent.expired.v1", key="party_id", subject="party/{party_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentExpired:
    """The consent of `consent_event_id`, which still decided of its purpose, topic and channel, came to its end."""

    party_id: UUID
    party_version: int
    consent_event_id: UUID
    purpose: str
    channel: Channel
    expired_at: Instant
    recorded_at: Instant
    topic: str | None = None


@contract(CONTACTS, "crm.interaction.recorded.v1", key="party_id", subject="party/{party_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionRecorded:
    """Somebody of ours and the party were in contact; the summary stays with contacts."""

    party_id: UUID
    party_version: int
    channel: Channel
    direction: Literal["inbound", "outbound"]
    recorded_at: Instant
    origin: str
    stage: str | None = None
    agent: str | None = None
    duration_s: int | None = None
    has_text: bool = False
    identity_used: IdentityUsed | None = None


@contract(CONTACTS, "crm.survey.answered.v1", key="party_id", subject="party/{party_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyAnswered:
    """The party answered a survey; the text stays with contacts."""

    party_id: UUID
    party_version: int
    survey: Literal["csat", "nps", "ces"]
    value: int
    recorded_at: Instant
    origin: str
    about: About | None = None
    has_text: bool = False
    identity_used: IdentityUsed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Merge:
    """`into_party_id` goes on for both; `fields` are those that it shows of the other, without their values."""

    party_id: UUID
    party_version: int
    merge_id: UUID
    into_party_id: UUID
    merged_party_id: UUID
    recorded_at: Instant
    fields: list[str] = field(default_factory=list)
    automatic: bool = False


@contract(CONTACTS, "crm.party.merged.v1", key="party_id", subject="party/{party_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class PartyMerged(_Merge):
    """Two parties are one from now on: a record for each of the two. Both ids answer for ever.

    An alias, and nothing else: facts go to the party of the identity that they name, as before, so that all of it can
    be taken back. Who adds up or writes to people reads both as `into_party_id`.
    """


@contract(CONTACTS, "crm.party.unmerged.v1", key="party_id", subject="party/{party_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class PartyUnmerged(_Merge):
    """The two are not one after all: a record for each of the two. What came meanwhile is whose identity it named."""


@contract(CONTACTS, "crm.duplicate.dismissed.v1", key="party_id", subject="party/{party_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateDismissed:
    """People of the company say that these are not one: a record for each of the two. It is not asked again."""

    party_id: UUID
    other_party_ids: list[UUID]
    recorded_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class _Relation:
    party_id: UUID
    party_version: int
    relation_id: UUID
    relation: RelationKind
    from_party_id: UUID
    to_party_id: UUID
    recorded_at: Instant
    since: Annotated[str, Field(json_schema_extra={"format": "date"})] | None = None


@contract(CONTACTS, "crm.relation.added.v1", key="party_id", subject="party/{party_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class RelationAdded(_Relation):
    """`from_party_id` is this to `to_party_id`, since that day as far as it is known: a record for each of the two."""

    origin: str | None = None


@contract(CONTACTS, "crm.relation.ended.v1", key="party_id", subject="party/{party_id}")
@dataclass(frozen=True, slots=True, kw_only=True)
class RelationEnded(_Relation):
    """A relation held until the day `ended_on`: a record for each of the two."""

    ended_on: Annotated[str, Field(json_schema_extra={"format": "date"})]
