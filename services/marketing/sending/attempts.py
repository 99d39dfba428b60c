"""The rows of what is being sent: taken, loaded and settled, each in a transaction of its own."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.marketing import store
from services.marketing.domain.campaign import Campaign
from services.marketing.domain.handover import Verdict, wait_before
from services.marketing.domain.letter import Addressee
from services.marketing.domain.message import Ending, Message, sale_as_cause, tell_ended
from services.marketing.store import SQL
from shared.engine.event import Event
from shared.engine.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Attempt:
    """A message in the hands of this sender. `addressee` None: the address was lost since, perhaps by an erasure."""

    message: Message
    campaign: Campaign
    number: int
    content: str
    decided_at: datetime
    consent_event_id: str | None
    partition: int
    sale_id: str
    cause: Event[object]
    products: Sequence[str]
    addressee: Addressee | None
    erased: bool


@dataclass(frozen=True, slots=True)
class Settled:
    """How many messages ended how, or were put off."""

    sent: int = 0
    skipped: int = 0
    unknown: int = 0
    later: int = 0


async def begin(tx: Transaction, owner: UUID, limit: int, via: str) -> dict[UUID, datetime]:
    """Make up to `limit` cleared messages this owner's; the trigger's time by message. Commit before sending."""
    rows = await tx.fetch(SQL["begin_dispatches"], owner, limit, via)
    return {row["message_id"]: row["triggered_at"] for row in rows}


async def load(tx: Transaction, taken: Mapping[UUID, datetime]) -> list[Attempt]:
    """All that the letters need, and that settling them needs."""
    times = list(taken.values())
    rows = await tx.fetch(SQL["load_letters"], sorted(taken), min(times), max(times))
    versions = {(row["campaign"], row["campaign_version"]) for row in rows}
    campaigns = await store.load_campaign_versions(tx, versions)
    attempts = []
    for row in rows:
        message = store.message_of({**row, "id": row["message_id"]})
        attempts.append(
            Attempt(
                message,
                campaigns[row["campaign"], row["campaign_version"]],
                row["number"],
                row["content"],
                row["decided_at"],
                row["consent_event_id"],
                row["partition"],
                row["sale_id"],
                sale_as_cause(
                    row["trigger_event_id"],
                    row["party_id"],
                    row["partition"],
                    row["triggered_at"],
                    row["recorded_at"],
                    row["correlation_id"],
                    row["traceparent"],
                ),
                row["products"],
                Addressee(row["name"], row["email"], row["locale"]) if row["email"] else None,
                bool(row["erased"]),
            )
        )
    return attempts


async def settle(
    tx: Transaction, owner: UUID, attempts: Sequence[Attempt], verdicts: Mapping[UUID, Verdict]
) -> Settled:
    """Write down what came of this owner's attempts and tell it; what somebody else took over is left alone."""
    postponed = {a.message.id: wait for a in attempts if (wait := _put_off(a, verdicts[a.message.id])) is not None}
    if postponed:
        await tx.execute(SQL["postpone_dispatches"], list(postponed), owner, list(postponed.values()))
    rows = await tx.fetch(
        SQL["settle_dispatches"], sorted(a.message.id for a in attempts if a.message.id not in postponed), owner
    )
    own = {row["message_id"] for row in rows}
    others = [a.message.id for a in attempts if a.message.id not in own and a.message.id not in postponed]
    if others:
        await tx.execute(SQL["mark_erased_letters_again"], sorted(others))
    endings = {a.message.id: _ending(a, verdicts[a.message.id], tx.now) for a in attempts if a.message.id in own}
    triggered = {a.message.id: a.message.triggered_at for a in attempts}
    ended = await store.end_messages(tx, [(id_, triggered[id_], ending) for id_, ending in endings.items()])
    tx.emit(
        tell_ended(a.message, endings[a.message.id], a.cause, a.partition) for a in attempts if a.message.id in ended
    )
    outcomes = [endings[id_].outcome for id_ in ended]
    return Settled(outcomes.count("sent"), outcomes.count("skipped"), outcomes.count("unknown"), len(postponed))


async def take_over(tx: Transaction, gone: UUID, owner: UUID) -> dict[str, dict[UUID, datetime]]:
    """The attempts of an owner that is gone, now this owner's, by how they went; none while it lives."""
    if not await tx.fetchval(SQL["owner_is_gone"], str(gone)):
        return {}
    taken: dict[str, dict[UUID, datetime]] = {}
    for row in await tx.fetch(SQL["take_over_dispatches"], gone, owner):
        taken.setdefault(row["via"], {})[row["message_id"]] = row["triggered_at"]
    return taken


async def release(tx: Transaction, owner: UUID, ids: Collection[UUID]) -> None:
    """Let anybody send these again, at once: nothing was accepted."""
    if ids:
        await tx.execute(SQL["postpone_dispatches"], sorted(ids), owner, [0.0] * len(ids))


def _put_off(attempt: Attempt, verdict: Verdict) -> float | None:
    return wait_before(attempt.number) if verdict.kind == "later" else None


def _ending(attempt: Attempt, verdict: Verdict, now: datetime) -> Ending:
    """`later` here means that it was put off too often."""
    # On the stream's clock the slowest partition may lag behind the one that decided.
    at = max(attempt.decided_at, now)
    decided_by = (attempt.message.trigger_event_id,)
    match verdict.kind:
        case "accepted":
            return Ending("sent", at, consent_event_id=attempt.consent_event_id, content=attempt.content)
        case "lost":
            return Ending("unknown", at, consent_event_id=attempt.consent_event_id, content=attempt.content)
        case "no_address":
            return Ending("skipped", at, "erased" if attempt.erased else "no_address", decided_by)
        case "refused" | "later":
            return Ending("skipped", at, "refused", decided_by, attempt.consent_event_id, attempt.content)
