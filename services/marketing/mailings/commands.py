"""Drafts, starts, holds and ends mailings, and releases their recipients step by step."""

from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from uuid import UUID

from services.marketing.catalogue import commands as catalogue
from services.marketing.catalogue.domain.reading import Source
from services.marketing.catalogue.schemas import Draft
from services.marketing.copies import commands as copies
from services.marketing.enrolments import commands as enrolments
from services.marketing.mailings import schemas, store
from services.marketing.mailings.domain.definition import Drafted, read_mailing
from services.marketing.mailings.domain.mailing import (
    Act,
    Mailing,
    Numbers,
    after,
    announce,
    announce_completed,
    lead,
    pace,
)
from services.marketing.mailings.domain.release import Recipient, Released, address_hash, release
from services.marketing.segments import commands as segments
from shared.engine import faults
from shared.engine.transaction import Transaction
from shared.errors import Invalid, NotFound, Stale

_COLLECTED = 5_000
_MOST_WAITING = 5_000
"""As long as so many messages wait to be decided or sent, nobody more is released."""


def read_draft(draft: Draft) -> Drafted:
    return catalogue.read_given(read_mailing, Source(draft.file, draft.text, draft.templates))


async def draft(tx: Transaction, drafted: Drafted) -> int:
    """The version of the draft. Raises Stale where the mailing was started, Invalid where it cannot be one."""
    name = drafted.campaign.name
    before = await store.lock_mailing(tx, name)
    if before is not None and before.state != "draft":
        raise _refusal(before, "it was started: draft another one")
    if await segments.find_size(tx, drafted.segment) is None:
        raise Invalid(f"no segment called {drafted.segment} is in force", field="text")
    version = await catalogue.publish_mailing(tx, drafted.campaign)
    await store.add_mailing(tx, name, version, drafted.segment, drafted.per_minute)
    return version


async def note_test(tx: Transaction, name: str, version: int) -> None:
    """A test letter of this version was taken."""
    mailing = await _lock(tx, name)
    if mailing.version == version:
        await store.save_mailing(tx, replace(mailing, tested_at=tx.now))


async def start(tx: Transaction, name: str, *, untested: bool) -> Mailing:
    """Raises Stale where it was started, was not tried by a test letter, or its segment is not filled."""
    mailing = await _lock(tx, name)
    if lead(mailing.state, "start") is None:
        raise _refusal(mailing, f"it is {mailing.state}")
    if mailing.tested_at is None and not untested:
        raise _refusal(mailing, "send a test letter to an address of your own first, or ask for it untested")
    if not await segments.is_filled(tx, mailing.segment):
        raise _refusal(mailing, f"the segment {mailing.segment} is not in force, or not filled yet")
    started = replace(mailing, state="running", started_at=tx.now)
    await store.save_mailing(tx, started)
    tx.emit([announce(started, "start", tx.now)])
    return started


async def act(tx: Transaction, name: str, wanted: Act) -> tuple[Mailing, bool]:
    """Pause, resume or cancel; whether anything changed. Raises Stale where it cannot be done."""
    mailing = await _lock(tx, name)
    state = lead(mailing.state, wanted)
    if state is None:
        raise _refusal(mailing, f"it is {mailing.state}")
    if state == mailing.state:
        return mailing, False
    changed = replace(mailing, state=state)
    if wanted == "cancel" and mailing.started_at is None:
        changed = replace(changed, ended_at=tx.now)
    told = announce(changed, wanted, tx.now)
    if wanted == "cancel":
        await catalogue.stop_mailing(tx, name, UUID(str(told.id)))
    await store.save_mailing(tx, changed)
    tx.emit([told])
    return changed, True


async def pause_restored(tx: Transaction) -> None:
    """After a restore: whom they had reached since the backup is not known here."""
    await store.pause_all(tx)


async def forget(tx: Transaction, parties: Collection[UUID]) -> None:
    """Nothing that tells their addresses is kept of those who were erased."""
    await store.forget_addresses(tx, parties)


async def work_step(tx: Transaction, name: str) -> bool:
    """The next step of a mailing; False where there was nothing to do now.

    Killed before its commit it is done again from where it was.
    """
    mailing = await store.take_mailing(tx, name)
    if mailing is None or mailing.ended_at is not None:
        return False
    if mailing.frozen_at is None and mailing.state == "paused":
        return False
    if mailing.frozen_at is None and mailing.state == "running":
        await store.freeze_recipients(tx, mailing)
        await store.save_mailing(tx, replace(mailing, frozen_at=tx.now))
        return True
    mailing, busy = await _collect(tx, mailing)
    released = 0
    if mailing.state == "running":
        mailing, released = await _release(tx, mailing)
    if await store.is_over(tx, name, cancelled=mailing.state == "cancelled"):
        mailing = await _complete(tx, mailing)
    await store.save_mailing(tx, mailing)
    faults.point("marketing.mailing_step")
    return busy or released > 0


async def _collect(tx: Transaction, mailing: Mailing) -> tuple[Mailing, bool]:
    """How messages ended; whether there is more to look at."""
    found = await store.collect_endings(tx, mailing.name, mailing.collected_to, _COLLECTED)
    goes_on = found.looked == _COLLECTED and found.last is not None
    return replace(mailing, collected_to=found.last if goes_on and found.last else 0), goes_on or found.ended > 0


async def _release(tx: Transaction, mailing: Mailing) -> tuple[Mailing, int]:
    """The next recipients enter the campaign, as many as the pace allows; how many that were, or ended without it."""
    most, since = pace(mailing, tx.now)
    if not most or await store.count_work(tx, tx.now, _MOST_WAITING) >= _MOST_WAITING:
        return mailing, 0
    turn = await store.next_recipients(tx, mailing.name, most)
    if not turn:
        return mailing, 0
    released = await _decide(tx, mailing, turn)
    await enrolments.add_entries(tx, released.entries)
    await enrolments.add_enrolments(tx, released.enrolments)
    await enrolments.plan_messages(tx, released.planned)
    await store.save_recipients(tx, mailing.name, released.recipients)
    tx.emit(released.emissions)
    return replace(mailing, next_at=after(mailing, since, released.begun)), len(turn)


async def _decide(tx: Transaction, mailing: Mailing, turn: list[Recipient]) -> Released:
    """With what is known of the recipients now, and of those that may stand for the same party or address."""
    parties = await copies.load_parties(tx, [each.party_id for each in turn])
    merged = [id_ for id_, party in parties.items() if party.merged_into is not None]
    survivors = await copies.find_survivors(tx, merged)
    parties |= await copies.load_parties(tx, set(survivors.values()))
    addresses = {hashed for party in parties.values() if (hashed := address_hash(party.email))}
    others = await store.load_others(tx, mailing.name, addresses, parties.keys())
    mine = {each.party_id for each in turn}
    versions = await catalogue.load_campaign_versions(tx, [(mailing.name, mailing.version)])
    campaign = versions[mailing.name, mailing.version]
    return release(campaign, turn, [o for o in others if o.party_id not in mine], parties, survivors, tx.now)


async def _complete(tx: Transaction, mailing: Mailing) -> Mailing:
    detail = await count(tx, mailing.name, cancelled=mailing.state == "cancelled")
    numbers = Numbers(**{name: sum(of.values()) for name, of in detail.items()})
    tx.emit([announce_completed(mailing, numbers, tx.now)])
    state = mailing.state if mailing.state == "cancelled" else "completed"
    return replace(mailing, state=state, ended_at=tx.now)


async def count(tx: Transaction, name: str, *, cancelled: bool) -> dict[str, Counter[str]]:
    """How many recipients ended how, and for which reasons. What waits in a mailing that was cancelled is cancelled."""
    counts = {each: Counter[str]() for each in ("waiting", "open", "sent", "skipped", "unknown", "cancelled")}
    for outcome, reason, recipients in await store.count_recipients(tx, name):
        counts["cancelled" if cancelled and outcome == "waiting" else outcome][reason or ""] += recipients
    return counts


async def find_detail(tx: Transaction, name: str) -> schemas.MailingDetail:
    """Raises NotFound."""
    mailing = await store.find_mailing(tx, name)
    if mailing is None:
        raise NotFound("no mailing has this name")
    counts = await count(tx, name, cancelled=mailing.state == "cancelled")
    totals = {each: of.total() for each, of in counts.items()}
    skipped = dict(sorted(counts["skipped"].items()))
    return schemas.MailingDetail(
        **mailing.model_dump(), recipients=sum(totals.values()), **{**totals, "skipped": skipped}
    )


async def _lock(tx: Transaction, name: str) -> Mailing:
    mailing = await store.lock_mailing(tx, name)
    if mailing is None:
        raise NotFound("no mailing has this name")
    return mailing


def _refusal(mailing: Mailing, why: str) -> Stale:
    return Stale(f"the mailing {mailing.name} cannot do that: {why}", state={"state": mailing.state})
