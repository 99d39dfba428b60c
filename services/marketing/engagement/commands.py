"""Notes what came back, once, and stops addresses that letters come back from."""

import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

import structlog

from services.marketing.copies import commands as copies
from services.marketing.copies.domain import Party
from services.marketing.engagement import store
from services.marketing.engagement.domain.link import BURST_S, TrackedLink, Visit, Visited, judge, read_tracked
from services.marketing.engagement.domain.mapping import Provider, read_reports
from services.marketing.engagement.domain.returned import Report, announce_returned
from services.marketing.engagement.domain.signatures import is_basic, is_ecdsa, is_sns
from services.marketing.engagement.schemas import Percent
from services.marketing.enrolments import commands as enrolments
from services.marketing.settings import Context, Webhook
from services.marketing.suppressions import commands as suppressions
from services.marketing.suppressions.domain import StoppedAddress
from shared.engine.transaction import Transaction
from shared.errors import Invalid, NotFound, Refused
from shared.http.forms import Language

log = structlog.get_logger()


class Unsigned(Refused):
    """Whoever sent it did not show that it is the provider."""

    status = 401
    reason = "unsigned"


async def note(tx: Transaction, report: Report) -> bool:
    """Whether its address is stopped by now. Of a party that was erased nothing is noted. Raises NotFound where nothing
    was written under this id.
    """
    found = await enrolments.find_message(tx, report.message_id)
    if found is None or found[0].campaign is None:
        raise NotFound("no message has this id")
    message, sale = found
    party = (await copies.load_parties(tx, [message.party_id])).get(message.party_id)
    if party and party.erased_by is not None:
        return False  # nothing more is told about it, and no address of it is known
    new = await store.add_returned(tx, report, found[0].campaign, tx.now)
    stopped = await _note_address(tx, report, party, sale.email_id, new=new) if party else None
    if new:
        identity_id = party.identity_for(sale.email_id) if party else None
        # Never before what it stopped: a restore compares the two with when the address was let go.
        at = max(tx.now, stopped.stopped_at) if stopped else tx.now
        tx.emit([announce_returned(message, sale, report, at, identity_id, stopped=stopped is not None)])
    return stopped is not None


async def _note_address(
    tx: Transaction, report: Report, party: Party, named: str | None, *, new: bool
) -> StoppedAddress | None:
    """What the address that came back is stopped by now."""
    address = party.address_for(named)
    if report.kind not in {"hard", "soft", "complaint"} or not address:
        return None
    if new:
        return await suppressions.note_bounce(tx, report.message_id, address, report.kind)
    return await suppressions.find_address(tx, address)


async def note_all(tx: Transaction, reports: Iterable[Report | None]) -> tuple[int, int]:
    """How many were of messages of ours, and how many of nobody's. In one order, so that two calls never wait for each
    other in a circle.
    """
    given = list(reports)
    taken = 0
    for report in sorted((r for r in given if r), key=lambda r: (r.message_id, r.kind, r.label, r.verdict, r.percent)):
        try:
            await note(tx, report)
            taken += 1
        except NotFound:
            continue
    return taken, len(given) - taken


def find_link(tx: Transaction, token: str, *, video: bool = False) -> TrackedLink:
    """What a token says at the time of the transaction. Raises LinkRefused and LinkExpired."""
    context: Context = tx.context
    return read_tracked(token, context.unsubscribe_secret, tx.now, video=video)


async def find_language(tx: Transaction, link: TrackedLink) -> Language:
    """What the reader is shown."""
    return await enrolments.find_language(tx, link.message_id)


async def note_visit(
    tx: Transaction, link: TrackedLink, kind: Visited, headers: Mapping[str, str], percent: Percent | None = None
) -> None:
    """The first by a person, and the first by a machine, are told."""
    label = (link.label or link.url[:200]) if kind != "opened" else ""
    since = tx.now - timedelta(seconds=BURST_S)
    others = await store.count_recent_clicks(tx, link.message_id, label, since) if kind != "opened" else 0
    age = (tx.now - link.written_at).total_seconds()
    verdict = judge(Visit(headers.get("user-agent", ""), age, others), kind)
    await note_all(tx, [Report(link.message_id, kind, label=label, verdict=verdict, percent=percent or 0)])


def open_report(tx: Transaction, provider: str, headers: Mapping[str, str], body: bytes) -> list[Report | None]:
    """What a provider of mail reports, once it has shown that it is itself. Raises NotFound, Unsigned and Invalid."""
    context: Context = tx.context
    heard = context.webhooks.get(provider)
    if heard is None:
        raise NotFound("nothing is heard here")
    hook, mapping = heard
    said = _signed(mapping, hook, headers, body)
    return [] if said is None else list(read_reports(mapping, said, context.domain, context.public_url))


def _signed(provider: Provider, hook: Webhook, headers: Mapping[str, str], body: bytes) -> Any:
    """What a provider says, once it has shown that it is itself; None where it only asks to be confirmed. Raises
    Unsigned and Invalid.
    """
    secret = hook.secret.get_secret_value()
    if (provider.signature == "basic" and not is_basic(headers, secret)) or (
        provider.signature == "ecdsa" and not is_ecdsa(headers, body, secret)
    ):
        raise Unsigned("this was not signed by the provider")
    said = _parsed(body)
    if provider.signature != "sns":
        return said
    if not isinstance(said, dict) or not is_sns(said, secret, hook.topic):
        raise Unsigned("this was not signed by the provider")
    if said["Type"] != "Notification":
        # Only this topic can be subscribed with it: `aws sns confirm-subscription --topic-arn … --token …`
        log.warning("subscription_to_be_confirmed", topic=hook.topic, confirmation=str(said.get("Token")))
        return None
    return _parsed(str(said["Message"]).encode())


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Invalid("the body is no JSON") from None
