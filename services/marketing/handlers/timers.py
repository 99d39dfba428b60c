"""Messages, waits of enrolments, points and answers whose time has come."""

from collections.abc import Sequence

import structlog

from services.marketing.enrolments import commands as enrolments
from services.marketing.flows import commands as flows
from services.marketing.loyalty import commands as loyalty
from services.marketing.segments import commands as segments
from services.marketing.sending import commands as sending
from services.marketing.subscriptions import follow_ups as hears
from services.marketing.surveys import commands as surveys
from shared.engine.subscription import Due
from shared.engine.transaction import Transaction

log = structlog.get_logger()


@hears.timer(enrolments.TIMER, unless=sending.has_enough)
async def decide_messages(due: Sequence[Due], tx: Transaction) -> None:
    decided = await enrolments.decide_due(tx, due)
    await flows.end_skipped(tx, decided.ended_flows)
    await sending.dispatch(tx, decided.cleared)
    log.info(
        "messages_decided",
        due=len(due),
        cleared=len(decided.cleared),
        skipped=len(decided.ended),
        held=len(decided.timers) - len(decided.planned),
    )


@hears.timer(flows.TIMER)
async def wake_enrolments(due: Sequence[Due], tx: Transaction) -> None:
    woken = await flows.wake_due(tx, due)
    log.info("enrolments_woken", due=len(due), woken=woken)


@hears.timer(segments.TIMER)
async def decide_segments(due: Sequence[Due], tx: Transaction) -> None:
    changes = await segments.decide_due(tx, due)
    log.info("segments_decided", due=len(due), changes=changes)


@hears.timer(segments.CHANGES_TIMER)
async def follow_segments(due: Sequence[Due], tx: Transaction) -> None:
    """Campaigns hear of it in a transaction of its own: flows are locked by whoever holds no timer of a party."""
    changes = await segments.take_changes(tx, due)
    await sending.drop(tx, await flows.follow_events(tx, changes))
    log.info("segments_followed", due=len(due), changes=len(changes))


@hears.timer(flows.REQUESTS_TIMER)
async def follow_requests(due: Sequence[Due], tx: Transaction) -> None:
    """Who was asked to be enrolled by hand, as by any other trigger."""
    requested = await flows.take_requests(tx, due)
    await sending.drop(tx, await flows.follow_events(tx, requested))
    log.info("requests_followed", due=len(due), requested=len(requested))


@hears.timer(loyalty.TIMER)
async def expire_points(due: Sequence[Due], tx: Transaction) -> None:
    expired = await loyalty.expire_due(tx, due)
    log.info("points_expired", due=len(due), expired=expired)


@hears.timer(surveys.TIMER)
async def count_answers(due: Sequence[Due], tx: Transaction) -> None:
    counted = await surveys.count_due(tx, due)
    log.info("answers_counted", due=len(due), counted=counted)
