"""What time alone brings to an end."""

from collections.abc import Sequence

import structlog

from services.contacts.consents import commands as consents
from services.contacts.lifecycle import commands as lifecycle
from services.contacts.privacy import commands as privacy
from services.contacts.subscriptions import ingest
from shared.engine.subscription import Due
from shared.engine.transaction import Transaction

log = structlog.get_logger()


@ingest.timer(consents.TIMER)
async def expire_consents(due: Sequence[Due], tx: Transaction) -> None:
    """Tell of each consent that still decided that it came to its end."""
    expired = await consents.expire(tx, due)
    log.info("consents_expired", due=len(due), expired=expired)


@ingest.timer(lifecycle.TIMER)
async def move_lifecycles(due: Sequence[Due], tx: Transaction) -> None:
    """Tell of the stages that parties came to because time has passed."""
    changed = await lifecycle.pass_time(tx, due)
    log.info("lifecycles_moved", due=len(due), changed=changed)


@ingest.timer(privacy.TOMBSTONES)
async def repeat_tombstones(due: Sequence[Due], tx: Transaction) -> None:
    """Write the null values of erased parties again, so that what is behind them is compacted."""
    await privacy.write_tombstones_again(tx, due)


@ingest.timer(privacy.DIGESTS)
async def forget_digests(due: Sequence[Due], tx: Transaction) -> None:
    """By then no fact of before the erasure is to be expected."""
    await privacy.forget_digests(tx, due)
