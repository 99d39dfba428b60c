"""Parties that somebody asks to be enrolled by hand: what is answered of each, and what campaigns hear."""

from itertools import count
from uuid import UUID

import pytest

from services.marketing.catalogue.domain.campaign import Campaign
from services.marketing.catalogue.domain.occurrences import Occurrence
from services.marketing.copies.domain import Party
from services.marketing.flows.domain.follow import follow
from services.marketing.flows.domain.machine import Flow
from services.marketing.flows.domain.request import Request, Taken, announce, decide, event_of, request_of
from services.marketing.profiles.domain import PartyFacts
from shared.engine.event import Event
from shared.engine.outbox import encode
from shared.ids import new_id
from tests.unit.marketing.facts import ADA, BOB, CAY, HOUR, NOW, event, flow, send

INVITED = flow("invited", "enrolment.requested", send("PT1H"))
DAN = UUID("00000000-0000-4000-8000-00000000da40")
FAMILIES = {each: [ADA, CAY] for each in (ADA, CAY)}
EVENT, OTHER = UUID(int=1 << 64), UUID(int=2 << 64)


def _decide(*asked: UUID, running: dict[UUID, UUID] | None = None) -> tuple[list[tuple[int, str | None]], list[UUID]]:
    known = {ADA: Party(ADA, 1), BOB: Party(BOB, 0, erased_by="e"), CAY: Party(CAY, 1, merged_into=ADA)}
    ids = map(UUID, (f"{number:032x}" for number in count(1)))
    answers, requests = decide("invited", asked, known, FAMILIES, Taken(running or {}, {}), NOW, lambda: next(ids))
    assert [each.party_id for each in answers] == list(asked)
    assert {each.event_id for each in answers} - {None} == {each.event_id for each in requests}
    return [(each.status, each.why) for each in answers], [each.party_id for each in requests]


def test_each_is_answered_by_itself_and_whoever_is_named_twice_is_taken_once() -> None:
    answers, taken = _decide(CAY, BOB, DAN, ADA, ADA)
    assert answers == [(202, None), (410, "erased"), (404, "unknown"), (202, None), (202, None)]
    assert taken == [ADA]


@pytest.mark.parametrize("who", [ADA, CAY])
def test_whoever_is_in_it_already_is_not_taken_whichever_of_them_it_is(who: UUID) -> None:
    for asked in (ADA, CAY):
        assert _decide(asked, running={who: OTHER}) == ([(200, "running")], [])
    assert _decide(DAN, running={who: OTHER}) == ([(404, "unknown")], [])


@pytest.mark.parametrize("who", [ADA, CAY])
def test_whoever_is_asked_for_again_before_the_campaign_heard_of_it_is_asked_for_once(who: UUID) -> None:
    known = {ADA: Party(ADA, 1), CAY: Party(CAY, 1, merged_into=ADA)}
    answers, requests = decide("invited", [ADA, CAY], known, FAMILIES, Taken({}, {who: EVENT}), NOW, new_id)
    assert [(each.status, each.event_id) for each in answers] == [(202, EVENT), (202, EVENT)]
    assert requests == []


def _requested(campaign: str = "invited", party: UUID = ADA, number: int = 1) -> Event[Occurrence]:
    return event_of(Request(UUID(int=number << 64), campaign, party, 3, NOW), NOW + HOUR)


def _enrolled(*batches: list[Event[Occurrence]]) -> tuple[set[tuple[str, UUID]], set[str]]:
    """Who is enrolled in what, and the ids of all that is told of it."""
    flows: dict[UUID, Flow] = {}
    told: set[str] = set()
    for batch in batches:
        running = [each for each in flows.values() if each.ended_at is None]
        followed = follow(batch, [Campaign(INVITED, 1), Campaign(OTHERS, 1)], running, {}, {ADA: PartyFacts()}, {})
        flows |= followed.flows
        told |= {str(row[4]) for row in encode(followed.emissions)}
    return {(each.campaign, each.party_id) for each in flows.values()}, told


OTHERS = flow("others", "enrolment.requested", send("PT1H"))


def test_a_request_is_heard_by_its_campaign_alone_and_leads_to_the_same_in_any_batches() -> None:
    heard = [_requested(), _requested(number=2), _requested(party=BOB, number=3), _requested("others", number=4)]
    whole = _enrolled(heard)
    assert whole[0] == {("invited", ADA), ("invited", BOB), ("others", ADA)}
    assert _enrolled(*([each] for each in heard)) == whole
    assert _enrolled(heard, heard[:1]) == whole


def test_what_is_told_is_what_the_topic_tells_again() -> None:
    request = Request(EVENT, "invited", ADA, 3, NOW)
    told = announce(request)
    again = event("crm.campaigns", told.data, str(ADA), NOW, id_=str(told.id))
    assert request_of(again) == Request(EVENT, "invited", ADA, again.partition, NOW)
