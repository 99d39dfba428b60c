"""What is being sent: cleared, begun, settled and taken over, in the caller's transaction."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from services.marketing.catalogue import commands as catalogue
from services.marketing.catalogue.domain.campaign import Campaign, skus_of
from services.marketing.copies import commands as copies
from services.marketing.copies.domain import Erasure, Party
from services.marketing.enrolments import commands as enrolments
from services.marketing.enrolments.decisions.address import EMAIL, address_on
from services.marketing.enrolments.domain.announcements import announce_ended
from services.marketing.enrolments.domain.due import Cleared
from services.marketing.enrolments.domain.message import Ending, Message
from services.marketing.enrolments.domain.sale import Sale
from services.marketing.flows.domain.announcements import cause_of
from services.marketing.flows.domain.follow import Dropped
from services.marketing.sending import store
from services.marketing.sending.domain.attempt import (
    Attempt,
    Dispatch,
    Settled,
    Via,
    delivery_of,
    ending_of,
    postponement_of,
)
from services.marketing.sending.domain.erasure import announce_forgotten
from services.marketing.sending.domain.letter import Addressee
from services.marketing.sending.domain.verdict import Verdict
from services.marketing.settings import Context
from services.marketing.surveys.domain.link import announce_asked
from shared.engine.transaction import Transaction

_FRESH = timedelta(seconds=10)
"""So long a decision holds without another look."""
_ENOUGH = 2_000
"""Letters that senders have before them; a sender takes a second or two for so many."""
_MOST_NAMED = 3
"""Products that a letter names, the dearest lines first."""


async def dispatch(tx: Transaction, cleared: Sequence[Cleared]) -> None:
    """Sent after the commit, by whichever instance takes it."""
    context: Context = tx.context
    await store.add_dispatches(tx, cleared)
    await store.doubt_dispatches(tx, [each.message_id for each in cleared if each.doubtful])
    if cleared:
        tx.after_commit(context.letters.ring)


async def drop(tx: Transaction, dropped: Sequence[Dropped]) -> None:
    """Ends messages that their enrolments want no more, unless somebody is sending them at this moment.

    Their timers go first: whoever decides one of them has committed by then, or will not find it.
    """
    if not dropped:
        return
    messages = {each.message.id: each for each in dropped}
    await tx.clear_timers(enrolments.TIMER, sorted(messages))
    begun = await store.withdraw_dispatches(tx, messages)
    endings = {
        id_: Ending("skipped", tx.now, "exited", tuple(filter(None, [each.flow.ended_by])))
        for id_, each in messages.items()
        if id_ not in begun
    }
    ended = await enrolments.end_messages(
        tx, [(id_, messages[id_].message.triggered_at, ending) for id_, ending in endings.items()]
    )
    tx.emit(
        announce_ended(each.message, endings[id_], cause_of(each.flow), each.flow.partition)
        for id_, each in messages.items()
        if id_ in ended
    )


async def has_enough(tx: Transaction) -> bool:
    """Whether senders are at work and have enough before them. What is decided later is decided by what is known then,
    and once; on the stream's clock it is decided when it is due, as in every replay.
    """
    context: Context = tx.context
    channels = [EMAIL, *context.handles]
    return not context.stream and await store.has_enough(tx, channels, _ENOUGH, _FRESH)


async def begin(tx: Transaction, owner: UUID, limit: int, via: Via, channel: str) -> list[Attempt]:
    """Up to `limit` cleared messages, now this owner's. Commit before sending.

    What has waited since it was cleared is decided again; not on the stream's clock, where a replay decides the same.
    """
    context: Context = tx.context
    begun = await _load(tx, await store.begin_dispatches(tx, owner, limit, via, channel))
    waited = [a for a in begun if a.dispatch.number > 1 or tx.now - a.dispatch.decided_at > _FRESH]
    if context.stream or not waited:
        return begun
    stopped = await enrolments.decide_again(tx, [(a.message, a.sale, a.campaign) for a in waited])
    return [replace(a, stopped=stopped.get(a.message.id)) for a in begun]


async def load(tx: Transaction, messages: Collection[UUID]) -> list[Attempt]:
    return await _load(tx, await store.load_dispatches(tx, messages))


async def _load(tx: Transaction, dispatches: Sequence[Dispatch]) -> list[Attempt]:
    if not dispatches:
        return []
    messages = await enrolments.load_messages(tx, {each.message_id: each.triggered_at for each in dispatches})
    versions = {(m.campaign, m.campaign_version) for m, _ in messages.values() if m.campaign and m.campaign_version}
    campaigns = await catalogue.load_campaign_versions(tx, versions)
    parties = await copies.load_parties(tx, {message.party_id for message, _ in messages.values()})
    names = await copies.load_product_names(tx, skus_of(sale.skus[:_MOST_NAMED] for _, sale in messages.values()))
    context: Context = tx.context
    handles = context.handles
    return [_attempt(each, *messages[each.message_id], campaigns, parties, names, handles) for each in dispatches]


def _attempt(
    begun: Dispatch,
    message: Message,
    sale: Sale,
    campaigns: Mapping[tuple[str, int], Campaign],
    parties: Mapping[UUID, Party],
    names: Mapping[str, str],
    handles: Mapping[str, str],
) -> Attempt:
    assert message.campaign is not None
    assert message.campaign_version is not None
    party = parties.get(message.party_id)
    address = address_on(message.channel, party, handles, sale.email_id) if party else None
    return Attempt(
        begun,
        message,
        campaigns[message.campaign, message.campaign_version],
        sale,
        [names[sku] for sku in sale.skus[:_MOST_NAMED] if sku in names],
        Addressee(party.name, address, party.locale) if party and address else None,
        erased=party is not None and party.erased_by is not None,
    )


async def settle(
    tx: Transaction, owner: UUID, attempts: Sequence[Attempt], verdicts: Mapping[UUID, Verdict]
) -> Settled:
    """Write down what came of this owner's attempts and announce it; what somebody else took over is left alone."""
    waits = {a.message.id: w for a in attempts if (w := postponement_of(a, verdicts[a.message.id])) is not None}
    await store.postpone_dispatches(tx, owner, waits, {id_ for id_ in waits if verdicts[id_].kind == "unsure"})
    over = {a.message.id: a for a in attempts if a.message.id not in waits}
    own = await store.settle_dispatches(tx, owner, over.keys())
    await _mark_written_again(tx, [a for id_, a in over.items() if id_ not in own])

    former = await enrolments.load_former_endings(tx, own)
    endings = {id_: former.get(id_) or ending_of(over[id_], verdicts[id_], tx.now) for id_ in over if id_ in own}
    rows = [(id_, over[id_].message.triggered_at, ending) for id_, ending in endings.items()]
    ended = await enrolments.end_messages(tx, rows)
    tx.emit(
        announce_ended(a.message, endings[id_], a.sale.cause(), a.sale.partition)
        for id_, a in over.items()
        if id_ in ended
    )
    tx.emit(
        announce_asked(a.message, a.sale, a.survey, endings[id_].at)
        for id_, a in over.items()
        if a.survey is not None and id_ in ended and endings[id_].outcome == "sent"
    )
    told = [delivery_of(a, verdicts[a.message.id], tx.now) for a in attempts if a.message.channel != EMAIL]
    await store.add_deliveries(tx, [each for each in told if each is not None])
    outcomes = [endings[id_].outcome for id_ in ended]
    return Settled(outcomes.count("sent"), outcomes.count("skipped"), outcomes.count("unknown"), len(waits))


async def _mark_written_again(tx: Transaction, attempts: Sequence[Attempt]) -> None:
    """A sender that stood still may have written letters after a successor had settled, and even removed, them."""
    if attempts:
        parties = await copies.load_parties(tx, {a.message.party_id for a in attempts})
        erased = {party.id for party in parties.values() if party.erased_by is not None}
        await store.add_erased_letters(tx, [a.message.id for a in attempts if a.message.party_id in erased])


async def take_over(tx: Transaction, gone: UUID, owner: UUID, channel: str) -> dict[Via, list[UUID]]:
    """The messages of an owner that is gone, now this owner's, by how they went; none while it lives."""
    if not await store.owner_is_gone(tx, gone):
        return {}
    return await store.take_over_dispatches(tx, gone, owner, channel)


async def doubt_all(tx: Transaction) -> None:
    """After a restore: what the backup was about to send may have been sent."""
    await store.doubt_dispatches(tx, None)


async def release(tx: Transaction, owner: UUID, messages: Collection[UUID]) -> None:
    """Let anybody send these again, at once: nothing was accepted."""
    await store.postpone_dispatches(tx, owner, dict.fromkeys(sorted(messages), 0.0))


async def hold(tx: Transaction, owner: UUID, begun: Sequence[Attempt], wait: Callable[[str], float]) -> list[Attempt]:
    """Those of them that go now. The others are put off, which was no attempt: `wait` says the seconds for an address.

    In the transaction that began them, so that nobody who finds the sender killed takes them for sent.
    """
    waits = {
        each.message.id: seconds
        for each in begun
        if each.stopped is None and each.addressee is not None and (seconds := wait(each.addressee.email)) > 0
    }
    await store.postpone_dispatches(tx, owner, waits, held=waits)
    return [each for each in begun if each.message.id not in waits]


async def forget(tx: Transaction, parties: Collection[UUID]) -> dict[UUID, int]:
    """How many letters to each of these parties there are.

    Those are only marked here: a sender takes them out of the maildir after the commit.
    """
    found = dict[UUID, int]()
    for party_id in parties:
        written, undecided = await enrolments.find_letters(tx, [party_id])
        await store.add_erased_letters(tx, written, undecided)
        found[party_id] = len(written)
    return found


def confirm(tx: Transaction, erasures: Sequence[Erasure], letters: Mapping[UUID, int]) -> None:
    """Tell that these parties are forgotten, and how many letters to each there were."""
    tx.emit(announce_forgotten(each, {"party": each.copies, "letters": letters[each.party_id]}) for each in erasures)
