"""What was said of a party's consents, and which statement of each kind decides by the rule that all services share."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple, cast
from uuid import UUID

from services.contacts.consents.schemas import ConsentView
from shared.engine.event import Emission, Event
from shared.events.consent import Statement, deciding, statement_of, topic_of, word_of
from shared.events.contacts import ConsentExpired, ConsentGiven, ConsentRequested, ConsentWithdrawn
from shared.events.ingest import ReportedConsent, ReportedIdentity, ReportedParty
from shared.events.values import Channel
from shared.ids import dated_id, derived_id

CONFIRMATIONS = "/contacts/confirmations"
"""Under this name contacts tells itself that a customer confirmed."""
Key = tuple[UUID, str, str, str]
"""Party, purpose, topic, channel."""
Said = Literal["requested", "given", "withdrawn", "expired"]
_SAID: Mapping[type, Said] = {
    ConsentRequested: "requested",
    ConsentGiven: "given",
    ConsentWithdrawn: "withdrawn",
    ConsentExpired: "expired",
}


class Stated(NamedTuple):
    """A statement, and what it rests on."""

    statement: Statement
    basis: str | None
    text_version: str | None


class Record(NamedTuple):
    """One line of the history of a party's consents."""

    event_id: UUID
    party_id: UUID
    said: Said
    purpose: str
    topic: str
    channel: str
    occurred_at: datetime
    recorded_at: datetime
    expires_at: datetime | None
    basis: str | None
    text_version: str | None
    origin: str | None
    identity_type: str | None
    identity_id: str | None
    has_evidence: bool

    @property
    def stated(self) -> Stated | None:
        """The statement by which consent is decided; None for what decides nothing."""
        if self.said not in ("given", "withdrawn"):
            return None
        kind = self.purpose, self.topic, self.channel, self.said == "given"
        return Stated(
            Statement(str(self.event_id), *kind, self.occurred_at, self.recorded_at, self.expires_at),
            self.basis,
            self.text_version,
        )


def fold_statements(events: Iterable[Event[Any]]) -> dict[Key, Stated]:
    """Of each kind among these events, the statement that decides."""
    found: dict[Key, Stated] = {}
    for event in events:
        data = event.data
        if isinstance(data, ConsentGiven | ConsentWithdrawn):
            stated = Stated(statement_of(event.id, event.time, data), data.basis, data.text_version)
            _fold(found, data.party_id, stated)
    return found


def fold_records(records: Iterable[Record]) -> dict[Key, Stated]:
    """Of each kind among these lines, the statement that decides."""
    found: dict[Key, Stated] = {}
    for record in records:
        if (stated := record.stated) is not None:
            _fold(found, record.party_id, stated)
    return found


def _fold(found: dict[Key, Stated], party_id: UUID, stated: Stated) -> None:
    said = stated.statement
    key = (party_id, said.purpose, said.topic, said.channel)
    found[key] = max(found.get(key, stated), stated, key=lambda each: each.statement.rank)


def outranking(stated: Mapping[Key, Stated], known: Mapping[Key, Statement]) -> dict[Key, Stated]:
    """Those that decide from now on, in the order of their keys."""
    return {
        key: stated[key] for key in sorted(stated) if key not in known or stated[key].statement.rank > known[key].rank
    }


def records_of(published: Iterable[Emission]) -> list[Record]:
    """A line for each of these emissions that is about consent."""
    return [_record_of(each) for each in published if type(each.data) in _SAID]


def _record_of(emission: Emission) -> Record:
    data = cast("Any", emission.data)
    used = getattr(data, "identity_used", None)
    assert isinstance(emission.id, UUID)  # what is kept is named by its fact
    return Record(
        emission.id,
        data.party_id,
        _SAID[type(data)],
        word_of(data.purpose),
        topic_of(data.topic),
        data.channel,
        emission.time,
        data.recorded_at,
        getattr(data, "expires_at", None),
        getattr(data, "basis", None),
        getattr(data, "text_version", None),
        getattr(data, "origin", None),
        used and used.type,
        used and used.id,
        getattr(data, "has_evidence", False),
    )


def ends_of(published: Iterable[Emission]) -> list[tuple[UUID, int, datetime]]:
    """Of the consents among these that end: their ids, the partitions of their parties, and when."""
    return [
        (each.id, each.partition, each.data.expires_at)
        for each in published
        if isinstance(each.data, ConsentGiven) and each.data.expires_at is not None
        if isinstance(each.id, UUID) and each.partition is not None
    ]


def view_stated(stated: Stated) -> ConsentView:
    """As it is shown before it is known what decides beside it."""
    said = stated.statement
    return ConsentView(
        purpose=said.purpose,
        topic=said.topic,
        channel=said.channel,
        given=said.given,
        occurred_at=said.occurred_at,
        recorded_at=said.recorded_at,
        expires_at=said.expires_at,
        basis=stated.basis,
        text_version=stated.text_version,
        event_id=said.event_id,
    )


def decide_consents(stored: Sequence[ConsentView], now: datetime) -> list[ConsentView]:
    """The same consents, each with whether it allows anything now by the rule that all services share."""
    statements = [_statement(consent) for consent in stored]
    return [_decide(consent, statements, now) for consent in stored]


def _decide(consent: ConsentView, statements: Sequence[Statement], now: datetime) -> ConsentView:
    decided_by = deciding(statements, consent.purpose, consent.topic, consent.channel)
    holds = decided_by is not None and decided_by.allows(now)
    return consent.model_copy(update={"holds": holds, "topic": consent.topic or None})


def _statement(consent: ConsentView) -> Statement:
    return Statement(
        consent.event_id,
        consent.purpose,
        topic_of(consent.topic),
        consent.channel,
        consent.given,
        consent.occurred_at,
        consent.recorded_at,
        consent.expires_at,
    )


def still_decides(record: Record, known: Iterable[Record]) -> bool:
    """Whether nothing that the party said since takes the place of this consent."""
    statements = [stated.statement for each in known if (stated := each.stated) is not None]
    decided_by = deciding(statements, record.purpose, record.topic, record.channel)
    return decided_by is not None and decided_by.event_id == str(record.event_id)


def was_withdrawn(request: Record, known: Iterable[Record]) -> bool:
    """Whether the party took back since what was requested."""
    statements = [stated.statement for each in known if (stated := each.stated) is not None]
    decided_by = deciding(statements, request.purpose, request.topic, request.channel)
    return decided_by is not None and not decided_by.given and decided_by.moment >= request.occurred_at


def announce_expiry(record: Record, version: int, partition: int, now: datetime) -> Emission:
    """Its id is the same whenever this consent is found to have ended.

    One that had ended before it was given ended as it was given: its end may lie before any event that is read.
    """
    assert record.expires_at is not None
    data = ConsentExpired(
        party_id=record.party_id,
        party_version=version,
        consent_event_id=record.event_id,
        purpose=record.purpose,
        channel=cast("Channel", record.channel),
        expired_at=record.expires_at,
        recorded_at=now,
        topic=record.topic or None,
    )
    at = max(record.expires_at, record.occurred_at)
    event_id = dated_id(int(at.timestamp() * 1000), "consent expired", record.event_id)
    return Emission(data, at, None, event_id, partition)


def announce_confirmation(record: Record, evidence: str, now: datetime) -> Emission:
    """A fact for crm.ingest that the party said again what was requested; twice is once."""
    confirmed = ReportedConsent(
        party=ReportedParty(identities=[ReportedIdentity(type="party", value=str(record.party_id))]),
        purpose=record.purpose,
        channel=cast("Channel", record.channel),
        topic=record.topic or None,
        basis="double_opt_in",
        text_version=record.text_version,
        evidence=evidence,
        expires_at=record.expires_at,
        opt_in="confirmed",
    )
    event_id = derived_id("confirmation", record.event_id)
    return Emission(confirmed, now, id=event_id, source=CONFIRMATIONS, key=str(record.party_id))
