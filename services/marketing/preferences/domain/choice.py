"""What a reader may choose, what stands, and what they say by choosing otherwise."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, cast, get_args
from uuid import UUID

from services.marketing.catalogue.domain.definition import Definition
from services.marketing.preferences.domain.link import PreferenceLink
from services.marketing.suppressions.domain import Suppression, announce_withdrawal
from shared.engine.event import Emission
from shared.events.consent import EVERY_TOPIC, Statement, deciding, topic_of, word_of
from shared.events.ingest import ReportedConsent, ReportedIdentity, ReportedParty
from shared.events.values import Channel
from shared.ids import derived_id

SOURCE = "/marketing/preferences"
"""Under this name choices are told to everybody."""
_INSTANT, _APART = timedelta(microseconds=1), timedelta(seconds=1)
"""What is ahead of the clock of contacts counts as said when it came, and of two at one moment the withdrawal holds. So
a topic that is kept is said so long after the others were ended.
"""


USUAL = "marketing"
"""The purpose that is ended whatever else is known, and is not named beside its topics."""


class Place(NamedTuple):
    """What a consent is about. It sorts with all topics last, where they are what is not named before."""

    purpose: str
    channel: str
    topic: str

    @property
    def mark(self) -> str:
        """How the form names it, whatever anybody called its topic."""
        return derived_id("place", *self).hex


@dataclass(frozen=True, slots=True)
class OptIn:
    """What the party allowed on the page; it stands there until contacts has told the same."""

    id: UUID
    party_id: UUID
    purpose: str
    topic: str
    channel: str
    message_id: UUID
    given_at: datetime

    def statement(self) -> Statement:
        at = self.given_at
        return Statement(
            str(self.id), self.purpose, self.topic, self.channel, given=True, occurred_at=at, recorded_at=at
        )


def places_of(definitions: Iterable[Definition], statements: Iterable[Statement]) -> list[Place]:
    """What campaigns need consent for, and what the party has ever allowed; all topics after the named ones."""
    needed = {
        Place(word_of(each.purpose), send.channel, topic_of(each.topic))
        for each in definitions
        if each.needs_consent
        for send in each.sends.values()
    }
    said = {Place(each.purpose, each.channel, each.topic) for each in statements if each.given}
    return sorted(
        needed | said, key=lambda place: (place.purpose, place.channel, place.topic == EVERY_TOPIC, place.topic)
    )


def is_on(place: Place, statements: Iterable[Statement], at: datetime) -> bool:
    said = deciding(statements, place.purpose, place.topic, place.channel)
    return said is not None and said.allows(at)


def say(
    link: PreferenceLink, wanted: Mapping[Place, bool], statements: Sequence[Statement], now: datetime
) -> list[Suppression | OptIn]:
    """What has to be said for these places to stand as they are wanted, and to stay so: whoever saves the page with a
    box left empty says no to that, also where nothing stands, since a consent of before this moment may be on its way.

    What is said of all topics is said before what is said of one of them, and everything after all that was said
    before, also by a clock that is ahead of this one. To leave the same empty again is the same suppression, of now.
    """
    groups: defaultdict[tuple[str, str], list[Place]] = defaultdict(list)
    for place in wanted:
        groups[place.purpose, place.channel].append(place)
    said: list[Suppression | OptIn] = []
    for (purpose, channel), places in sorted(groups.items()):
        known = [each for each in statements if (each.purpose, each.channel) == (purpose, channel)]
        keeps_some = any(wanted[place] for place in places if place.topic != EVERY_TOPIC)
        of_all = _moment_after(known, now - _APART if keeps_some else now)
        of_one = max(now, of_all + _INSTANT)
        for place in sorted(places, key=lambda each: (each.topic != EVERY_TOPIC, each.topic)):
            at = of_all if place.topic == EVERY_TOPIC else of_one
            stands, refused = is_on(place, known, now), _refused(link, place, known, at)
            if wanted[place] and not stands:
                said.append(_allowed(link, place, known, at))
            elif not wanted[place] and (stands or _may_refuse(refused.id, place, known, wanted, now)):
                said.append(refused)
            else:
                continue
            known.append(said[-1].statement())
    return said


def _may_refuse(
    id_: UUID, place: Place, known: Sequence[Statement], wanted: Mapping[Place, bool], now: datetime
) -> bool:
    """Whether to say no to this place, which does not stand, under this id. A topic ends nothing but itself. All topics
    are ended where every topic that stands was shown, for what is kept of them is said anew; once this letter did that,
    which its id tells, it does not repeat it. What another said long before does not do: a consent of since then may be
    on its way.
    """
    if place.topic != EVERY_TOPIC:
        return True
    standing = [other for each in known if is_on(other := place._replace(topic=each.topic), known, now)]
    keeps = any(wanted[each] for each in wanted if each[:2] == place[:2])
    said_before = any(each.event_id == str(id_) for each in known)
    return all(each in wanted for each in standing) and not (keeps and said_before)


def _refused(link: PreferenceLink, place: Place, known: Iterable[Statement], at: datetime) -> Suppression:
    """The id is of the letter, the place and of the last consent that covers it: to refuse twice is told once."""
    covering = (each for each in known if each.given and each.topic in {EVERY_TOPIC, place.topic})
    allowed = max(covering, key=lambda each: each.rank, default=None)
    id_ = derived_id("refused", link.message_id, *place, allowed.event_id if allowed else "")
    return Suppression(
        id_, link.party_id, place.purpose, place.topic, cast("Channel", place.channel), link.message_id, at
    )


def end_all(
    link: PreferenceLink, places: Collection[Place], statements: Sequence[Statement], now: datetime
) -> list[Suppression | OptIn]:
    """Of every purpose that is known, all topics are ended on every channel, also where nothing stands: a consent of
    before this moment may be on its way.

    The id is of the letter, the place and of the last consent that is known: to ask twice is to tell once.
    """
    ended: list[Suppression | OptIn] = []
    for purpose in sorted({USUAL, *(place.purpose for place in places)}):
        for channel in get_args(Channel):
            known = [each for each in statements if (each.purpose, each.channel) == (purpose, channel)]
            allowed = max((each for each in known if each.given), key=lambda each: each.rank, default=None)
            name = (purpose, channel, EVERY_TOPIC, allowed.event_id if allowed else "")
            id_, at = derived_id("nothing more", link.message_id, *name), _moment_after(known, now)
            ended.append(Suppression(id_, link.party_id, purpose, EVERY_TOPIC, channel, link.message_id, at))
    return ended


def announce(said: Suppression | OptIn, email: str | None, text_version: str) -> Emission:
    """Contacts takes it for what it is, a fact from outside."""
    if isinstance(said, Suppression):
        return announce_withdrawal(said, email if said.channel == "email" else None, SOURCE)
    consent = ReportedConsent(
        party=ReportedParty(identities=[ReportedIdentity(type="party", value=str(said.party_id))]),
        purpose=said.purpose,
        channel=cast("Channel", said.channel),
        topic=said.topic or None,
        basis="opt_in",
        text_version=text_version,
        evidence=f"page of message {said.message_id}",
    )
    return Emission(consent, said.given_at, id=said.id, source=SOURCE, key=str(said.party_id))


def _moment_after(known: Iterable[Statement], wanted: datetime) -> datetime:
    return max([wanted, *(each.moment + _INSTANT for each in known)])


def _allowed(link: PreferenceLink, place: Place, known: Iterable[Statement], at: datetime) -> OptIn:
    """The id is of the letter, the place and of what it ends: to ask twice is to ask once."""
    before = max(known, key=lambda each: each.rank, default=None)
    id_ = derived_id("preference", link.message_id, *place, True, before.event_id if before else "")
    return OptIn(id_, link.party_id, place.purpose, place.topic, place.channel, link.message_id, at)
