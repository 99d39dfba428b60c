"""What is missing of a party, and how much that weighs."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.contacts.completeness.schemas import CompletenessView, MissingField
from services.contacts.parties.domain.party import Party, shown, shown_roles
from services.contacts.weights import CompletenessPolicy
from shared.engine.event import Event
from shared.events.contacts import CompletenessChanged, PartyMerged, PartyRegistered, PartyUnmerged
from shared.events.erased import PartyErased
from shared.events.ingest import Address

_IDENTITIES = {"email": "email", "phone": "phone", "customer_number": "external"}
_ADDRESS: dict[str, Callable[[Address], object]] = {
    "street": lambda address: address.lines,
    "postal_code": lambda address: address.postal_code,
    "city": lambda address: address.city,
    "country": lambda address: address.country,
}
_WORDS = {
    "name": "no name is known",
    "email": "there is no e-mail address to write to",
    "phone": "there is no number to call",
    "customer_number": "no system has an id for it",
    "street": "the address has no street",
    "postal_code": "the address has no postal code",
    "city": "the address has no city",
    "country": "the address has no country",
    "birth_date": "no date of birth is known",
    "locale": "no language is known",
    "time_zone": "no time zone is known",
}


@dataclass(frozen=True, slots=True)
class Assessment:
    """Per cent of what counts, rounded down, and the fields that are missing, the heaviest first."""

    score: int
    missing: list[str]


@dataclass(slots=True)
class Standing:
    """What the topic says of a party; None where it says nothing of that."""

    assessment: Assessment | None = None
    gone: bool | None = None


def assess(party: Party, carried: Collection[str], policy: CompletenessPolicy, *, has_bought: bool) -> Assessment:
    """Of a party as it is shown, which carries identities of these types. Whoever has bought is a customer."""
    roles = {*shown_roles(party), *(["customer"] if has_bought else [])}
    weights = policy.weights_of(shown(party, "kind") or "person", roles)
    missing: dict[str, int] = {
        field: weight for field, weight in weights.items() if not _is_known(party, carried, field)
    }
    whole = sum(weights.values())
    score = 100 * (whole - sum(missing.values())) // whole if whole else 100
    return Assessment(score, sorted(missing, key=lambda field: -missing[field]))


def _is_known(party: Party, carried: Collection[str], field: str) -> bool:
    if field in _IDENTITIES:
        return _IDENTITIES[field] in carried
    if field in _ADDRESS:
        address = shown(party, "address")
        return address is not None and bool(_ADDRESS[field](address))
    return shown(party, field) is not None


def change(party: Party, assessment: Assessment) -> bool:
    """Set what was found; returns whether it is another than before."""
    before = party.score, party.missing
    party.score, party.missing = assessment.score, assessment.missing
    return before != (party.score, party.missing)


def say(party_id: UUID, assessment: Assessment) -> CompletenessView:
    """An assessment as it is shown."""
    missing = [MissingField(field=field, words=_WORDS[field]) for field in assessment.missing]
    return CompletenessView(
        party_id=party_id, score=assessment.score, missing=missing, next=next(iter(assessment.missing), None)
    )


def fold_standings(events: Iterable[Event[Any]]) -> Mapping[UUID, Standing]:
    """By party, what these events say last; the topic has those of a party in order."""
    found: dict[UUID, Standing] = {}
    for event in events:
        match event.data:
            case PartyRegistered(completeness=int(score)) | CompletenessChanged(completeness=score):
                standing = found.setdefault(event.data.party_id, Standing())
                standing.assessment = Assessment(score, event.data.missing)
            case PartyErased(party_id=party_id):
                found.setdefault(party_id, Standing()).gone = True
            case PartyMerged(party_id=party_id, merged_party_id=gone) if party_id == gone:
                found.setdefault(party_id, Standing()).gone = True
            case PartyUnmerged(party_id=party_id, merged_party_id=gone) if party_id == gone:
                found.setdefault(party_id, Standing()).gone = False
    return found


def announce_completeness(party: Party, now: Any) -> CompletenessChanged:
    assert party.score is not None  # it has just been found
    return CompletenessChanged(
        party_id=party.id, party_version=party.version, completeness=party.score, missing=party.missing, recorded_at=now
    )
