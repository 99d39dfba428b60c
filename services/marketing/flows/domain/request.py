"""Parties that somebody asks to be enrolled by hand: what is answered of each, and what campaigns hear of them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.marketing.copies.domain import Party
from services.marketing.flows.schemas import RequestedParty
from shared.engine.event import Emission, Event
from shared.engine.partitions import partition_of
from shared.events.campaigns import EnrolmentRequested


@dataclass(frozen=True, slots=True)
class Request:
    """Of one party, under the id of the event that tells it."""

    event_id: UUID
    campaign: str
    party_id: UUID
    partition: int
    requested_at: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """By party, the enrolments of a campaign that go on, and the requests that it has yet to hear of."""

    running: Mapping[UUID, UUID]
    waiting: Mapping[UUID, UUID]


def decide(
    campaign: str,
    asked: Sequence[UUID],
    known: Mapping[UUID, Party],
    families: Mapping[UUID, Collection[UUID]],
    taken: Taken,
    now: datetime,
    make_id: Callable[[], UUID],
) -> tuple[list[RequestedParty], list[Request]]:
    """An answer for each party that is asked for, in their order, and what is requested: each party once, whatever ids
    it is named by.

    `families` are what merged parties, and those that others were merged into, are together, `known` all of them:
    whoever is in the campaign, or is to be, under one id is so under all.
    """
    answers: list[RequestedParty] = []
    requests: dict[UUID, Request] = {}
    for id_ in asked:
        family = families.get(id_, [id_])
        whole = next((each for each in family if each not in known or known[each].merged_into is None), id_)
        party, enrolment, waiting = known.get(whole), _of(family, taken.running), _of(family, taken.waiting)
        into = whole if whole != id_ else None
        if party is None:
            answers.append(RequestedParty(party_id=id_, status=404, why="unknown"))
        elif party.erased_by is not None:
            answers.append(RequestedParty(party_id=id_, status=410, why="erased", merged_into=into))
        elif enrolment is not None:
            answers.append(
                RequestedParty(party_id=id_, status=200, why="running", merged_into=into, enrolment_id=enrolment)
            )
        elif waiting is not None:
            answers.append(RequestedParty(party_id=id_, status=202, merged_into=into, event_id=waiting))
        else:
            request = requests.get(whole) or Request(make_id(), campaign, whole, partition_of(str(whole)), now)
            requests[whole] = request
            answers.append(RequestedParty(party_id=id_, status=202, merged_into=into, event_id=request.event_id))
    return answers, list(requests.values())


def _of(family: Collection[UUID], found: Mapping[UUID, UUID]) -> UUID | None:
    return next((found[each] for each in family if each in found), None)


def request_of(event: Event[EnrolmentRequested]) -> Request:
    """As the topic tells it again."""
    return Request(UUID(event.id), event.data.campaign, event.data.party_id, event.partition, event.data.recorded_at)


def announce(request: Request) -> Emission:
    return Emission(_said(request), request.requested_at, None, request.event_id, request.partition)


def event_of(request: Request, now: datetime) -> Event[EnrolmentRequested]:
    """What was announced, as campaigns of this service hear it. What it leads to has the same ids whenever that is."""
    return Event(
        str(request.event_id),
        "crm.enrolment.requested.v1",
        "/marketing",
        request.requested_at,
        now,
        "crm.campaigns",
        request.partition,
        -1,
        str(request.party_id).encode(),
        str(request.event_id),
        None,
        _said(request),
        int(request.requested_at.timestamp() * 1000),
    )


def _said(request: Request) -> EnrolmentRequested:
    return EnrolmentRequested(party_id=request.party_id, campaign=request.campaign, recorded_at=request.requested_at)
